"""From documents to the installable distribution `job-status`."""

from .package import GenerationError, build, generate, stale
from .tolerant import tolerant

__all__ = ["GenerationError", "build", "generate", "stale", "tolerant"]
