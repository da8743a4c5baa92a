# Generated from openapi by `make generate`; do not edit.

"""What the client classes use, once there is a client."""
