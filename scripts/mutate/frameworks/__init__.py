"""Servers that conform to `tasks.yaml`, each in a web framework with its own behaviour below the API."""
