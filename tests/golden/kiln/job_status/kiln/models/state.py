# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

from enum import StrEnum


class State(StrEnum):
    CRACKED = "CRACKED"
    DONE = "DONE"
    HOT = "HOT"

    def __str__(self) -> str:
        return str(self.value)
