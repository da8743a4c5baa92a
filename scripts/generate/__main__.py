"""`python -m scripts.generate`: writes the client from the documents, or checks that it is current."""

import argparse
import sys
from pathlib import Path

from ..document import DocumentError, load_folder
from .package import GenerationError, generate, stale


def main() -> int:
    """Generates, or with `--check` compares; 0 when all is well, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m scripts.generate", description="Generates the client.")
    parser.add_argument("--openapi", type=Path, default=Path("openapi"), help="the folder of documents")
    parser.add_argument("--out", type=Path, default=Path("generated"), help="the folder of the distribution")
    parser.add_argument("--check", action="store_true", help="write nothing; name the files that are not current")
    arguments = parser.parse_args()
    label = arguments.openapi.name
    try:
        documents = load_folder(arguments.openapi)
        if not arguments.check:
            generate(documents, arguments.out, label)
            return 0
        lines = stale(documents, arguments.out, label)
    except (DocumentError, GenerationError) as error:
        print(error, file=sys.stderr)
        return 1
    for line in lines:
        print(line, file=sys.stderr)
    if lines:
        print(f"{arguments.out} is not what {arguments.openapi} gives; run `make generate`", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
