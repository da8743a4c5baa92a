# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

"""The connection of Kiln."""

from job_status import AsyncKiln, Kiln
from job_status._commands import DISTRIBUTION

from .._provider import arguments, hook


class KilnHook(hook.JobStatusHook[Kiln, AsyncKiln]):
    """A connection of Kiln: the host is the base URL, such as `https://kiln.example`.

    Args:
        conn_id: The id of the connection.
    """

    default_conn_name = "job_status_kiln_default"
    conn_type = "job_status_kiln"
    hook_name = "Kiln"
    product = hook.product_named(DISTRIBUTION, "Kiln")
    probe = hook.Probe(arguments.Call(method="firing_job", parameters=("firing_id",), options=()), {"firing_id": "f-1"})
    client_class = Kiln
    async_client_class = AsyncKiln
