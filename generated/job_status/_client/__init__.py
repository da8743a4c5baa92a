# Generated from scripts/client/__init__.py by `make generate`; do not edit.

"""What the client is made of besides generated code: errors, secrets, deadlines, transport, calls."""
