"""`python -m scripts.simulate`: serve all documents of a folder on one loopback port.

Exit with 0 when a signal stops it, at any time, and with 2 if it cannot serve.
"""

import sys

from .. import cli


def main() -> int:
    """Serve until a signal stops the process; return the exit status."""
    return cli.run_command(_serve_until_stopped)


def _serve_until_stopped() -> int:
    try:
        from .command import serve  # imported after the signal handlers are installed

        return serve()
    except (cli.SignalInterrupt, KeyboardInterrupt):
        cli.clear_signal()
        return 0


if __name__ == "__main__":
    sys.exit(main())
