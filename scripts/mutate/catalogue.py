"""All hand-written mutants: each module registers its own when it is imported."""

from . import authentication, fields, http, identity, queries, starts, states, views, wire_format
from .mutant import MUTANTS

__all__ = [
    "MUTANTS",
    "authentication",
    "fields",
    "http",
    "identity",
    "queries",
    "starts",
    "states",
    "views",
    "wire_format",
]
