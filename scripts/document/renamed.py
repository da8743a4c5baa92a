"""Former names of this project's keywords. A document that uses one is refused with the name to use."""

from typing import Final

EXTENSIONS: Final = {
    "x-follow": "x-link-order",
    "x-leaves": "x-starts-in",
    "x-when": "x-scenario",
    "x-assumed": "x-unverified",
    "x-printed": "x-invalid-examples",
    "x-reads": "x-coerces",
    "x-ignores": "x-ignored-parameters",
}
JOB_KEYS: Final = {
    "idle": "notStarted",
    "times": "timestamps",
    "constant": "immutable",
    "grows": "appendOnly",
    "parts": "subtasks",
    "agrees": "mirrors",
    "views": "detail",
}
MIRROR_KEYS: Final = {"with": "at"}
