"""Tools that generate a client from OpenAPI documents, simulate the documented servers and verify real ones."""
