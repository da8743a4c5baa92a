# Generated from openapi/ai-for-process.yaml by `make generate`; do not edit.

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.dock_status import DockStatus
from ...models.error_response import ErrorResponse
from ...types import Response


def _get_kwargs(
    dock_status_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/public/dock-status/{dock_status_id}".format(
            dock_status_id=quote(str(dock_status_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DockStatus | ErrorResponse | None:
    if response.status_code == 200:
        response_200 = DockStatus.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ErrorResponse.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ErrorResponse.from_dict(response.json())

        return response_404

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatusError(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[DockStatus | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    dock_status_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[DockStatus | ErrorResponse]:
    """Get the status of a job

     Returns the status of an ongoing or completed job of a workflow or model: import, export, deploy or
    undeploy. The states SUCCESS and FAILED are final.

    Args:
        dock_status_id (str):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DockStatus | ErrorResponse]
    """

    kwargs = _get_kwargs(
        dock_status_id=dock_status_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    dock_status_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> DockStatus | ErrorResponse | None:
    """Get the status of a job

     Returns the status of an ongoing or completed job of a workflow or model: import, export, deploy or
    undeploy. The states SUCCESS and FAILED are final.

    Args:
        dock_status_id (str):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DockStatus | ErrorResponse
    """

    return sync_detailed(
        dock_status_id=dock_status_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    dock_status_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[DockStatus | ErrorResponse]:
    """Get the status of a job

     Returns the status of an ongoing or completed job of a workflow or model: import, export, deploy or
    undeploy. The states SUCCESS and FAILED are final.

    Args:
        dock_status_id (str):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DockStatus | ErrorResponse]
    """

    kwargs = _get_kwargs(
        dock_status_id=dock_status_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    dock_status_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> DockStatus | ErrorResponse | None:
    """Get the status of a job

     Returns the status of an ongoing or completed job of a workflow or model: import, export, deploy or
    undeploy. The states SUCCESS and FAILED are final.

    Args:
        dock_status_id (str):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DockStatus | ErrorResponse
    """

    return (
        await asyncio_detailed(
            dock_status_id=dock_status_id,
            client=client,
        )
    ).parsed
