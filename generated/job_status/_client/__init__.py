# Generated from scripts/client/__init__.py by `make generate`; do not edit.

"""The hand-written part of the client. `make generate` copies it into the generated package as `job_status._client`."""
