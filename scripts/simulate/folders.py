"""Where the documents are."""

from pathlib import Path


def default_documents() -> Path:
    """`openapi` here, or the folder that stands beside these modules, or in the installed tools."""
    here = Path(__file__).resolve()
    folders = (Path("openapi"), here.parents[2] / "openapi", here.parents[1] / "openapi")
    return next((folder for folder in folders if folder.is_dir()), folders[0])
