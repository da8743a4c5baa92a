"""What the documents say about commands: the products, their jobs and their starts, as data."""

from __future__ import annotations

from typing import NamedTuple


class Parameter(NamedTuple):
    """A parameter of an operation.

    Attributes:
        python: The argument of the method.
        name: The name in the document.
        text: Its description.
        required: Whether a request needs it.
        is_flag: Whether it is a boolean.
        is_list: Whether it takes several values.
        is_integer: Whether it is an integer.
        json: What it, or each of its values, is in JSON: `object` or `any`; empty if it is written as it is.
        choices: Its values, if the document lists them.
        example: A value that the document shows.
    """

    python: str
    name: str
    text: str = ""
    required: bool = False
    is_flag: bool = False
    is_list: bool = False
    is_integer: bool = False
    json: str = ""
    choices: tuple[str, ...] = ()
    example: str = ""


class Credential(NamedTuple):
    """A security scheme: the argument of the client, its environment variable, and `key`, `bearer` or `basic`."""

    keyword: str
    variable: str
    kind: str


class Job(NamedTuple):
    """A job that can be waited for.

    Attributes:
        name: The name of its command.
        noun: The name of its methods.
        operation: The operation that reports it.
        text: Its summary.
        parameters: The parameters that name it, in the order of the method.
        id: The position of the one that is its id.
        options: The other parameters, and `body`.
        final: Its final states.
        waits: The options of a wait that some jobs have: `after_run`, `not_started_timeout`.
    """

    name: str
    noun: str
    operation: str
    text: str
    parameters: tuple[Parameter, ...]
    id: int
    options: tuple[Parameter, ...] = ()
    final: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    body: str = ""


class Start(NamedTuple):
    """An operation that starts a job.

    Attributes:
        name: The name of its command.
        method: The method of the client.
        text: Its summary.
        parameters: The parameters in its path, in the order of the method.
        options: The other parameters.
        body: `required` or `optional` if it has a request body, else empty.
        jobs: The names of the jobs that it may start.
    """

    name: str
    method: str
    text: str
    parameters: tuple[Parameter, ...] = ()
    options: tuple[Parameter, ...] = ()
    body: str = ""
    jobs: tuple[str, ...] = ()


class Product(NamedTuple):
    """The client of a document.

    Attributes:
        name: The name in commands and profiles.
        class_name: Its sync client class.
        title: The title of the document.
        text: Its summary.
        url_variable: The environment variable of its base URL.
        url: An example of a base URL.
        credentials: Its security schemes.
        alternatives: The alternatives of credentials that its operations accept.
        jobs: Its jobs.
        starts: The operations that start them.
    """

    name: str
    class_name: str
    title: str
    text: str
    url_variable: str
    url: str
    credentials: tuple[Credential, ...]
    alternatives: tuple[tuple[str, ...], ...]
    jobs: tuple[Job, ...]
    starts: tuple[Start, ...] = ()


class Distribution(NamedTuple):
    """A distribution: the name of its command, its package, its version, and its products with a job."""

    program: str
    package: str
    version: str
    products: tuple[Product, ...]
