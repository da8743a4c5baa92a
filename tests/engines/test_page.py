"""The blocks of docs/engines.md that no test runs."""

import pytest

from .programs import block


@pytest.mark.parametrize("heading", ["Temporal", "Prefect", "Dagster"])
def test_block_is_python(heading: str) -> None:
    compile(block(heading), f"docs/engines.md, {heading}", "exec")
