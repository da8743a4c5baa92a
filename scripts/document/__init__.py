"""Load OpenAPI documents: YAML with line numbers, `$ref`, `x-job`, runtime expressions and validation."""

from .expression import MISSING, Keys, walk
from .job import Detail, JobLifecycle, Limit, Mirror, Subtasks
from .load import load, load_folder
from .model import (
    RUNNING,
    Document,
    Example,
    InvalidExample,
    Link,
    MediaType,
    Operation,
    Parameter,
    Response,
    SecurityScheme,
    snake_case,
)
from .navigate import enum_values_at, fields_of, schemas_at, subschemas
from .problem import DocumentError, NoDocumentsError, Problem
from .samples import sample
from .source import Source, read_yaml

__all__ = [
    "MISSING",
    "RUNNING",
    "Detail",
    "Document",
    "DocumentError",
    "Example",
    "InvalidExample",
    "JobLifecycle",
    "Keys",
    "Limit",
    "Link",
    "MediaType",
    "Mirror",
    "NoDocumentsError",
    "Operation",
    "Parameter",
    "Problem",
    "Response",
    "SecurityScheme",
    "Source",
    "Subtasks",
    "enum_values_at",
    "fields_of",
    "load",
    "load_folder",
    "read_yaml",
    "sample",
    "schemas_at",
    "snake_case",
    "subschemas",
    "walk",
]
