"""Generate the installable distribution `job-status` from OpenAPI documents."""

from .generator import GenerationError
from .output import generate, stale
from .package import build
from .view import lenient

__all__ = ["GenerationError", "build", "generate", "lenient", "stale"]
