"""Reads a document: YAML and its lines, `$ref`, `x-job`, runtime expressions, and the rules that hold for it."""

from .expression import MISSING, Keys, keys, walk
from .job import Detail, Job, Limit, Mirror, Subtasks
from .load import load, load_folder
from .model import (
    UNDER_WAY,
    Document,
    Example,
    Link,
    MediaType,
    Operation,
    Parameter,
    Response,
    SecurityScheme,
    snake_case,
)
from .navigate import fields_of, schemas_at, subschemas, words_at
from .problem import DocumentError, NoDocuments, Problem
from .samples import sample
from .source import Source, read

__all__ = [
    "MISSING",
    "UNDER_WAY",
    "Detail",
    "Document",
    "DocumentError",
    "Example",
    "Job",
    "Keys",
    "Limit",
    "Link",
    "MediaType",
    "Mirror",
    "NoDocuments",
    "Operation",
    "Parameter",
    "Problem",
    "Response",
    "SecurityScheme",
    "Source",
    "Subtasks",
    "fields_of",
    "keys",
    "load",
    "load_folder",
    "read",
    "sample",
    "schemas_at",
    "snake_case",
    "subschemas",
    "walk",
    "words_at",
]
