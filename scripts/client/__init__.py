"""What the client is made of besides generated code: errors, secrets, deadlines, transport, calls."""
