"""Location of the OpenAPI documents."""

from pathlib import Path


def default_document_folder() -> Path:
    """Return `./openapi` if it exists, otherwise the folder next to these modules or in the installed tools."""
    here = Path(__file__).resolve()
    folders = (Path("openapi"), here.parents[2] / "openapi", here.parents[1] / "openapi")
    return next((folder for folder in folders if folder.is_dir()), folders[0])
