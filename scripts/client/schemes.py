"""The security schemes of a document, and the types of their credentials."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

Credential: TypeAlias = str | Callable[[], str]
AsyncCredential: TypeAlias = str | Callable[[], str | Awaitable[str]]
BasicCredential: TypeAlias = tuple[str, str] | Callable[[], tuple[str, str]]
AsyncBasicCredential: TypeAlias = tuple[str, str] | Callable[[], tuple[str, str] | Awaitable[tuple[str, str]]]


class Scheme:
    """A security scheme of the document: its keyword argument and variable, and where its credential is sent."""

    __slots__ = ("keyword", "kind", "location", "name", "variable")

    def __init__(self, keyword: str, kind: str, location: str, name: str, variable: str = "") -> None:
        self.keyword = keyword
        self.kind = kind  # "key", "bearer" or "basic"
        self.location = location  # "header", "query" or "cookie"
        self.name = name
        self.variable = variable  # of the environment
