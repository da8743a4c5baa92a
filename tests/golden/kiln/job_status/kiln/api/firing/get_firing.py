# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.firing import Firing
from ...models.refusal import Refusal
from ...types import UNSET, Response, Unset


def _get_kwargs(
    firing_id: str,
    *,
    verbose: bool | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["verbose"] = verbose

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/firings/{firing_id}".format(
            firing_id=quote(str(firing_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Firing | Refusal | None:
    if response.status_code == 200:
        response_200 = Firing.from_dict(response.json())

        return response_200

    if 400 <= response.status_code <= 499:
        response_4xx = Refusal.from_dict(response.json())

        return response_4xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatusError(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Firing | Refusal]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    firing_id: str,
    *,
    client: AuthenticatedClient | Client,
    verbose: bool | Unset = UNSET,
) -> Response[Firing | Refusal]:
    """Get the status of a firing

     Returns the state of the kiln.

    A firing takes several hours.

    Args:
        firing_id (str):
        verbose (bool | Unset):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Firing | Refusal]
    """

    kwargs = _get_kwargs(
        firing_id=firing_id,
        verbose=verbose,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    firing_id: str,
    *,
    client: AuthenticatedClient | Client,
    verbose: bool | Unset = UNSET,
) -> Firing | Refusal | None:
    """Get the status of a firing

     Returns the state of the kiln.

    A firing takes several hours.

    Args:
        firing_id (str):
        verbose (bool | Unset):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Firing | Refusal
    """

    return sync_detailed(
        firing_id=firing_id,
        client=client,
        verbose=verbose,
    ).parsed


async def asyncio_detailed(
    firing_id: str,
    *,
    client: AuthenticatedClient | Client,
    verbose: bool | Unset = UNSET,
) -> Response[Firing | Refusal]:
    """Get the status of a firing

     Returns the state of the kiln.

    A firing takes several hours.

    Args:
        firing_id (str):
        verbose (bool | Unset):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Firing | Refusal]
    """

    kwargs = _get_kwargs(
        firing_id=firing_id,
        verbose=verbose,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    firing_id: str,
    *,
    client: AuthenticatedClient | Client,
    verbose: bool | Unset = UNSET,
) -> Firing | Refusal | None:
    """Get the status of a firing

     Returns the state of the kiln.

    A firing takes several hours.

    Args:
        firing_id (str):
        verbose (bool | Unset):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Firing | Refusal
    """

    return (
        await asyncio_detailed(
            firing_id=firing_id,
            client=client,
            verbose=verbose,
        )
    ).parsed
