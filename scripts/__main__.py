"""`job-status-tools`, also `python -m scripts`: one command for the tools.

Exit with the status of the command: 0, 1 if a check failed or a document is rejected, 2 for wrong usage or if the
command could not do its work.
"""

import sys
from importlib import import_module

from . import cli

# The room of each command, and its summary.
COMMANDS = {
    "generate": ("generate", "write the client from the documents, or check that it is current"),
    "lint": ("document", "check the documents"),
    "simulate": ("simulate", "serve a simulation of the documented APIs"),
    "compare": ("compare", "compare two versions of the documents: who breaks, and how"),
    "export": ("export", "write how jobs end as Arazzo workflows or for Speakeasy"),
    "learn": ("learn", "write the schedule of polls that the durations of past jobs suggest"),
    "redact": ("har", "copy an HTTP Archive, recorded traffic, with its secrets redacted"),
    "drift": ("drift", "keep an issue on GitHub about an API that has drifted"),
    "verify": ("verify", "check a server, simulated or live, against its document"),
}
USAGE = "\n".join(
    [
        f"usage: {cli.PROGRAM} COMMAND [OPTION ...]",
        "",
        "Generate, simulate and verify clients for long-running jobs, from OpenAPI documents.",
        "",
        *(f"  {name:10} {summary}" for name, (_, summary) in COMMANDS.items()),
        "",
        f"`{cli.PROGRAM} COMMAND --help` lists the options of a command.",
    ]
)


def main() -> int:
    """Run one command; return its exit status."""
    arguments = sys.argv[1:]
    if arguments[:1] in (["--help"], ["-h"]):
        print(USAGE)
        return 0
    if not arguments or arguments[0] not in COMMANDS:
        got = f"got {arguments[0]!r}" if arguments else "got none"
        cli.print_error(f"{cli.PROGRAM}: expected a command, one of {', '.join(COMMANDS)}; {got}")
        return cli.EXIT_ERROR
    name = arguments[0]
    sys.argv = [f"{cli.PROGRAM} {name}", *arguments[1:]]
    command = import_module(f".{COMMANDS[name][0]}.__main__", __package__)
    status: int = command.main()
    return status


def run() -> int:
    """Run as the installed program."""
    return cli.run_command(main)


if __name__ == "__main__":
    sys.exit(run())
