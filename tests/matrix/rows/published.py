"""Published documents with an overlay that adds x-job and links, and the shapes of widely used job APIs."""

from ...conftest import ROOT
from ..row import Row, works

FOLDER = ROOT / "tests" / "published"


def _rows() -> tuple[Row, ...]:
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.stem.endswith(".overlay"):
            continue
        content, overlay = path.read_bytes(), path.with_name(f"{path.stem}.overlay.yaml")
        text = overlay.read_text(encoding="utf-8") if overlay.is_file() else ""
        name = path.stem.replace("-", " ")
        found.append(works(name, encode=lambda _, content=content: content, overlay=text))
    return tuple(found)


ROWS = _rows()
