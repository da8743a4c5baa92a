"""The base URL and the credentials of a client come from the environment where they are not passed."""

import base64
from typing import Any

import httpx
import pytest
from job_status import AgentPlatform, AIForProcess, AsyncAIForProcess, InvalidArgumentError, OpenSearchFlowFramework

from .paths import id_in
from .products import PRODUCTS

SEEN = httpx.MockTransport(lambda request: httpx.Response(200, json=body(request)))
URL, KEY = "AI_FOR_PROCESS_URL", "AI_FOR_PROCESS_API_KEY"


def body(request: httpx.Request) -> dict[str, Any]:
    """Return a status of any product that repeats the credential that was sent."""
    sent = request.headers.get("x-api-key") or request.headers.get("authorization") or ""
    name = id_in(request.url.raw_path)
    return {"_id": name, "workflow_id": name, "status": sent.upper(), "state": sent}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the variables of this machine."""
    for name in (URL, KEY, "OPENSEARCH_FLOW_FRAMEWORK_URL", "OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("cls", [AIForProcess, AsyncAIForProcess])
def test_url_and_key_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch, cls: Any) -> None:
    monkeypatch.setenv(URL, "https://env.example")
    monkeypatch.setenv(KEY, "env-key")

    api = cls()

    assert repr(api) == f"{cls.__name__}('https://env.example')"


def test_passed_values_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, "https://env.example")
    monkeypatch.setenv(KEY, "env-key")
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=body(request))

    with AIForProcess("https://own.example", api_key="own", http_transport=httpx.MockTransport(handle)) as api:
        api.get_dock_status("ds-1")
    with AIForProcess("https://own.example", http_transport=httpx.MockTransport(handle)) as api:
        api.get_dock_status("ds-1")

    assert [(r.url.host, r.headers["x-api-key"]) for r in requests] == [
        ("own.example", "own"),
        ("own.example", "env-key"),
    ]


def test_user_and_password_are_separated_by_the_first_colon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH", "admin:se:cret")

    with OpenSearchFlowFramework("http://h", http_transport=SEEN) as api:
        assert api.get_workflow_status("w-1").state == f"Basic {base64.b64encode(b'admin:se:cret').decode()}"


def test_missing_colon_is_an_error_without_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH", "canary")

    with pytest.raises(
        InvalidArgumentError, match="OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH must be user:password"
    ) as error:
        OpenSearchFlowFramework("http://h")
    assert "canary" not in str(error.value)


@pytest.mark.parametrize("variables", [{}, {URL: ""}])
def test_error_for_a_missing_url_names_the_variable(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(InvalidArgumentError, match=f"pass base_url=, such as https://host, or set {URL}"):
        AIForProcess(api_key="k")


@pytest.mark.parametrize("value", [None, ""])
def test_error_for_a_missing_credential_names_the_variable(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv(KEY, value)

    with pytest.raises(InvalidArgumentError, match=f"requires a credential; pass api_key=, or set {KEY}"):
        AIForProcess("http://h")


def test_trust_env_switches_the_variables_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, "https://env.example")
    monkeypatch.setenv(KEY, "env-key")

    with pytest.raises(InvalidArgumentError, match="pass base_url="):
        AIForProcess(api_key="k", trust_env=False)
    with pytest.raises(InvalidArgumentError, match="requires a credential"):
        AIForProcess("http://h", trust_env=False)


@pytest.mark.parametrize("product", PRODUCTS, ids=[product.name for product in PRODUCTS])
def test_docstring_of_every_client_names_its_variables(product: Any) -> None:
    import job_status

    text = " ".join((getattr(job_status, product.name).__doc__ or "").split())

    assert "_URL`" in text
    assert "by default that of `" in text


def test_variable_of_another_product_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "env-key")

    with pytest.raises(InvalidArgumentError, match="AGENT_PLATFORM_API_KEY"):
        AgentPlatform("http://h")
