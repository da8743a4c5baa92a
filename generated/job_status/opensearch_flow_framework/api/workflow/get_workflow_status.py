# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.core_error import CoreError
from ...models.get_workflow_status_response_400 import GetWorkflowStatusResponse400
from ...models.plugin_error import PluginError
from ...models.route_error import RouteError
from ...models.workflow_status import WorkflowStatus
from ...types import UNSET, Response, Unset


def _get_kwargs(
    workflow_id: str,
    *,
    all_: bool | Unset = False,
    pretty: bool | Unset = False,
    human: bool | Unset = False,
    error_trace: bool | Unset = False,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["all"] = all_

    params["pretty"] = pretty

    params["human"] = human

    params["error_trace"] = error_trace

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/_plugins/_flow_framework/workflow/{workflow_id}/_status".format(
            workflow_id=quote(str(workflow_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> CoreError | GetWorkflowStatusResponse400 | PluginError | RouteError | WorkflowStatus | str | None:
    if response.status_code == 200:
        response_200 = WorkflowStatus.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = GetWorkflowStatusResponse400.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = response.text
        return response_401

    if response.status_code == 403:
        response_403 = PluginError.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = PluginError.from_dict(response.json())

        return response_404

    if response.status_code == 405:
        response_405 = RouteError.from_dict(response.json())

        return response_405

    if response.status_code == 406:
        response_406 = RouteError.from_dict(response.json())

        return response_406

    if response.status_code == 429:
        response_429 = CoreError.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = PluginError.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = response.text
        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatusError(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[CoreError | GetWorkflowStatusResponse400 | PluginError | RouteError | WorkflowStatus | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    workflow_id: str,
    *,
    client: AuthenticatedClient | Client,
    all_: bool | Unset = False,
    pretty: bool | Unset = False,
    human: bool | Unset = False,
    error_trace: bool | Unset = False,
) -> Response[CoreError | GetWorkflowStatusResponse400 | PluginError | RouteError | WorkflowStatus | str]:
    """Get the status of a workflow

     Returns the status of the provisioning of a workflow. The states COMPLETED and FAILED are final,
    unless the workflow is deprovisioned during the provisioning: the state is then NOT_STARTED, or
    COMPLETED if the deprovisioning is refused, and the provisioning continues in the background until
    it sets COMPLETED or FAILED. Otherwise NOT_STARTED changes only when the workflow is provisioned. If
    a node stops during a provisioning, the state stays PROVISIONING forever. The same happens to
    concurrent provisionings if there are as many as the plugin has threads, 8 by default: they block
    each other until the node is restarted. Use only `state` to decide: an `error` can be present in any
    state.

    Args:
        workflow_id (str):
        all_ (bool | Unset):  Default: False.
        pretty (bool | Unset):  Default: False.
        human (bool | Unset):  Default: False.
        error_trace (bool | Unset):  Default: False.

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CoreError | GetWorkflowStatusResponse400 | PluginError | RouteError | WorkflowStatus | str]
    """

    kwargs = _get_kwargs(
        workflow_id=workflow_id,
        all_=all_,
        pretty=pretty,
        human=human,
        error_trace=error_trace,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    workflow_id: str,
    *,
    client: AuthenticatedClient | Client,
    all_: bool | Unset = False,
    pretty: bool | Unset = False,
    human: bool | Unset = False,
    error_trace: bool | Unset = False,
) -> CoreError | GetWorkflowStatusResponse400 | PluginError | RouteError | WorkflowStatus | str | None:
    """Get the status of a workflow

     Returns the status of the provisioning of a workflow. The states COMPLETED and FAILED are final,
    unless the workflow is deprovisioned during the provisioning: the state is then NOT_STARTED, or
    COMPLETED if the deprovisioning is refused, and the provisioning continues in the background until
    it sets COMPLETED or FAILED. Otherwise NOT_STARTED changes only when the workflow is provisioned. If
    a node stops during a provisioning, the state stays PROVISIONING forever. The same happens to
    concurrent provisionings if there are as many as the plugin has threads, 8 by default: they block
    each other until the node is restarted. Use only `state` to decide: an `error` can be present in any
    state.

    Args:
        workflow_id (str):
        all_ (bool | Unset):  Default: False.
        pretty (bool | Unset):  Default: False.
        human (bool | Unset):  Default: False.
        error_trace (bool | Unset):  Default: False.

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CoreError | GetWorkflowStatusResponse400 | PluginError | RouteError | WorkflowStatus | str
    """

    return sync_detailed(
        workflow_id=workflow_id,
        client=client,
        all_=all_,
        pretty=pretty,
        human=human,
        error_trace=error_trace,
    ).parsed


async def asyncio_detailed(
    workflow_id: str,
    *,
    client: AuthenticatedClient | Client,
    all_: bool | Unset = False,
    pretty: bool | Unset = False,
    human: bool | Unset = False,
    error_trace: bool | Unset = False,
) -> Response[CoreError | GetWorkflowStatusResponse400 | PluginError | RouteError | WorkflowStatus | str]:
    """Get the status of a workflow

     Returns the status of the provisioning of a workflow. The states COMPLETED and FAILED are final,
    unless the workflow is deprovisioned during the provisioning: the state is then NOT_STARTED, or
    COMPLETED if the deprovisioning is refused, and the provisioning continues in the background until
    it sets COMPLETED or FAILED. Otherwise NOT_STARTED changes only when the workflow is provisioned. If
    a node stops during a provisioning, the state stays PROVISIONING forever. The same happens to
    concurrent provisionings if there are as many as the plugin has threads, 8 by default: they block
    each other until the node is restarted. Use only `state` to decide: an `error` can be present in any
    state.

    Args:
        workflow_id (str):
        all_ (bool | Unset):  Default: False.
        pretty (bool | Unset):  Default: False.
        human (bool | Unset):  Default: False.
        error_trace (bool | Unset):  Default: False.

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CoreError | GetWorkflowStatusResponse400 | PluginError | RouteError | WorkflowStatus | str]
    """

    kwargs = _get_kwargs(
        workflow_id=workflow_id,
        all_=all_,
        pretty=pretty,
        human=human,
        error_trace=error_trace,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    workflow_id: str,
    *,
    client: AuthenticatedClient | Client,
    all_: bool | Unset = False,
    pretty: bool | Unset = False,
    human: bool | Unset = False,
    error_trace: bool | Unset = False,
) -> CoreError | GetWorkflowStatusResponse400 | PluginError | RouteError | WorkflowStatus | str | None:
    """Get the status of a workflow

     Returns the status of the provisioning of a workflow. The states COMPLETED and FAILED are final,
    unless the workflow is deprovisioned during the provisioning: the state is then NOT_STARTED, or
    COMPLETED if the deprovisioning is refused, and the provisioning continues in the background until
    it sets COMPLETED or FAILED. Otherwise NOT_STARTED changes only when the workflow is provisioned. If
    a node stops during a provisioning, the state stays PROVISIONING forever. The same happens to
    concurrent provisionings if there are as many as the plugin has threads, 8 by default: they block
    each other until the node is restarted. Use only `state` to decide: an `error` can be present in any
    state.

    Args:
        workflow_id (str):
        all_ (bool | Unset):  Default: False.
        pretty (bool | Unset):  Default: False.
        human (bool | Unset):  Default: False.
        error_trace (bool | Unset):  Default: False.

    Raises:
        errors.UnexpectedStatusError: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CoreError | GetWorkflowStatusResponse400 | PluginError | RouteError | WorkflowStatus | str
    """

    return (
        await asyncio_detailed(
            workflow_id=workflow_id,
            client=client,
            all_=all_,
            pretty=pretty,
            human=human,
            error_trace=error_trace,
        )
    ).parsed
