"""Location of the OpenAPI documents."""

from pathlib import Path

from ..project_files import project_file


def default_document_folder() -> Path:
    """Return `./openapi` if it exists, otherwise the folder of the repository or of the installed tools."""
    here = Path("openapi")
    return here if here.is_dir() else project_file("openapi")
