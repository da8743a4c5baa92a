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


@register
class NegativeDataRejection(GeneratedRequestCheck):
    name = "negative_data_rejection"
    description = "a request that is invalid by the document is rejected"

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        types = (schema_types(document, parameter.schema) for parameter in operation.parameters)
        return full and any(names - {"string"} for names in types)


@register
class MissingRequiredHeader(GeneratedRequestCheck):
    name = "missing_required_header"
    description = "a request without a required header is rejected"

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return full and any(parameter.required for parameter in operation.parameters_in("header"))


@register
class UnsupportedMethod(FullProfileCheck):
    name = "unsupported_method"
    description = "an undocumented method is rejected with 405 and Allow"


@register
class AllowHeaderConformance(FullProfileCheck):
    name = "allow_header_conformance"
    description = "Allow in the response to OPTIONS lists the documented methods"


@register
class IgnoredAuth(GeneratedRequestCheck):
    name = "ignored_auth"
    description = "a request without a credential, or with a wrong one, is rejected"

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return bool(operation.security) and all(operation.security)
