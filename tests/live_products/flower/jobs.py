"""A Celery application with a task that succeeds and a task that fails; the broker is a folder."""

import json
import os
import time
import uuid
from pathlib import Path

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES, filesystem

HOME = Path(os.environ["JOBS_HOME"])
QUEUE, CONTROL = HOME / "queue", HOME / "control"
for folder in (QUEUE, CONTROL):
    folder.mkdir(exist_ok=True)


class Channel(filesystem.Channel):
    """A channel whose messages appear whole: kombu's readers may take a file before it is written."""

    def _put(self, queue: str, payload: object, **_: object) -> None:
        name = f"{time.monotonic_ns():020}_{uuid.uuid4()}"
        written = QUEUE / f"{name}.new"
        written.write_text(json.dumps(payload), encoding="utf-8")
        written.rename(QUEUE / f"{name}.{queue}.msg")


class Transport(filesystem.Transport):
    """The transport of such channels."""

    Channel = Channel


TRANSPORT_ALIASES["folder"] = "jobs:Transport"
app = Celery("jobs", broker="folder://", backend=f"db+sqlite:///{HOME}/results.sqlite")
app.conf.update(
    broker_transport_options={
        "data_folder_in": str(QUEUE),
        "data_folder_out": str(QUEUE),
        "control_folder": str(CONTROL),
        "polling_interval": 0.1,
    },
    result_extended=True,
    task_send_sent_event=True,
    task_track_started=True,
    worker_send_task_events=True,
)


@app.task(name="quick")
def quick(seconds: float = 0.0) -> str:
    """Succeed after a while."""
    time.sleep(seconds)
    return "done"


@app.task(name="broken")
def broken(seconds: float = 0.0) -> None:
    """Fail after a while."""
    time.sleep(seconds)
    raise RuntimeError("broken on purpose")
