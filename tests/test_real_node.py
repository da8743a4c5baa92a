"""Verification and client with a real OpenSearch node: private CA, basic authentication, and missing plugin."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from job_status import ApiError, JobStatusError, OpenSearchFlowFramework, TransportError

from scripts.simulate import Simulator

from .conftest import ENVIRONMENT, ROOT, served
from .hostile import always, hostile, http_response
from .test_recordings import FOLDER, har_entries
from .test_verify import verify

STEM = "opensearch-flow-framework"
KNOWN = "d6WKB6IBR8spXwU9M5eD"
USER, PASSWORD = ENVIRONMENT["OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH"].split(":")


@contextmanager
def served_with_tls(application: Any, authority: trustme.CA, folder: Path) -> Iterator[str]:
    """Serve over TLS with a certificate that is signed by `authority`."""
    key, certificate = folder / "node.key", folder / "node.pem"
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(key)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(certificate, append=True)
    with served(application, key, certificate) as url:
        yield f"{url}/{STEM}"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path


def test_verify_trusts_only_the_given_ca_file(
    simulator: Simulator, authority: trustme.CA, ca_file: Path, tmp_path: Path
) -> None:
    with served_with_tls(simulator, authority, tmp_path) as url:
        trusted = verify("--api", STEM, "--url", url, "--ca-file", str(ca_file), out=tmp_path, **ENVIRONMENT)
        untrusted = verify("--api", STEM, "--url", url, out=tmp_path, **ENVIRONMENT)

    assert trusted.returncode == 0, trusted.stdout + trusted.stderr
    assert untrusted.returncode == 2
    assert "CERTIFICATE_VERIFY_FAILED" in untrusted.stdout.splitlines()[1]
    assert PASSWORD not in trusted.stdout + untrusted.stdout


def test_client_trusts_only_the_given_ssl_context(simulator: Simulator, authority: trustme.CA, tmp_path: Path) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with served_with_tls(simulator, authority, tmp_path) as url:
        with OpenSearchFlowFramework(url, basic_auth=(USER, PASSWORD), verify=context) as api:
            status = api.get_workflow_status(KNOWN)
        with (
            OpenSearchFlowFramework(url, basic_auth=(USER, PASSWORD), max_retries=0) as api,
            pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            api.get_workflow_status(KNOWN)

    assert status.workflow_id == KNOWN


def test_wrong_password_is_reported_in_the_first_line(simulator: Simulator, authority: trustme.CA, ca_file: Path, tmp_path: Path) -> None:  # fmt: skip
    wrong = {"OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH": "admin:not-the-password"}
    with served_with_tls(simulator, authority, tmp_path) as url:
        done = verify("--api", STEM, "--url", url, "--ca-file", str(ca_file), out=tmp_path, **wrong)

    assert done.returncode == 2
    assert "set a valid credential in OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH" in done.stdout.splitlines()[1]
    assert "not-the-password" not in done.stdout + done.stderr


@pytest.mark.parametrize("version", ["2.19.5", "3.8.0"])
def test_node_without_the_plugin_is_detected(version: str, tmp_path: Path) -> None:
    entries = har_entries(FOLDER / f"{version}.har")
    recorded = next(entry for entry in entries if entry["_name"] == "t_vanilla_id")["response"]
    body = recorded["content"]["text"].encode()
    with hostile(
        always(http_response(recorded["status"], body, content_type="application/json; charset=UTF-8"))
    ) as node:
        done = verify("--api", STEM, "--url", node.url, out=tmp_path)
        with OpenSearchFlowFramework(node.url) as api:
            with pytest.raises(ApiError) as call_error:
                api.get_workflow_status(KNOWN)
            with pytest.raises(JobStatusError) as wait_error:
                api.wait_for_workflow_status(KNOWN, timeout=30)

    assert done.returncode == 2
    assert "get_workflow_status: this server does not have the API: " in done.stdout.splitlines()[1]
    assert "no handler found for uri" in done.stdout.splitlines()[1]
    assert "\nFAILED" not in done.stdout
    for error in (call_error.value, wait_error.value):
        assert "no handler found for uri" in str(error)
        assert str(error).endswith("; this server does not have the API")
        assert "\n" not in str(error)


def test_ci_workflow_runs_all_live_tests_against_real_nodes() -> None:
    workflow = (ROOT / ".github/workflows/opensearch.yaml").read_text(encoding="utf-8")

    assert "make verify API=opensearch-flow-framework" in workflow
    assert "STORY=all" in workflow
    assert "ALLOW_WRITES" in workflow
