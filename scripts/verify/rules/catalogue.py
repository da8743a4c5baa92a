"""The rules by which a server is judged, in the order of the table."""

from attrs import frozen

from ...document import Document, Operation


@frozen
class Rule:
    """A rule: its name, what it holds a server to, and whether it is schemathesis that judges it."""

    name: str
    says: str
    by_schemathesis: bool = True


RULES = (
    Rule("not_a_server_error", "no answer is a 5xx"),
    Rule("status_code_conformance", "every status is documented"),
    Rule("content_type_conformance", "every content type is documented for its status"),
    Rule("response_headers_conformance", "documented headers are there and satisfy their schemas"),
    Rule("response_schema_conformance", "every body satisfies the schema of its status"),
    Rule("positive_data_acceptance", "what the document allows is not refused"),
    Rule("negative_data_rejection", "what the document does not allow is refused"),
    Rule("missing_required_header", "a request without a required header is refused"),
    Rule("unsupported_method", "an undescribed method is answered with 405 and Allow"),
    Rule("allow_header_conformance", "Allow in an answer to OPTIONS names the described methods"),
    Rule("ignored_auth", "a request without a credential, or with a wrong one, is refused"),
    Rule("max_response_time", "every answer comes within five seconds"),
    Rule("situations", "each documented situation is answered with its documented status", by_schemathesis=False),
    Rule(
        "start_resolves", "a started job has a status under the id that its start has answered", by_schemathesis=False
    ),
    Rule("strict_json", "JSON is UTF-8, without a byte order mark and with unique names", by_schemathesis=False),
    Rule("truthful_headers", "headers tell the truth about the content", by_schemathesis=False),
    Rule("caching", "no cache may keep the status of a job that is under way", by_schemathesis=False),
    Rule("near_miss_credential", "a credential that is nearly right is refused", by_schemathesis=False),
    Rule("credential_elsewhere", "a credential counts in its own place and scheme only", by_schemathesis=False),
    Rule("strange_ids", "an id that no server has given is refused as documented", by_schemathesis=False),
    Rule("odd_queries", "an odd query is answered as documented, and is no server error", by_schemathesis=False),
    Rule("defaults", "a parameter that is left out has its documented default", by_schemathesis=False),
    Rule("head", "HEAD is answered as GET, or refused with 405", by_schemathesis=False),
    Rule("path_forms", "another form of the path tells nothing else, and lets nobody in", by_schemathesis=False),
    Rule("undeclared_body", "a body that is not described is ignored or refused", by_schemathesis=False),
    Rule("accept", "any Accept is answered with a documented type, or with 406", by_schemathesis=False),
    Rule("concurrent_readings", "two readings at once tell the same", by_schemathesis=False),
    Rule("story", "each step of a story goes as it is told", by_schemathesis=False),
    Rule("start_is_new", "every start answers the id of a new job", by_schemathesis=False),
    Rule(
        "start_keeps_its_kind",
        "what is constant of a started job is as its start has told it",
        by_schemathesis=False,
    ),
    Rule("id_echo", "a reading is of the job that was asked for", by_schemathesis=False),
    Rule("terminal_is_final", "a job that has ended stays as it has ended", by_schemathesis=False),
    Rule("never_backwards", "a job that is under way does not go back to rest", by_schemathesis=False),
    Rule("ends", "a simulated job comes to an end within a bounded number of readings", by_schemathesis=False),
    Rule("progress_never_falls", "progress never falls within a run", by_schemathesis=False),
    Rule("progress_tells_the_end", "progress is 100 with success, and not before", by_schemathesis=False),
    Rule(
        "run",
        "a run is told apart from the one before it, and is not replaced while it is under way",
        by_schemathesis=False,
    ),
    Rule("immutable", "what is constant within a run does not change", by_schemathesis=False),
    Rule("append_only", "lists that grow lose nothing within a run", by_schemathesis=False),
    Rule("subtasks", "every part has succeeded when the job has", by_schemathesis=False),
    Rule("timestamps_in_order", "moments come in their order once the job has ended", by_schemathesis=False),
    Rule("mirrors", "the second telling of the state agrees with it", by_schemathesis=False),
    Rule(
        "detail",
        "a wider view tells all that a narrower one does, and each tells what the document shows",
        by_schemathesis=False,
    ),
)


# The keys of x-job that rules of a job's life hang on.
KEYS = {
    "id_echo": "id",
    "terminal_is_final": "state",
    "never_backwards": "state",
    "ends": "pending",
    "progress_never_falls": "progress",
    "progress_tells_the_end": "progress",
    "run": "run",
    "immutable": "immutable",
    "append_only": "appendOnly",
    "subtasks": "subtasks",
    "timestamps_in_order": "timestamps",
    "mirrors": "mirrors",
    "detail": "detail",
}


def applies(rule: str, document: Document, operation: Operation, *, full: bool) -> bool:
    """Whether a rule can judge an operation at all, told from the document."""
    match rule:
        case "response_headers_conformance":
            return any(response.headers for response in operation.responses)
        case "negative_data_rejection":
            return full and any(
                document.resolve(parameter.schema).get("type") not in (None, "string")
                for parameter in operation.parameters
            )
        case "story":
            return False  # it is played on demand, not by every run
        case "caching":
            return operation.method == "GET" and operation.job is not None
        case "strange_ids" | "odd_queries" | "path_forms" | "accept" | "concurrent_readings":
            return operation.method == "GET"
        case "defaults":
            return operation.method == "GET" and any(
                document.resolve(parameter.schema).get("default") is not None
                for parameter in operation.parameters_in("query")
                if not parameter.required
            )
        case "head":
            return full and operation.method == "GET"
        case "undeclared_body":
            return full and operation.body is None
        case "near_miss_credential" | "credential_elsewhere":
            return operation.method == "GET" and bool(operation.security) and all(operation.security)
        case "missing_required_header":
            return full and any(parameter.required for parameter in operation.parameters_in("header"))
        case "unsupported_method" | "allow_header_conformance":
            return full
        case "ignored_auth":
            return bool(operation.security) and all(operation.security)
        case _ if rule in KEYS:
            return bool(operation.raw.get("x-job", {}).get(KEYS[rule]))
        case "start_keeps_its_kind":
            followed = [document.operation(link.operation_id) for r in operation.responses for link in r.follow]
            return any(target.job and target.job.immutable for target in followed)
        case "start_resolves" | "start_is_new":
            return operation.is_start
        case _:
            return True
