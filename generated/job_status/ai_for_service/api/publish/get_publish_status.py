# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_list import ErrorList
from ...models.publish_status import PublishStatus
from ...types import Response


def _get_kwargs(
    bot_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/public/bot/{bot_id}/publish/status".format(
            bot_id=quote(str(bot_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorList | PublishStatus | None:
    if response.status_code == 200:
        response_200 = PublishStatus.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorList.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorList.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ErrorList.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ErrorList.from_dict(response.json())

        return response_404

    if response.status_code == 405:
        response_405 = ErrorList.from_dict(response.json())

        return response_405

    if response.status_code == 429:
        response_429 = ErrorList.from_dict(response.json())

        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatusError(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorList | PublishStatus]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    bot_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ErrorList | PublishStatus]:
    """Get the publish status of a bot

     Returns the status of the current publish run of a bot, or of the last completed one. The status
    belongs to the bot: right after a publish request it may still report the previous run; compare
    `_id` and `requestedTime` to distinguish them. The states successful and failed are final. A
    successful run may still require the approval of an administrator.

    Args:
        bot_id (str):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorList | PublishStatus]
    """

    kwargs = _get_kwargs(
        bot_id=bot_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    bot_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> ErrorList | PublishStatus | None:
    """Get the publish status of a bot

     Returns the status of the current publish run of a bot, or of the last completed one. The status
    belongs to the bot: right after a publish request it may still report the previous run; compare
    `_id` and `requestedTime` to distinguish them. The states successful and failed are final. A
    successful run may still require the approval of an administrator.

    Args:
        bot_id (str):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorList | PublishStatus
    """

    return sync_detailed(
        bot_id=bot_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    bot_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ErrorList | PublishStatus]:
    """Get the publish status of a bot

     Returns the status of the current publish run of a bot, or of the last completed one. The status
    belongs to the bot: right after a publish request it may still report the previous run; compare
    `_id` and `requestedTime` to distinguish them. The states successful and failed are final. A
    successful run may still require the approval of an administrator.

    Args:
        bot_id (str):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorList | PublishStatus]
    """

    kwargs = _get_kwargs(
        bot_id=bot_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    bot_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> ErrorList | PublishStatus | None:
    """Get the publish status of a bot

     Returns the status of the current publish run of a bot, or of the last completed one. The status
    belongs to the bot: right after a publish request it may still report the previous run; compare
    `_id` and `requestedTime` to distinguish them. The states successful and failed are final. A
    successful run may still require the approval of an administrator.

    Args:
        bot_id (str):

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorList | PublishStatus
    """

    return (
        await asyncio_detailed(
            bot_id=bot_id,
            client=client,
        )
    ).parsed
