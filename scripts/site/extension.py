"""What Sphinx lacks: anchors as on GitHub, links to public names, docstrings in the style of this project."""

import re
from typing import Any, Final, Generic

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

from .client_reference import INTERNAL, constructed_names, load_operations, public_names

# A line of `Raises:` such as "ApiError (400): The request is malformed."
RAISES: Final = re.compile(r"^(\s*)(\w+Error) \((\d{3}(?:, \d{3})*)\): ")


class GitHubAnchors(SphinxPostTransform):
    """Give each heading the anchor that GitHub gives it, in addition to that of Sphinx."""

    default_priority = 1

    def run(self, **kwargs: Any) -> None:
        """Add the anchors that MyST has computed for links between pages."""
        for section in self.document.findall(nodes.section):
            slug = section.get("slug", "")
            if slug and slug not in self.document.ids and slug not in section["ids"]:
                section["ids"].append(slug)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_post_transform(GitHubAnchors)
    app.connect("builder-inited", lambda _: load_operations())
    app.connect("autodoc-process-docstring", _process_docstring, priority=400)  # before napoleon
    app.connect("autodoc-skip-member", _skip_member)
    app.connect("autodoc-process-signature", _process_signature)
    app.connect("autodoc-process-bases", _process_bases)
    app.connect("missing-reference", _resolve_public_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _process_docstring(_app: Sphinx, kind: str, _name: str, _value: object, _options: object, lines: list[str]) -> None:
    """Put the status code of an exception after its colon, because the part before it is a name.

    In the docstring of an attribute napoleon takes what is before the first colon for a type: make that empty.
    """
    lines[:] = [RAISES.sub(r"\1\2: \3: ", line) for line in lines]
    if kind in {"attribute", "data", "property"} and lines:
        lines[0] = f": {lines[0].strip()}"


def _skip_member(_app: Sphinx, _kind: str, name: str, value: object, _skip: bool, _options: object) -> bool | None:
    """Leave out methods that the package itself calls."""
    return True if f"{getattr(value, '__module__', '')}.{name}" in INTERNAL else None


def _process_signature(
    _app: Sphinx, kind: str, name: str, _value: object, _options: object, _arguments: str, _returned: str
) -> tuple[str, str] | None:
    """Leave out how a class is created that the package creates, not its user."""
    return ("", "") if kind in {"class", "exception"} and name not in constructed_names() else None


def _process_bases(_app: Sphinx, _name: str, _value: object, _options: object, bases: list[Any]) -> None:
    """Replace a private base class by its bases."""
    for private in [base for base in bases if getattr(base, "__name__", "").startswith("_")]:
        origin = getattr(private, "__origin__", private)
        bases[bases.index(private) :] = origin.__mro__[1:2]
    bases[:] = [base for base in bases if getattr(base, "__origin__", None) is not Generic]


def _resolve_public_name(
    app: Sphinx, environment: BuildEnvironment, node: addnodes.pending_xref, content: nodes.TextElement
) -> nodes.Node | None:
    """Resolve a reference to a class by the module that defines it to the name under which users import it."""
    target = str(node.get("reftarget", ""))
    public = public_names().get(target)
    if public is None or public == target:
        return None
    python = environment.domains.python_domain
    return python.resolve_xref(environment, node["refdoc"], app.builder, node["reftype"], public, node, content)
