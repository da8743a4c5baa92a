# Generated from openapi by `make generate`; do not edit.

"""Typed clients of APIs that run slow jobs, one sub-package per product.

- `agent_platform`: Agent Platform
- `ai_for_process`: AI for Process
- `ai_for_service`: AI for Service
- `opensearch_flow_framework`: OpenSearch flow-framework
"""

__version__ = "0.1.0"
