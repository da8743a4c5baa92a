"""Run a composite action, or a job, as the runner of GitHub Actions does: expressions, files of the runner, workflow commands.

What the runner supports and no action of this project uses is an error here, so that nothing is passed over.
"""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from attrs import Factory, define, field, frozen

TOKEN: Final = re.compile(r"\s*(?:(&&|\|\||==|!=|[()!])|'((?:[^']|'')*)'|([A-Za-z_][\w.-]*)(\(\))?)")
COMMAND: Final = re.compile(r"::([a-z-]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)")
KEYS: Final = {"id", "name", "if", "uses", "with", "run", "shell", "env", "continue-on-error"}
SHELL: Final = ("bash", "--noprofile", "--norc", "-eo", "pipefail")


class ActionError(Exception):
    """The runner would refuse the action, or the action uses what this module does not support."""


@frozen
class Annotation:
    """An annotation, unescaped: its level, the properties `file`, `line` and `title`, and the message."""

    level: str
    properties: Mapping[str, str]
    message: str


@define
class Run:
    """What an action has done.

    Attributes:
        outcomes: The outcome of each step that was reached, by id or name: success, failure or skipped.
        outputs: The outputs of the action.
        log: What its steps have printed, with masked values replaced by `***`.
        masks: The values that are masked.
        annotations: The annotations, in order.
        summary: The job summary.
        artifacts: The files of each artifact, with their content.
    """

    outcomes: dict[str, str] = Factory(dict)
    outputs: dict[str, str] = Factory(dict)
    log: str = ""
    masks: list[str] = Factory(list)
    annotations: list[Annotation] = Factory(list)
    summary: str = ""
    artifacts: dict[str, dict[str, bytes]] = Factory(dict)

    @property
    def failed(self) -> bool:
        """Whether a step has failed, which fails the job."""
        return "failure" in self.outcomes.values()


@define
class Runner:
    """A runner with a workspace.

    Attributes:
        workspace: The repository in which a job runs.
        temporary: The temporary folder of the runner.
        python: What actions/setup-python installs.
        variables: The environment of a job.
        repositories: The folders that actions/checkout finds, by repository and ref.
    """

    workspace: Path
    temporary: Path
    python: str
    variables: Mapping[str, str]
    repositories: Mapping[str, Path] = Factory(dict)
    _run: Run = field(init=False, factory=Run)

    def run(self, action: Path, inputs: Mapping[str, str]) -> Run:
        """Run the action of a folder, with inputs."""
        data = yaml.safe_load((action / "action.yml").read_text(encoding="utf-8"))
        if data["runs"]["using"] != "composite" or not inputs.keys() <= data["inputs"].keys():
            raise ActionError(f"not composite, or unknown inputs among {sorted(inputs)}")
        given = {name: inputs.get(name, str(one.get("default", ""))) for name, one in data["inputs"].items()}
        context: dict[str, Any] = {"inputs": given, "steps": {}}
        run = self._steps(data["runs"]["steps"], action, context)
        run.outputs = {name: expand(one["value"], context) for name, one in data["outputs"].items()}
        return run

    def run_job(self, job: Mapping[str, Any], contexts: Mapping[str, Any]) -> Run:
        """Run a job of a workflow that another repository calls, with contexts such as `inputs` and `secrets`."""
        known = {"inputs": {}, "vars": {}, "secrets": {}, "github": {}, "job": {}, **contexts, "env": {}, "steps": {}}
        known["env"] = {name: expand(str(value), known) for name, value in job.get("env", {}).items()}
        self.variables = {**self.variables, **known["env"]}
        if not evaluate(job.get("if", "success()"), known):
            raise ActionError("the job is skipped")
        return self._steps(job["steps"], self.workspace, known)

    def _steps(self, steps: list[Mapping[str, Any]], action: Path, context: dict[str, Any]) -> Run:
        run = self._run = Run()
        for index, step in enumerate(steps):
            name = step.get("id") or step.get("name") or str(index)
            outputs: dict[str, str] = {}
            if evaluate(step.get("if", "success()"), context, failed=run.failed):
                done = self._step(step, action, context, outputs) == 0 or step.get("continue-on-error")
                run.outcomes[name] = "success" if done else "failure"
            else:
                run.outcomes[name] = "skipped"
            context["steps"][name] = {"outputs": outputs}
        return run

    def _step(self, step: Mapping[str, Any], action: Path, context: Mapping[str, Any], outputs: dict[str, str]) -> int:
        if unknown := step.keys() - KEYS:
            raise ActionError(f"unsupported keys of a step: {sorted(unknown)}")
        if "uses" in step:
            options = {name: expand(str(value).lower() if value in (True, False) else str(value), context)
                       for name, value in step.get("with", {}).items()}  # fmt: skip
            if step["uses"].startswith("./"):
                return self._local_action(self.workspace / step["uses"], options, outputs)
            return self._uses[step["uses"].partition("@")[0]](self, options, outputs)
        if step["shell"] != "bash" or "${{" in step["run"]:
            raise ActionError("expected a script for bash, without expressions")
        return self._script(step, action, context, outputs)

    def _script(
        self, step: Mapping[str, Any], action: Path, context: Mapping[str, Any], outputs: dict[str, str]
    ) -> int:
        files = {name: self.temporary / f"{name.lower()}_file" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in (*files.values(), script := self.temporary / "script.sh"):
            path.write_text("", encoding="utf-8")
        script.write_text(step["run"], encoding="utf-8")
        environment = {
            **self.variables,
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(action),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temporary),
            **{name: str(path) for name, path in files.items()},
            **{name: expand(str(value), context) for name, value in step.get("env", {}).items()},
        }
        done = subprocess.run(
            [*SHELL, str(script)],
            cwd=self.workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=140,
        )
        for line in done.stdout.decode().splitlines():
            self._print(line)
        outputs |= parse_outputs(files["GITHUB_OUTPUT"].read_text(encoding="utf-8"))
        self._run.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return done.returncode

    def _print(self, line: str) -> None:
        if not (found := COMMAND.fullmatch(line.lstrip())):
            for mask in self._run.masks:
                line = line.replace(mask, "***")
            self._run.log += f"{line}\n"
            return
        name, properties, message = found.groups("")
        if name == "add-mask":
            self._run.masks.append(_data(message))
        elif name in {"error", "warning", "notice"}:
            pairs = (pair.partition("=") for pair in properties.split(","))
            values = {key: _data(value).replace("%3A", ":").replace("%2C", ",") for key, _, value in pairs}
            self._run.annotations.append(Annotation(name, values, _data(message)))
        else:
            raise ActionError(f"unsupported workflow command {name}")

    def _local_action(self, action: Path, inputs: Mapping[str, str], outputs: dict[str, str]) -> int:
        """Run an action of the workspace as one step, and keep what it did."""
        outer = self._run
        inner = self.run(action, inputs)
        self._run = outer
        outputs |= inner.outputs
        outer.log += inner.log
        outer.masks += inner.masks
        outer.annotations += inner.annotations
        outer.summary += inner.summary
        outer.artifacts |= inner.artifacts
        return int(inner.failed)

    def _checkout(self, options: Mapping[str, str], outputs: dict[str, str]) -> int:
        if "path" in options:
            repository = self.repositories[f"{options['repository']}@{options['ref']}"]
            (self.workspace / options["path"]).symlink_to(repository)
        return 0

    def _download_artifact(self, options: Mapping[str, str], outputs: dict[str, str]) -> int:
        return 1  # no step before has uploaded one

    def _setup_python(self, options: Mapping[str, str], outputs: dict[str, str]) -> int:
        if options.get("update-environment") != "false":
            raise ActionError("the Python of the job would change")
        outputs["python-path"] = self.python
        return 0

    def _upload_artifact(self, options: Mapping[str, str], outputs: dict[str, str]) -> int:
        found: dict[str, bytes] = {}
        for pattern in filter(None, options["path"].splitlines()):
            path = self.workspace / pattern
            files = path.parent.glob(path.name) if "*" in path.name else [path] if path.is_file() else []
            found |= {file.name: file.read_bytes() for file in files}
        if options["name"] in self._run.artifacts:
            raise ActionError("an artifact with this name exists")
        self._run.artifacts[options["name"]] = found
        return 0 if found or options.get("if-no-files-found") != "error" else 1

    _uses: Mapping[str, Callable[["Runner", Mapping[str, str], dict[str, str]], int]] = {
        "actions/checkout": _checkout,
        "actions/download-artifact": _download_artifact,
        "actions/setup-python": _setup_python,
        "actions/upload-artifact": _upload_artifact,
    }


def parse_outputs(text: str) -> dict[str, str]:
    """Parse a file of outputs: lines `name=value`, and values of several lines between a delimiter."""
    outputs: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if found := re.fullmatch(r"([A-Za-z_][\w-]*)<<(.+)", line):
            name, end = found.groups()
            value: list[str] = []
            while (line := next(lines, end + "?")) != end:
                if line == end + "?":
                    raise ActionError(f"no end of the output {name}")
                value.append(line)
            outputs[name] = "\n".join(value)
        elif found := re.fullmatch(r"([A-Za-z_][\w-]*)=(.*)", line):
            outputs[found[1]] = found[2]
        else:
            raise ActionError(f"the file of outputs has a line of another form: {line}")
    return outputs


def expand(text: str, context: Mapping[str, Any]) -> str:
    """Replace the expressions in the value of a key."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(evaluate(found[1], context, status=False)), text)


def evaluate(expression: str, context: Mapping[str, Any], *, failed: bool = False, status: bool = True) -> Any:
    """Evaluate an expression; a condition without a function of the status requires that no step has failed.

    Args:
        expression: The expression, without its braces.
        context: The contexts `inputs` and `steps`.
        failed: Whether a step has failed.
        status: Whether it is the condition of a step.
    """
    tokens: list[tuple[str, str]] = []
    at = 0
    while expression[at:].strip():
        if not (found := TOKEN.match(expression, at)):
            raise ActionError(f"unsupported expression: {expression}")
        operator, literal, name, call = found.groups()
        kind = "operator" if operator else "literal" if name is None else "call" if call else "name"
        tokens.append((kind, operator or name or (literal or "").replace("''", "'")))
        at = found.end()
    parser = _Parser(tokens, context, failed)
    value = parser.either()
    if parser.tokens:
        raise ActionError(f"unsupported expression: {expression}")
    if status:
        return bool(value) and (not failed or any(kind == "call" for kind, _ in tokens))
    return value


class _Parser:
    """Evaluates tokens by recursive descent. A string is true unless it is empty."""

    def __init__(self, tokens: list[tuple[str, str]], context: Mapping[str, Any], failed: bool) -> None:
        self.tokens = list(tokens)
        self.context = context
        self.failed = failed

    def _accept(self, *operators: str) -> str:
        if self.tokens and self.tokens[0][0] == "operator" and self.tokens[0][1] in operators:
            return self.tokens.pop(0)[1]
        return ""

    def either(self) -> Any:
        value = self._both()
        while self._accept("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._accept("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Any:
        value = self._one()
        if operator := self._accept("==", "!="):
            # The runner ignores the case of strings.
            same = str(value).lower() == str(self._one()).lower()
            return same is (operator == "==")
        return value

    def _one(self) -> Any:
        if self._accept("!"):
            return not self._one()
        if self._accept("("):
            value = self.either()
            if not self._accept(")"):
                raise ActionError("expected a parenthesis")
            return value
        if not self.tokens or self.tokens[0][0] == "operator":
            raise ActionError("expected a value")
        kind, text = self.tokens.pop(0)
        if kind == "literal":
            return text
        if kind == "call":
            return {"always": True, "success": not self.failed, "failure": self.failed, "cancelled": False}[text]
        node: Any = self.context
        for key in text.split("."):
            if node is self.context and key not in node:
                raise ActionError(f"unknown context {key}")
            node = node.get(key, "") if isinstance(node, Mapping) else ""
        return node


def _data(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def job_variables() -> dict[str, str]:
    """Return the environment of this process without what a runner, or the run of a tool, sets."""
    removed = ("GITHUB_", "RUNNER_", "INPUT_", "ALLOW_WRITES")
    return {name: value for name, value in os.environ.items() if not name.startswith(removed)}
