"""Other tools on the same mutants: stock Schemathesis, and openapi-core on the exchanges of the run.

A tool kills a mutant if it reports something that it does not report about the conforming server.
"""

import base64
import copy
import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from .frameworks.servers import served_by_uvicorn
from .messages import Log, Mutation, unchanged
from .mutant import Api
from .runner import conforming, decoded, run_conforming
from .wire import MutatedServer

EXAMPLES = 10  # per operation; 100, the default, kill as many and take longer
_known: dict[tuple[str, str], frozenset[str]] = {}  # what a tool reports about a conforming server


def peers(api: Api, mutation: Mutation, log: Log, seed: int) -> dict[str, bool]:
    """Return, by the name of a tool, whether it kills a mutant. `log` are the exchanges of the verification."""
    server = MutatedServer(conforming(api.document, seed), mutation)
    found = {"schemathesis": bool(_schemathesis(api, server, seed) - _known_to_schemathesis(api, seed))}
    if (reported := _openapi_core(api, log)) is not None:
        found["openapi-core"] = bool(reported - _known_to_openapi_core(api, seed))
    return found


def _known_to_schemathesis(api: Api, seed: int) -> frozenset[str]:
    key = ("schemathesis", api.document.stem)
    if key not in _known:
        _known[key] = _schemathesis(api, MutatedServer(conforming(api.document, seed), unchanged), seed)
    return _known[key]


def _known_to_openapi_core(api: Api, seed: int) -> frozenset[str]:
    key = ("openapi-core", api.document.stem)
    if key not in _known:
        _known[key] = _openapi_core(api, run_conforming(api.document, seed).log) or frozenset()
    return _known[key]


def _schemathesis(api: Api, server: MutatedServer, seed: int) -> frozenset[str]:
    """Return the names of the checks that fail in a stock run, with the credential."""
    with served_by_uvicorn(server) as url:
        settings: dict[str, Any] = {
            "seed": seed,
            "base-url": f"{url}/{api.document.stem}",
            "generation": {"max-examples": EXAMPLES, "database": "none", "no-shrink": True},
            "auth": {"openapi": {api.scheme.key: _credential(api)}} if api.scheme else {},
        }
        config = SchemathesisConfig.from_dict({name: value for name, value in settings.items() if value})
        schema = schemathesis.openapi.from_dict(copy.deepcopy(dict(api.document.data)), config=config)
        found: set[str] = set()
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                nodes = (node for some in event.recorder.checks.values() for node in some)
                found.update(node.name for node in nodes if node.failure_info is not None)
            elif isinstance(event, events.NonFatalError | events.FatalError):
                found.add("error")
    return frozenset(found)


def _credential(api: Api) -> dict[str, str]:
    if api.scheme is not None and api.scheme.type == "apiKey":
        return {"api_key": api.credential}
    if api.scheme is not None and api.scheme.scheme == "basic":
        user, _, password = api.credential.partition(":")
        return {"username": user, "password": password}
    return {"bearer": api.credential}


def _openapi_core(api: Api, log: Log) -> frozenset[str] | None:
    """Return what openapi-core reports about the exchanges of a run, or None if it is not installed."""
    python = Path("build/peers/bin/python")
    if not python.is_file():
        return None
    exchanges = [
        {
            "method": one.request.method,
            "target": one.request.target,
            "request_headers": dict(one.request.headers),
            "request_body": base64.b64encode(one.request.body).decode(),
            "status": one.sent.status,
            "headers": dict(one.sent.headers),
            "body": base64.b64encode(decoded(one.sent)).decode(),
        }
        for one in log
    ]
    content = {"document": dict(api.document.data), "stem": api.document.stem, "exchanges": exchanges}
    validator = resources.files(__package__) / "openapi_core_peer.py"
    done = subprocess.run(  # noqa: S603 - this project's own module
        [str(python), "-I", str(validator)],
        input=json.dumps(content, default=str),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stderr[-300:], file=sys.stderr)
        return None
    return frozenset(json.loads(done.stdout))
