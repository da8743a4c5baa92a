# Generated from scripts/airflow/arguments.py by `make generate`; do not edit.

"""The arguments of a call of the client, from the attributes of an operator."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from airflow.providers.common.compat.sdk import AirflowFailException
from job_status._client.command.status import CommandError
from job_status._client.command.values import from_json, from_text

NONE_RENAMED: Final[Mapping[str, str]] = MappingProxyType({})


class Call(NamedTuple):
    """A method of the client, and the attributes of an operator that are its arguments.

    Attributes:
        method: The name of the method; of a job, that of its handle.
        parameters: The attributes that are its positional arguments.
        options: The attributes that are its keyword arguments; None leaves one out.
        waits: The attributes that are options of a wait.
        renamed: The names of arguments whose attributes have another name, since Airflow has one of that name.
    """

    method: str
    parameters: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    renamed: Mapping[str, str] = NONE_RENAMED

    def arguments(self, operator: object, method: Callable[..., Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments, positional and by keyword, as the method's type hints expect them.

        Raises:
            AirflowFailException: An attribute is not of the type of its argument, or is missing.
        """
        hints = typing.get_type_hints(method)
        if missing := [name for name in self.parameters if getattr(operator, name) is None]:
            raise AirflowFailException(f"{self.method} needs {' and '.join(missing)}, got None")
        keywords = {
            self.renamed.get(name, name): self._value(operator, name, hints)
            for name in self.options
            if getattr(operator, name) is not None
        }
        return [self._value(operator, name, hints) for name in self.parameters], keywords

    def wait_options(self, operator: object) -> dict[str, Any]:
        """Return the options of the wait."""
        return {name: getattr(operator, name) for name in self.waits}

    def _value(self, operator: object, name: str, hints: Mapping[str, Any]) -> Any:
        value, hint = getattr(operator, name), hints.get(self.renamed.get(name, name), Any)
        try:
            # Templates are rendered as strings, whatever the type of the argument.
            return from_text(value, hint) if isinstance(value, str) else from_json(value, hint)
        except CommandError as error:
            raise AirflowFailException(f"{name} of {self.method}: {error}") from None
