"""What the tests of live products are made from; `make test-live` runs the tests themselves."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.document import load
from scripts.verify.baseline import load_baseline

from .bench.installed import LOCK
from .live_products.environments import HERE
from .live_products.products import PRODUCTS
from .live_products.servers import Servers

ENGINES = HERE.parent / "engines" / "requirements.lock"
NAMES = [product.name for product in PRODUCTS]
PINNED = re.compile(r"[a-z0-9-]+==\S+( ; [^\\]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+\n")


@pytest.mark.parametrize("lock", [*(HERE / name / "requirements.lock" for name in NAMES), LOCK, ENGINES], ids=str)
def test_lock_file_has_exact_versions_and_hashes_only(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")

    assert "".join(match[0] for match in PINNED.finditer(text)) == text
    assert "://" not in text


def test_flower_document_and_baseline_are_valid() -> None:
    document = load(HERE / "flower" / "flower.yaml")

    assert [operation.id for operation in document.operations if operation.job] == ["get_task_info", "get_task_result"]
    assert load_baseline(HERE / "flower" / "baseline.yaml", [document])


def test_servers_are_stopped_with_the_processes_that_they_have_started(tmp_path: Path) -> None:
    script = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True); sys.stdin.close()\n"
    script += "import signal, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit()); time.sleep(600)"
    servers = Servers(tmp_path)
    try:
        servers.start("server", [sys.executable, "-c", script], {}, tmp_path)
        servers.wait_until("it has started a process", lambda: (tmp_path / "server.log").read_text().endswith("\n"))
        child = (tmp_path / "server.log").read_text().strip()
    finally:
        servers.stop()
    time.sleep(0.1)

    listed = subprocess.run(["ps", "-o", "stat=", "-p", child], capture_output=True, text=True, check=False).stdout
    assert listed.strip()[:1] in {"", "Z"}


def test_server_that_exits_is_reported_with_its_log(tmp_path: Path) -> None:
    servers = Servers(tmp_path)
    servers.start("server", [sys.executable, "-c", "raise SystemExit('no database')"], {}, tmp_path)

    with pytest.raises(AssertionError, match=r"(?s)server exited before it responds\n.*no database"):
        servers.wait_until("it responds", lambda: False)
