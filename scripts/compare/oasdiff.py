"""The verdict of oasdiff, where it is installed: breaking changes of the wire format, as it sees them."""

import json
import subprocess
from collections.abc import Iterator

from ..printable import printable
from .pairing import pair
from .side import Side

PROGRAM = "oasdiff"
TIMEOUT = 120.0  # seconds for a document


def run_oasdiff(old: Side, new: Side) -> Iterator[str]:
    """Yield a line for each change that oasdiff calls an error or a warning, or for why it did not run."""
    pairs = pair(old.documents or (), new.documents or (), lambda one: one.stem)
    for one, two in pairs.both:
        command = [PROGRAM, "breaking", str(one.path), str(two.path), "--format", "json"]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT)  # noqa: S603 - on PATH
            found = json.loads(done.stdout or "[]")
            lines = [f"{change['id']}: {change['text']} ({change['operation']} {change['path']})" for change in found]
        except FileNotFoundError:
            yield "oasdiff is not on PATH; it adds its verdict where it is installed"
            return
        except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as error:
            yield f"oasdiff on {two.path.name}: {printable(error)}"
            continue
        if done.returncode and not found:
            yield f"oasdiff on {two.path.name}: {printable(done.stderr.decode('utf-8', 'replace'))}"
        yield from (f"oasdiff on {two.path.name}: {printable(line)}" for line in lines)
