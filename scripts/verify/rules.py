"""The rules by which a server is judged, in the order of the table."""

from attrs import frozen

from ..document import Document, Operation


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
)


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
        case "missing_required_header":
            return full and any(parameter.required for parameter in operation.parameters_in("header"))
        case "unsupported_method" | "allow_header_conformance":
            return full
        case "ignored_auth":
            return bool(operation.security) and all(operation.security)
        case "start_resolves":
            return operation.is_start
        case _:
            return True
