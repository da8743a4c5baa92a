"""What is imported when: a class by name imports httpx and little else, its first client the rest."""

import inspect
import json
import os
import pickle
import subprocess
import sys
import typing
from typing import Any

import job_status
import pytest
from job_status.agent_platform import DockStatus

from .conftest import ROOT

CLASSES = [name for name in job_status.__all__ if isinstance(getattr(job_status, name), type) and "Error" not in name]
CLIENTS = [name for name in CLASSES if hasattr(getattr(job_status, name), "_url_variable")]
STATUS = DockStatus.from_dict({"_id": "ds-1", "status": "SUCCESS"})


def imported(program: str) -> list[str]:
    """Return the modules of the package, and attrs, that a program imports in addition to httpx."""
    rest = "import json; print(json.dumps(sorted(m for m in set(sys.modules) - before if m[:10] in ('job_status', 'attr'))))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, httpx; before = set(sys.modules)\n{program}\n{rest}"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "generated")},
        capture_output=True,
        text=True,
        check=True,
    )
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    return modules


def test_class_by_name_imports_no_call_wait_or_model() -> None:
    assert imported("from job_status import AgentPlatform, AsyncAgentPlatform") == [
        "job_status",
        "job_status._apis",
        "job_status._apis.agent_platform",
        "job_status._client",
        "job_status._client.base",
        "job_status._client.clock",
        "job_status._client.schemes",
    ]


def test_first_client_imports_what_its_product_uses() -> None:
    modules = imported("from job_status import AgentPlatform; AgentPlatform('http://localhost', api_key='k')")

    assert {"attr", "job_status._operations.agent_platform", "job_status._client.polling.job"} <= set(modules)
    assert not [module for module in modules if module.startswith("job_status.ai_for")]


def test_status_knows_its_end_without_a_client() -> None:
    program = f"import pickle; status = pickle.loads({pickle.dumps(STATUS)!r}); print(status.is_final)\nassert status.is_success"

    assert "job_status._operations.agent_platform" in imported(program)


@pytest.mark.parametrize("name", CLIENTS)
def test_type_hints_of_a_client_can_be_evaluated(name: str) -> None:
    cls: Any = getattr(job_status, name)
    client = cls(
        "http://localhost", **{one.keyword: ("u", "p") if one.kind == "basic" else "k" for one in cls._schemes}
    )
    methods = [
        method for _, method in inspect.getmembers(client, inspect.ismethod) if not method.__name__.startswith("_")
    ]

    assert len(methods) >= 4
    for method in methods:
        hints = typing.get_type_hints(method)
        assert not any(isinstance(hint, str) for hint in hints.values())
