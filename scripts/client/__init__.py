"""The hand-written part of the client. `make generate` copies it into the generated package as `job_status._client`."""
