# Generated from tests/golden by `make generate`; do not edit.

"""What the client classes use, once there is a client."""
