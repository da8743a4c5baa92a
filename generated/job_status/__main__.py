# Generated from openapi by `make generate`; do not edit.

"""The command `job-status`, also `python -m job_status`."""

import sys

from ._client.command.main import run
from ._commands import DISTRIBUTION


def main() -> None:
    """Run the command, and exit with its status."""
    sys.exit(run(DISTRIBUTION))


if __name__ == "__main__":
    main()
