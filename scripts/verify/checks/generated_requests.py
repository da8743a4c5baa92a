"""Checks of responses to generated requests. schemathesis runs them: only it knows how it has varied a request."""

from ...document import Document, Operation
from ..schemas import schema_types
from .registry import Check, register


class GeneratedRequestCheck(Check):
    """A check that schemathesis runs under the same name."""


class FullProfileCheck(GeneratedRequestCheck):
    """A check that sends what a live server must not get."""

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        """Return whether the profile is full."""
        return full


@register
class PositiveDataAcceptance(GeneratedRequestCheck):
    name = "positive_data_acceptance"
    description = "a request that is valid by the document is accepted"
    fix_server = "Accept every request that the document allows."
    fix_document = (
        "State the rule that the server enforces, such as `pattern`, `maxLength` or `enum`, or describe the rejection."
    )


@register
class NegativeDataRejection(GeneratedRequestCheck):
    name = "negative_data_rejection"
    description = "a request that is invalid by the document is rejected"
    fix_server = "Validate parameters and body, and respond with the documented 4xx."
    fix_document = "Loosen the schema; `x-coerces` lists the strings that the server converts."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        types = (schema_types(document, parameter.schema) for parameter in operation.parameters)
        return full and any(names - {"string"} for names in types)


@register
class MissingRequiredHeader(GeneratedRequestCheck):
    name = "missing_required_header"
    description = "a request without a required header is rejected"
    fix_server = "Reject the request with the documented 4xx."
    fix_document = "Set `required: false`."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return full and any(parameter.required for parameter in operation.parameters_in("header"))


@register
class UnsupportedMethod(FullProfileCheck):
    name = "unsupported_method"
    description = "an undocumented method is rejected with 405 and Allow"
    fix_server = "Respond with 405 and `Allow`; most routers do when the path is known."
    fix_document = "Add the method as an operation, if it is meant to be there."


@register
class AllowHeaderConformance(FullProfileCheck):
    name = "allow_header_conformance"
    description = "Allow in the response to OPTIONS lists the documented methods"
    fix_server = "List exactly the methods of the path in `Allow`."
    fix_document = "Add the operation that `Allow` lists, or remove the one that it does not."


@register
class IgnoredAuth(GeneratedRequestCheck):
    name = "ignored_auth"
    description = "a request without a credential, or with a wrong one, is rejected"
    fix_server = "Require the credential on this route: a middleware that covers one router often misses another."
    fix_document = "Set `security: []` on an operation that is public."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return bool(operation.security) and all(operation.security)
