# Generated from scripts/airflow/hook.py by `make generate`; do not edit.

"""The connection of a product: its URL, its credentials, and the clients that are made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar, Final, Generic, NamedTuple, TypeVar

from airflow.providers.common.compat.sdk import AirflowException, BaseHook, Connection
from job_status._client.base import AsyncClient, Client
from job_status._client.command.table import Credential, Distribution, Product
from job_status._client.errors import (
    ApiError,
    ForbiddenError,
    JobStatusError,
    NotFoundError,
    ServerError,
    UnauthorizedError,
)

from .arguments import Call

C = TypeVar("C", bound=Client)
A = TypeVar("A", bound=AsyncClient)

PROTOCOLS: Final = ("http", "https")
# The fields of a connection's extra that are arguments of the client, and their types.
CLIENT_FIELDS: Final[Mapping[str, tuple[type, ...]]] = {
    "verify": (bool, str),
    "proxy": (str,),
    "timeout": (int, float),
    "max_retries": (int,),
    "max_in_flight": (int,),
}


class Probe(NamedTuple):
    """The request that tests a connection: the status of an example of a job.

    Attributes:
        call: The method of the client that returns the job.
        values: Its arguments, as JSON, by name.
    """

    call: Call
    values: Mapping[str, Any]


def product_named(distribution: Distribution, class_name: str) -> Product:
    """Return the product of a client class."""
    return next(product for product in distribution.products if product.class_name == class_name)


class JobStatusHook(BaseHook, Generic[C, A]):
    """A connection of one product.

    The host is the base URL. The password is the key or token; for basic authentication, login and password are the
    user's. Other credentials, and the arguments `verify`, `proxy`, `timeout`, `max_retries` and `max_in_flight` of the
    client, are in the extra.

    Args:
        conn_id: The id of the connection.
    """

    conn_name_attr: ClassVar[str] = "conn_id"
    default_conn_name: ClassVar[str]
    conn_type: ClassVar[str]
    hook_name: ClassVar[str]
    product: ClassVar[Product]
    probe: ClassVar[Probe | None] = None
    client_class: type[C]
    async_client_class: type[A]

    def __init__(self, conn_id: str | None = None) -> None:
        super().__init__()
        self.conn_id = conn_id or self.default_conn_name

    def get_conn(self) -> C:
        """Return a new sync client. Close it, or use it in a `with` statement.

        Raises:
            AirflowException: The connection has no URL, or lacks a credential.
        """
        return self.client_class(**self.client_arguments(self.get_connection(self.conn_id)))

    def async_client(self, connection: Connection) -> A:
        """Return a new async client of a connection. Close it, or use it in an `async with` statement.

        Raises:
            AirflowException: The connection has no URL, or lacks a credential.
        """
        return self.async_client_class(**self.client_arguments(connection))

    @classmethod
    def client_arguments(cls, connection: Connection) -> dict[str, Any]:
        """Return the arguments of a client.

        Raises:
            AirflowException: The connection has no URL, or lacks a credential.
        """
        extra = _extra(connection)
        found: dict[str, Any] = {"base_url": _base_url(connection), **_credentials(connection, extra, cls.product)}
        alternatives = cls.product.alternatives
        if alternatives and not any(set(keywords) <= found.keys() for keywords in alternatives):
            expected = " or ".join(" and ".join(keywords) for keywords in alternatives)
            raise AirflowException(
                f"the connection {connection.conn_id!r} lacks a credential: expected {expected}; "
                f"{_places(cls.product.credentials)}"
            )
        for name, types in CLIENT_FIELDS.items():
            value = extra.get(name)
            if value in (None, ""):
                continue
            if isinstance(value, str) and value.lower() in {"true", "false"} and bool in types:
                value = value.lower() == "true"
            if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
                expected = " or ".join(one.__name__ for one in types)
                raise AirflowException(
                    f"the connection {connection.conn_id!r}: {name} of its extra must be {expected}, "
                    f"got {type(value).__name__}"
                )
            found[name] = value
        return found

    def test_connection(self) -> tuple[bool, str]:
        """Read the status of an example of a job: it may be unknown, but the server must know credential and path."""
        if self.probe is None:
            return False, f"{self.hook_name} has no request that could test a connection"
        try:
            with self.get_conn() as api:
                url = repr(api)
                method = getattr(api, self.probe.call.method)
                positional, keywords = self.probe.call.arguments(SimpleNamespace(**self.probe.values), method)
                method(*positional, **keywords).poll_once()
        except NotFoundError as error:
            if error.detail:
                return True, f"{url} accepts the credential"
            return False, f"{error}; is the path of the base URL right?"
        except (UnauthorizedError, ForbiddenError, ServerError) as error:
            return False, str(error)
        except ApiError as error:
            # Any other error of the API is about the example, which the server has refused after the credential.
            return (True, f"{url} accepts the credential") if error.detail else (False, str(error))
        except (JobStatusError, AirflowException) as error:
            return False, str(error)
        return True, f"{url} accepts the credential"


def _extra(connection: Connection) -> dict[str, Any]:
    """Return the extra of a connection. Airflow has masked its secrets when it loaded the connection."""
    try:
        extra = json.loads(connection.extra) if connection.extra else {}
    except ValueError:
        raise AirflowException(f"the connection {connection.conn_id!r}: its extra is not JSON") from None
    if not isinstance(extra, dict):
        raise AirflowException(f"the connection {connection.conn_id!r}: its extra must be an object")
    return extra


def _base_url(connection: Connection) -> str:
    """Return the base URL.

    The host is a URL, or a name with the protocol in the schema. A connection in the form of a URI has the path of the
    URL in the schema.
    """
    host, port, schema = (connection.host or "").rstrip("/"), connection.port, (connection.schema or "").strip("/")
    if not host:
        raise AirflowException(f"the connection {connection.conn_id!r} has no host; expected the base URL")
    if "://" in host:
        protocol, _, rest = host.partition("://")
        name, slash, path = rest.partition("/")
        path = path if slash else schema
    else:
        protocol, (name, _, path) = schema if schema in PROTOCOLS else "https", host.partition("/")
        path = path or ("" if schema in PROTOCOLS else schema)
    if port and not name.rpartition(":")[2].isdecimal():
        name = f"{name}:{port}"
    return f"{protocol}://{name}{f'/{path}' if path else ''}"


def _credentials(connection: Connection, extra: Mapping[str, Any], product: Product) -> dict[str, Any]:
    """Return the credentials by argument of the client."""
    found: dict[str, Any] = {}
    password = connection.password
    for one in product.credentials:
        if one.kind == "basic" and connection.login:
            found[one.keyword], password = (connection.login, password or ""), None
    for one in product.credentials:
        if one.kind == "basic":
            continue
        if extra.get(one.keyword):
            found[one.keyword] = extra[one.keyword]
        elif password:
            found[one.keyword], password = password, None
    return found


def _places(credentials: tuple[Credential, ...]) -> str:
    """Return where a connection has each credential."""
    basic = [f"login and password are {one.keyword}" for one in credentials if one.kind == "basic"]
    others = [one.keyword for one in credentials if one.kind != "basic"]
    rest = [f"the password is {others[0]}"] if others else []
    rest += [f"{name} is in the extra" for name in others[1:]]
    return ", ".join([*basic, *rest])
