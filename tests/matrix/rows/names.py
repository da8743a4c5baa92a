"""Names of any form: operations, components, titles, properties, parameters, schemes and documents."""

import re

from ..changes import added_operation, job_property, operation_ids, renamed_component, sequence
from ..document import REMOVED
from ..row import Row, refused, works

OPERATION_IDS = {
    "camelCase": ("startJob", "getJob"),
    "PascalCase": ("StartJob", "GetJob"),
    "dashes": ("start-job", "get-job"),
    "slashes": ("jobs/start-job", "jobs/get-job"),
    "dots": ("jobs.start", "jobs.get"),
    "fastapi": ("start_job_jobs_post", "read_job_jobs__jobId__get"),
    "group prefix": ("Jobs_start", "Jobs_show"),
    "spaces": ("Start a job", "Get a job"),
    "keywords": ("import", "class"),
    "builtins": ("print", "list"),
    "own methods": ("wait", "job"),
    "own methods 2": ("close", "resume"),
    "leading digit": ("2start", "2get"),
    "acronym": ("startHTTPJob", "getHTTPJob"),
    "not ASCII": ("größe_starten", "größe_lesen"),
    "another script": ("開始", "状態"),
    "underscores": ("__start__", "_get_"),
    "vendor verb": ("retrieve_job_start", "describeJob"),
    "plural": ("start_jobs", "list_jobs"),
    "suffix _raw": ("job_raw", "job"),
    "wait_for": ("wait_for_start", "wait_for_job"),
    "very long": ("start_" + "job_" * 60, "get_" + "job_" * 60),
}
COMPONENTS = (
    *("job", "job-status", "io.k8s.api.batch.v1.Job", "Job_v1_4_3_Job", "Operation", "Plan", "Client", "Link", "Start"),
    *("Any", "Mapping", "UNSET", "Unset", "Response", "HTTPStatus", "JobSpec", "RunId", "Callable", "UUID", "File"),
    *(
        "None",
        "True",
        "class",
        "import",
        "dict",
        "list",
        "str",
        "object",
        "datetime",
        "typing",
        "self",
        "1Job",
        "Job__",
    ),
    *("AsyncClient", "Errors", "JobFailedError", "T", "Self", "property", "httpx"),
)
PROPERTIES = (
    *(
        "class",
        "self",
        "from",
        "to_dict",
        "from_dict",
        "additional_properties",
        "@type",
        "job id",
        "__init__",
        "d",
        "cls",
    ),
    *(
        "src_dict",
        "field_dict",
        "Job",
        "job",
        "größe",
        "1st",
        "$schema",
        "x-y",
        "None",
        "type",
        "id_",
        "Status",
        "a.b",
        "UNSET",
    ),
    *("", "-", "datetime", "isoparse", "attrs", "typing", "property", "keys", "\U0001f680"),
)
PARAMETERS = (
    *(
        "timeout",
        "client",
        "self",
        "headers",
        "body",
        "schedule",
        "on_update",
        "error_timeout",
        "url",
        "params",
        "kwargs",
    ),
    *(
        "cls",
        "import",
        "filter[name]",
        "X-Request-ID",
        "jobid",
        "job_id",
        "_kwargs",
        "raise_on_partial",
        "json",
        "$top",
        "1st",
    ),
    *("größe", "response", "quote", "Any", "UNSET", "after_run", "core", "token", "base_url", "result", "str"),
)
SCHEMES = (
    *(
        "api-key",
        "api key",
        "timeout",
        "headers",
        "class",
        "base_url",
        "self",
        "BearerAuth",
        "OAuth2PasswordBearer",
        "X.Token",
    ),
    *("1st", "größe", "http_transport", "verify", "trust_env", "record", "cls", "core"),
)
TITLES = (
    "2 fast 2 jobs",
    "Größe der Jobs",
    "Client",
    "Job",
    "None",
    "Any",
    "JobFailedError",
    "jobs",
    "Jobs: 'all' \"of\" \\ them",
    "AsyncJobs",
    "ジョブ",
)


def parameter_row(number: int) -> Row:
    """Return a row with some of the parameters, in the query of both operations and in headers of the start."""
    places = [(name, "query") for name in PARAMETERS[number::7]]
    headers = [(f"X-{name}", "header") for name, _ in places if re.fullmatch(r"[A-Za-z_]+", name)]
    made = [
        {"name": name, "in": place, "schema": {"type": "string"}, "example": "some"} for name, place in places + headers
    ]
    return works(
        f"parameters {number}",
        {"start parameters": made},
        *({"status parameters +": parameter} for parameter in made[: len(places)]),
    )


def scheme_row(key: str) -> Row:
    """Return a row with a security scheme of another key."""
    scheme = {"type": "apiKey", "in": "header", "name": "X-Key"}
    return works(f"scheme {key}", {"components securitySchemes": {key: scheme}, "security": [{key: []}]})


ROWS = (
    *(works(f"operationId {form}", operation_ids(*names)) for form, names in OPERATION_IDS.items()),
    works("operationId missing", {"start operationId": REMOVED}),
    works("operationIds equal in snake case", operation_ids("start_job", "startJob")),
    refused("operationId twice", "operationId", operation_ids("start_job", "start_job"), at="operationId"),
    works(
        "x-name of operations",
        operation_ids("a/b", "c/d"),
        {"start x-name": "launch_job", "status x-name": "read_job"},
        names=("launch_job", "read_job"),
    ),
    works("x-name of a component", {"Job x-name": "Task"}),
    works("x-name of a property", {"Job properties note x-name": "remark"}),
    works("x-name of a parameter", {"parameter x-name": "job"}),
    works("x-name of a scheme", {"schemes token x-name": "secret"}),
    refused("x-name not a Python name", "x-name", {"start x-name": "launch job"}, at="x-name"),
    refused("x-name is a keyword", "x-name", {"start x-name": "class"}, at="x-name"),
    refused("x-name twice", "x-name", {"start x-name": "run_it", "status x-name": "run_it"}, at="x-name"),
    *(
        works(f"components {one} and {two}", renamed_component("Job", one), renamed_component("Started", two))
        for one, two in zip(COMPONENTS[::2], COMPONENTS[1::2], strict=True)
    ),
    works(
        "components that differ by case",
        {
            "schemas job": {"type": "object", "properties": {"x": {"type": "integer"}}},
            "Job properties inner": {"$ref": "#/components/schemas/job"},
        },
    ),
    works("schema title", {"Job title": "What a job is"}),
    works("schema titles equal", {"Job title": "Thing", "Started title": "Thing"}),
    works("schema title hostile", {"Job title": '\'"""; import os\n\\'}),
    works(
        "descriptions hostile",
        {
            "Job description": 'ends in a quote"""\\',
            "start description": "\\N{x} \\u1 '''",
            "start summary": '"""',
            "parameter description": "\\",
        },
    ),
    *(
        works(
            f"properties {number}", *(job_property(name, {"type": "string"}, "some") for name in PROPERTIES[number::9])
        )
        for number in range(9)
    ),
    works(
        "properties equal in snake case",
        job_property("foo-bar", {"type": "string"}, "a"),
        job_property("foo_bar", {"type": "string"}, "b"),
        job_property("fooBar", {"type": "string"}, "c"),
    ),
    works(
        "enum values hostile",
        job_property(
            "mode", {"type": "string", "enum": ["", "a b", "A_B", "a-b", "1", "None", "mro", "\U0001f680", "-1"]}, "a b"
        ),
    ),
    works("enum of integers", job_property("level", {"type": "integer", "enum": [-1, 0, 1]}, 0)),
    *map(parameter_row, range(7)),
    works(
        "parameter in path and query",
        {"status parameters +": {"name": "jobId", "in": "query", "schema": {"type": "string"}, "example": "x"}},
    ),
    *map(scheme_row, SCHEMES),
    *(works(f"title {title}", {"info title": title}) for title in TITLES),
    works("title without letters", {"info title": "!!!"}),
    works("title empty", {"info title": ""}),
    works("tags hostile", {"start tags": ["class", "a/b", ""], "status tags": ["../../x"]}),
    works(
        "job noun of another operation",
        sequence(
            added_operation("get", "/other", operationId="wait_for_job"),
            added_operation("get", "/more", operationId="job_job"),
        ),
    ),
)
