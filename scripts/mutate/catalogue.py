"""All hand-written mutants: each module registers its own when it is imported."""

from . import authentication, http, lifecycle, queries, wire_format
from .mutant import MUTANTS

__all__ = ["MUTANTS", "authentication", "http", "lifecycle", "queries", "wire_format"]
