"""Generate the installable distribution `job-status` from OpenAPI documents."""

from .generator import GenerationError
from .lenient import lenient
from .output import generate, stale
from .package import build

__all__ = ["GenerationError", "build", "generate", "lenient", "stale"]
