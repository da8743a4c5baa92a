"""Load OpenAPI documents: YAML with line numbers, `$ref`, `x-job`, runtime expressions and validation."""

from .expression import MISSING, Expression, Keys, Message, walk
from .job import Condition, Detail, FieldTest, JobLifecycle, Kind, Limit, Mirror, Progress, Subtasks, state_name
from .known import id_schema, known_values
from .load import load, load_files, load_folder
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
)
from .naming import job_noun, snake_case
from .navigate import enum_values_at, fields_of, schemas_at, subschemas
from .problem import DocumentError, NoDocumentsError, Problem
from .read import read_file
from .samples import ABSENT, sample, sample_body, sample_with
from .source import Source

__all__ = [
    "ABSENT",
    "MISSING",
    "RUNNING",
    "Condition",
    "Detail",
    "Document",
    "DocumentError",
    "Example",
    "Expression",
    "FieldTest",
    "InvalidExample",
    "JobLifecycle",
    "Keys",
    "Kind",
    "Limit",
    "Link",
    "MediaType",
    "Message",
    "Mirror",
    "NoDocumentsError",
    "Operation",
    "Parameter",
    "Problem",
    "Progress",
    "Response",
    "SecurityScheme",
    "Source",
    "Subtasks",
    "enum_values_at",
    "fields_of",
    "id_schema",
    "job_noun",
    "known_values",
    "load",
    "load_files",
    "load_folder",
    "read_file",
    "sample",
    "sample_body",
    "sample_with",
    "schemas_at",
    "snake_case",
    "state_name",
    "subschemas",
    "walk",
]
