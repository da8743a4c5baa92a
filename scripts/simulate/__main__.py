"""`python -m scripts.simulate`: serves all documents of a folder on one loopback port.

Ends with 0 when it is told to stop, at whatever moment, and with 2 where it cannot serve.
"""

import sys

from .. import ending


def main() -> int:
    """Serves until a signal asks it to end; that is how it is to end."""
    return ending.run(_until_stopped)


def _until_stopped() -> int:
    try:
        from .command import serve  # signals are heeded before all this is imported

        return serve()
    except (ending.Stopped, KeyboardInterrupt):
        ending.heeded()
        return 0


if __name__ == "__main__":
    sys.exit(main())
