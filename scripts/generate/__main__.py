"""`python -m scripts.generate`: writes the client from the documents, or checks that it is current.

Ends with 0 when all is well, 1 where a document is refused or, with `--check`, the client is not current, and 2 where
neither could be told.
"""

import argparse
import sys
from pathlib import Path

from .. import ending
from ..document import DocumentError, NoDocuments, load_folder
from ..owned import NotOurs
from ..printable import printable
from .package import GenerationError, generate, stale


def main() -> int:
    """Generates, or with `--check` compares."""
    parser = argparse.ArgumentParser(prog="python -m scripts.generate", description="Generates the client.")
    parser.add_argument("--openapi", type=Path, default=Path("openapi"), help="the folder of documents")
    parser.add_argument("--out", type=Path, default=Path("generated"), help="the folder of the distribution")
    parser.add_argument("--check", action="store_true", help="write nothing; name the files that are not current")
    arguments = parser.parse_args()
    label = arguments.openapi.resolve().name
    try:
        documents = load_folder(arguments.openapi)
        if not arguments.check:
            generate(documents, arguments.out, label)
            return 0
        lines = stale(documents, arguments.out, label)
    except (DocumentError, GenerationError) as error:
        ending.say(str(error))
        return ending.CANNOT_TELL if isinstance(error, NoDocuments) else 1
    except NotOurs as error:
        ending.say(str(error))
        return ending.CANNOT_TELL
    except OSError as error:
        ending.say(f"{printable(error.filename or arguments.out, None)}: {error.strerror or error}")
        return ending.CANNOT_TELL
    for line in lines:
        ending.say(line)
    if lines:
        ending.say(f"{arguments.out} is not what {arguments.openapi} gives; run `make generate`")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(ending.run(main))
