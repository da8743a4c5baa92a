"""What makes, imitates and checks: from hand-written OpenAPI documents to a client, a simulator and a proof."""
