"""Stories are played to a server, each step is told apart, every reading is judged, and what was made is taken away."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from scripts.document import Document, DocumentError, load
from scripts.document import read as read_yaml
from scripts.simulate import Settings, Simulator
from scripts.simulate.draws import Draws
from scripts.simulate.faults import Fault
from scripts.verify.stories import load_stories
from scripts.verify.target import WrongCall

from .conftest import ENVIRONMENT, ROOT, Serve
from .lies import Answer, Lie
from .test_verify import verify

STEM = "opensearch-flow-framework"
STORIES = ROOT / "tests" / "stories"
NAMES = sorted(path.stem for path in STORIES.glob("*.yaml"))
ALLOWED = {**ENVIRONMENT, "ALLOW_WRITES": "1"}


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The document together with the calls beside it."""
    own = read_yaml(ROOT / "openapi" / f"{STEM}.yaml").data
    beside = read_yaml(STORIES / "neighbours" / f"{STEM}.yaml").data
    path = tmp_path_factory.mktemp("whole") / f"{STEM}.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump({**own, "paths": {**own["paths"], **beside["paths"]}}, file)
    return load(path)


class Node:
    """A simulated node whose provisionings take some time and end in some way."""

    def __init__(self, document: Document, serve: Serve) -> None:
        self._document, self._serve = document, serve

    def begin(self, seconds: float = 1.0, failures: float = 0.0, change: Callable[[Answer], None] | None = None) -> str:
        """Serves it; gives its base URL."""
        draws = Draws(median=seconds, failures=failures)
        self.simulator = Simulator([self._document], Settings(environment=ENVIRONMENT, draws=draws))
        application: Any = Switched(self.simulator)
        return self._serve(Lie(application, change) if change else application) + f"/{STEM}"

    def requests(self) -> int:
        """How many requests it has had."""
        return sum(1 for _ in self.simulator.journal.after(0))

    def workflows(self) -> list[str]:
        """The ids of the workflows that there are."""
        lives = self.simulator.lives[STEM, "get_workflow_status"]
        return [parameters["workflow_id"] for parameters, _ in lives.states(0.0)]


@pytest.fixture
def node(whole: Document, serve: Serve) -> Node:
    """A node that has not begun."""
    return Node(whole, serve)


class Switched:
    """A node whose plugin the cluster settings switch off and on."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].endswith("/_cluster/settings"):
            await self.simulator(scope, receive, send)
            return
        message = await receive()
        self.simulator.faults.clear()
        if b"false" in message["body"]:
            self.simulator.faults.add(Fault("example", value="disabled"))

        async def again() -> Any:
            return message

        await self.simulator(scope, again, send)


def play(story: str, url: str, out: Path, **more: str) -> Any:
    """Plays a story as users do."""
    return verify("--api", STEM, "--url", url, "--story", story, out=out, **{**ALLOWED, **more})


@pytest.mark.parametrize("name", NAMES)
def test_a_story_is_played_to_its_end_and_leaves_nothing(node: Node, tmp_path: Path, name: str) -> None:
    url = node.begin(seconds=3.0 if name == "noop" else 1.0, failures=1.0 if name == "failure" else 0.0)

    before = node.workflows()
    # How late an end is noticed is a matter of a busy machine here; test_recordings has it on a clock of its own.
    story = tmp_path / f"{name}.yaml"
    story.write_text((STORIES / f"{name}.yaml").read_text(encoding="utf-8").replace("late: 0.5", "late: 9.0"))

    done = play(str(story), url, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"playing {name} to {url}: " in done.stdout
    assert f"{name}: ok" in done.stdout
    assert node.workflows() == before
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    if name == "noop":
        assert "NOT_STARTED → PROVISIONING → COMPLETED" in page
    assert ENVIRONMENT["OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH"].split(":")[1] not in page + done.stdout


def stuck(answer: Answer) -> None:
    if "_status" in answer.path and answer.status == 200 and answer.body["state"] == "COMPLETED":
        answer.body["state"] = "PROVISIONING"


def progress_in_the_words_of_the_state(answer: Answer) -> None:
    if "_status" in answer.path and answer.status == 200 and answer.body.get("provisioning_progress") == "DONE":
        answer.body["provisioning_progress"] = "COMPLETED"


def refused(answer: Answer) -> None:
    if answer.path.endswith("_provision"):
        answer.status, answer.body = 400, {"error": "not today"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (refused, r"wanted  provision: status 200 or 202\n  got     400 \{\"error\": \"not today\"\}"),
        (progress_in_the_words_of_the_state, r"response_schema_conformance .*\n.*\n.*/provisioning_progress is"),
        (
            stuck,
            r"wanted  wait for its end: the sync wait to end with success\n  got     JobTimeoutError: ",
        ),
    ],
)
def test_a_step_that_fails_is_told_with_step_wanted_and_got_and_the_rest_is_cleaned_up(
    node: Node, tmp_path: Path, change: Callable[[Answer], None], told: str
) -> None:
    url = node.begin(change=change)
    before = node.workflows()
    story = tmp_path / "noop.yaml"
    text = (STORIES / "noop.yaml").read_text(encoding="utf-8")
    story.write_text(text.replace("within: 60", "within: 2"), encoding="utf-8")

    done = play(str(story), url, tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(told, done.stdout), done.stdout
    assert "noop: FAILED" in done.stdout
    assert node.workflows() == before


def test_a_story_is_not_played_where_writes_are_not_allowed(node: Node, tmp_path: Path) -> None:
    url = node.begin()
    before = node.workflows()

    done = play("noop", url, tmp_path, ALLOW_WRITES="0")

    assert done.returncode == 2
    assert done.stderr.strip() == "a story writes to the server; set ALLOW_WRITES=1 to have noop played"
    assert node.workflows() == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("api: opensearch-flow-framework", "api: agent-platform", "is a story of agent-platform, and --api is"),
        ("  - name: create\n", "  - title: create\n", '/steps/0: "name" is a required property'),
        ("call: POST /", "call: POST", "/steps/0/call"),
        ("ends: success", "ends: well", '"well" is not one of "success" or "failure"'),
        ("about:", "aboot:", '"about" is a required property'),
        ("{workflow}/_provision", "{workflaw}/_provision", "provision uses {workflaw}, which no step before it keeps"),
        ("keep: {workflow:", "keep: {unique:", "/keep"),
        ("text: 'Fail", "text: '(Fail", "expects a text that is no regular expression"),
        ("steps:", "steps: []\nunused:", "[] has less than 1 item"),
    ],
)
def test_a_file_that_is_no_story_is_refused_with_its_line(
    documents: dict[str, Document], tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "spoiled.yaml"
    path.write_text((STORIES / "noop.yaml").read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    with pytest.raises((WrongCall, DocumentError), match=re.escape(said)) as caught:
        load_stories(str(path), documents.values(), STEM)

    assert str(path) in str(caught.value)


def test_a_story_that_there_is_not_is_told_with_those_that_there_are(documents: dict[str, Document]) -> None:
    with pytest.raises(
        WrongCall, match=r"there is no story .*wanted a file, or one of create_index, disabled, failure"
    ):
        load_stories("nothing", documents.values(), STEM)


def test_all_stories_of_an_api_are_found(documents: dict[str, Document]) -> None:
    assert [story.name for story in load_stories("all", documents.values(), STEM)] == NAMES


def test_a_server_that_cannot_be_judged_is_told_before_anything_is_made(node: Node, tmp_path: Path) -> None:
    url = node.begin()
    before = node.workflows()

    wrong = play("all", url, tmp_path, OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH="admin:not-the-password")
    silent = play("noop", "http://127.0.0.1:9", tmp_path)

    assert (wrong.returncode, silent.returncode) == (2, 2)
    assert "another credential is wanted in OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH" in wrong.stdout.splitlines()[1]
    assert wrong.stdout.count("playing ") == 1
    assert "http://127.0.0.1:9 does not answer" in silent.stdout.splitlines()[1]
    assert node.workflows() == before


def test_a_story_that_is_ended_from_outside_cleans_up_and_leaves_no_program(node: Node, tmp_path: Path) -> None:
    url = node.begin(seconds=60)
    before = node.workflows()
    command = [sys.executable, "-m", "scripts.verify", "--api", STEM, "--url", url, "--story", "noop"]
    running = subprocess.Popen(
        [*command, "--out", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, **ALLOWED},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 30
    while len(node.workflows()) == len(before) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.5)
    made = node.workflows()
    running.terminate()
    said, _ = running.communicate(timeout=30)

    assert len(made) == len(before) + 1
    assert running.returncode == 2, said
    assert "the story noop was interrupted, and what it is known to have made was cleaned up" in said
    assert node.workflows() == before
    asked = node.requests()
    time.sleep(1.5)
    assert node.requests() == asked, "somebody goes on asking"


def test_ids_of_a_server_lead_nowhere_else(node: Node, tmp_path: Path) -> None:
    def strange(answer: Answer) -> None:
        paths.append(answer.path)
        if answer.status == 201:
            answer.body["workflow_id"] = "../../a%2Fb?c#d$(touch x)"

    paths: list[str] = []
    url = node.begin(change=strange)

    done = play("noop", url, tmp_path)

    assert done.returncode == 1
    assert all("/_plugins/_flow_framework/workflow" in path for path in paths), paths
    replays = [line for line in done.stdout.splitlines() if "replay  curl" in line]
    assert replays
    assert not any(re.search(r"(?<!\\)\$\(touch", line) and "'" not in line for line in replays)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: str(number.name))
def test_a_signal_while_something_is_made_waits_until_it_is_known(
    node: Node, tmp_path: Path, number: signal.Signals
) -> None:
    making = threading.Event()

    def slowly(answer: Answer) -> None:
        if answer.method == "POST" and answer.path.endswith("/workflow"):
            making.set()
            time.sleep(1.5)

    url = node.begin(seconds=60, change=slowly)
    before = node.workflows()
    command = [sys.executable, "-m", "scripts.verify", "--api", STEM, "--url", url, "--story", "noop"]
    running = subprocess.Popen(
        [*command, "--out", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, **ALLOWED},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert making.wait(30)
    running.send_signal(number)
    said, _ = running.communicate(timeout=30)

    assert "interrupted" in said
    assert node.workflows() == before, said
