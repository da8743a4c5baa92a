"""The command `python -m scripts.generate`: generate the client from the documents, or check that it is up to date.

Exit statuses: 0 success, 1 a document is refused or, with `--check`, the client is not up to date, 2 another error.
"""

import argparse
import sys
from pathlib import Path

import attrs

from .. import cli
from ..document import DocumentError, NoDocumentsError, load_folder
from ..owned import NotOwnedError
from ..project_files import project_version
from .distribution_names import InvalidNameError, choose_names
from .generator import GenerationError
from .output import generate, stale


def main() -> int:
    """Generate the client, or compare it if `--check` is given; return the exit status."""
    parser = argparse.ArgumentParser(prog=cli.program_name("generate"), description="Generate the client.")
    parser.add_argument(
        "--openapi", type=Path, default=Path("openapi"), help="the folder of documents, or one document"
    )
    parser.add_argument("--out", type=Path, default=Path("generated"), help="the folder of the distribution")
    parser.add_argument("--name", default="", help="the name of the distribution, such as kiln-client")
    parser.add_argument("--package-version", default="", help="its version; by default that of the documents")
    parser.add_argument("--no-airflow", action="store_true", help="leave out the provider for Apache Airflow")
    parser.add_argument("--check", action="store_true", help="write nothing; list the files that are not up to date")
    arguments = parser.parse_args()
    openapi = arguments.openapi.resolve()
    label = (openapi.parent if openapi.is_file() else openapi).name
    with_provider = not arguments.no_airflow
    try:
        documents = load_folder(arguments.openapi)
        chosen = choose_names(documents, arguments.name, arguments.package_version, project_version())
        if not arguments.check:
            for warning in (warning for document in documents for warning in document.warnings):
                cli.print_error(str(warning))
            try:
                warnings = generate(documents, arguments.out, label, chosen, cli.show_step, with_provider=with_provider)
            finally:
                cli.show_step("")
            for warning in warnings:
                cli.print_error(str(attrs.evolve(warning, is_warning=True)))
            for document in documents:
                jobs = sum(operation.job is not None for operation in document.operations)
                total = f"{len(document.operations)} operation{'' if len(document.operations) == 1 else 's'}"
                cli.print_output(f"{document.path}: {total}, {jobs} with a job")
            cli.print_output(f"{arguments.out}: {chosen.name} {chosen.version}")
            return 0
        lines = stale(documents, arguments.out, label, chosen, with_provider=with_provider)
    except (DocumentError, GenerationError) as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR if isinstance(error, NoDocumentsError) else 1
    except (NotOwnedError, InvalidNameError) as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR
    except OSError as error:
        cli.print_error(f"{error.filename or arguments.out}: {error.strerror or error}")
        return cli.EXIT_ERROR
    for line in lines:
        cli.print_error(line)
    if lines:
        cli.print_error(f"{arguments.out} is not up to date with {arguments.openapi}; run `make generate`")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
