"""Start operations, each with one way in which its response leads to the job, and what a server returns to them."""

from typing import Any, Final

from attrs import Factory, frozen

from .any_job import LISTS, TEXT, Case, Reply, content, ok, parameter, states

RUN: Final = "run_status"
# The status operation that the links of most starts lead to.
STATUS: Final = Case(
    {**LISTS, "partial": ["some"]},
    states("running", "done", "failed", "some"),
    {"state": TEXT},
    path="/queues/{queue}/runs/{run}",
    parameters=(
        {**parameter("api-version", enum=["v1", "v2"]), "required": False},
        {**parameter("since", format="date"), "required": False},
        {**parameter("X-Tenant", "header"), "required": False},
    ),
)
PATH: Final = {"queue": "$request.path.queue", "run": "$response.body#/run"}
OWN: Final = {"type": "object", "properties": {"run": TEXT, "state": TEXT}}


@frozen
class Start:
    """A start operation.

    Attributes:
        links: The parameters of its link.
        reply: What the server returns to it.
        polled: The method and target of each poll.
        method: Its method.
        path: Its path.
        parameters: Its parameters, except those in the path.
        body: The schema of its request body.
        arguments: The arguments of the call.
        schema: The schema of the body of its response, or None.
        needs_request: Whether the link needs more than the body of the response.
    """

    links: dict[str, Any]
    reply: Reply
    polled: str = "GET /queues/q/runs/r-1"
    method: str = "post"
    path: str = "/queues/{queue}/runs"
    parameters: tuple[dict[str, Any], ...] = ()
    body: Any = None
    arguments: dict[str, Any] = Factory(lambda: {"queue": "q"})
    schema: Any = Factory(lambda: OWN)
    needs_request: bool = True

    def operation(self, name: str) -> tuple[str, dict[str, Any]]:
        """Return its path and operation, named `start_<name>`."""
        status = str(self.reply[0])
        names = [part[1:-1] for part in self.path.split("/") if part.startswith("{")]
        link = {"operationId": f"get_{RUN}", "parameters": self.links}
        sources = [source.rpartition("response.header.")[2] for source in self.links.values() if "$resp" in source]
        made: dict[str, Any] = {
            "operationId": f"start_{name}",
            "parameters": [*(parameter(one, "path") for one in names), *self.parameters],
            "responses": {
                status: {
                    "description": "Started.",
                    "links": {"run": link},
                    "headers": {name: {"schema": TEXT} for name in sources if "$" not in name},
                    **(content(self.schema) if self.schema else {}),
                }
            },
        }
        if self.body is not None:
            made["requestBody"] = {"required": True, **content(self.body)}
        return f"/start_{name}{self.path}", {self.method: made}


def located(header: str, value: str, **members: Any) -> Start:
    """Return a start whose response has no body, and a URL in a header."""
    links = dict.fromkeys(("queue", "run"), f"$response.header.{header}")
    return Start(links, ok(None, 202, **{header.replace("-", "_"): value}), schema=None, **members)


STARTS: Final = {
    "path": Start(PATH, ok({"run": "r-1"})),
    "query": Start(
        {"queue": "$request.query.of-queue", "run": "$response.body#/run"},
        ok({"run": "r-1"}),
        path="/runs",
        parameters=(parameter("of-queue"),),
        arguments={"of_queue": "q"},
    ),
    "header": Start(
        {"queue": "$request.header.X-Queue", "run": "$response.header.X-Run"},
        ok({}, X_Run="r-1"),
        path="/runs",
        parameters=(parameter("X-Queue", "header"),),
        arguments={"x_queue": "q"},
    ),
    "body": Start(
        {"queue": "$request.body#/in/queue", "run": "$response.body#/run"},
        ok({"run": "r-1"}, 201),
        method="put",
        path="/runs",
        body={"type": "object", "properties": {"in": {"type": "object", "properties": {"queue": TEXT}}}},
        arguments={"body": {"in": {"queue": "q"}}},
    ),
    "constants": Start(
        {
            "queue": "q",
            "run": "$response.body#/run",
            "api-version": "v2",
            "since": "2026-01-02",
            "header.X-Tenant": "t-1",
        },
        ok({"run": "r-1"}),
        "GET /queues/q/runs/r-1?api-version=v2&since=2026-01-02 X-Tenant: t-1",
        method="get",
        path="/runs",
        arguments={},
        needs_request=False,
    ),
    "body_url": Start(
        {"queue": "$response.body#/url", "run": "$response.body#/url"},
        ok({"url": "https://public.example/v9/run_status/queues/q/runs/r%2D1/"}),
        path="/runs",
        arguments={},
        schema={"type": "object", "properties": {"url": TEXT}},
        needs_request=False,
    ),
    "absolute": located("Location", "http://VENDOR:80/base/run_status/queues/q/runs/r-1"),
    "relative": located("Location", "/base/run_status/queues/q/runs/r-1", method="delete"),
    "nested": located("Location", "../../../run_status/queues/q/runs/r-1"),
    "stripped": located("Location", "/run_status/queues/q/runs/r-1"),  # a proxy adds the rest
    "versioned": Start(
        dict.fromkeys(("queue", "run", "api-version"), "$response.header.Operation-Location"),
        ok(None, 202, Operation_Location="http://vendor/base/run_status/queues/q/runs/r-1?api-version=v2&t=5"),
        "GET /queues/q/runs/r-1?api-version=v2",
        schema=None,
    ),
    "maybe_a_body": Start(PATH | {"run": "$response.header.X-Run"}, ok(None, 202, X_Run="r-1"), schema=None),
    # Two operations return one component.
    "shared": Start(PATH, ok({"run": "r-1"}), schema={"$ref": "#/components/schemas/Ticket"}),
    "same": Start(
        {"queue": "q-2", "run": "$response.body#/run"},
        ok({"run": "r-1"}),
        "GET /queues/q-2/runs/r-1",
        schema={"$ref": "#/components/schemas/Ticket"},
        needs_request=False,
    ),
}
# What a server returns to a start, and the message.
REFUSED: Final = {
    "absolute": (
        ok(None, 202, Location="https://vendor/base/run_status/queues/q/runs/r-1"),
        r"Location is a URL of https://vendor:443, expected one of http://vendor:80; no credentials are sent elsewhere",
    ),
    "relative": (
        ok(None, 202, Location="/base/run_status/queues/q/walks/r-1"),
        "expected a URL like /run_status/queues/{queue}/runs/{run}",
    ),
    "nested": (
        ok(None, 202),
        r"contains no job id: \$response.header.Location or \$response.header.Location is missing",
    ),
    "stripped": (ok(None, 202, Location="http://[vendor/"), "contains no job"),
    "path": (ok({"run": ""}), r"\$request.path.queue or /run is missing"),
}
