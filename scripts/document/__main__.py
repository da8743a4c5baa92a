"""`python -m scripts.document`: says everything that is wrong with the documents of a folder, and ends with 1."""

import argparse
import sys
from pathlib import Path

from .. import ending
from . import house
from .load import load_folder
from .problem import DocumentError, NoDocuments


def main() -> int:
    """Checks a folder of documents."""
    parser = argparse.ArgumentParser(prog="python -m scripts.document", description="Checks OpenAPI documents.")
    parser.add_argument("--openapi", type=Path, default=Path("openapi"), help="the folder of documents")
    parser.add_argument("--house", action="store_true", help="also check this project's house style")
    arguments = parser.parse_args()
    try:
        documents = load_folder(arguments.openapi)
    except DocumentError as error:
        ending.say(str(error))
        return ending.CANNOT_TELL if isinstance(error, NoDocuments) else 1
    problems = [problem for document in documents for problem in house.problems(document)] if arguments.house else []
    for problem in problems:
        ending.say(str(problem))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(ending.run(main))
