"""The configuration of Sphinx, its theme and its extensions."""

import re
from importlib.resources import as_file, files
from typing import Any, Final

from ..pages import inline
from ..project_files import project_version

NAME: Final = "job-status"


def settings() -> dict[str, Any]:
    """Return the configuration. Every warning is one of the build, and every reference must have a target."""
    with as_file(files(__package__)) as here:
        static, templates = str(here / "static"), str(here / "templates")
    # The colours of all pages.
    light, dark = (_colours(part) for part in inline("style.css").split("prefers-color-scheme: dark"))
    return {
        "project": NAME,
        "version": project_version(),
        "html_title": NAME,
        "extensions": ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", f"{__package__}.extension"],
        "language": "en",
        "nitpicky": True,
        # Names in backticks are links where the site describes them.
        "default_role": "py:obj",
        "nitpick_ignore_regex": [
            ("py:obj", ".*"),
            ("py:class", r"(httpx|ssl|os|collections|types|datetime)\..*"),
            ("py:class", r"(.*\.)?T(_co)?"),
        ],
        "highlight_language": "text",
        "myst_enable_extensions": ["colon_fence"],
        "myst_heading_anchors": 3,
        "smartquotes_action": "D",
        "autodoc_member_order": "bysource",
        "autodoc_typehints_format": "short",
        "autodoc_class_signature": "mixed",
        "napoleon_numpy_docstring": False,
        "napoleon_use_ivar": True,
        "add_module_names": False,
        "python_maximum_signature_line_length": 80,
        "python_use_unqualified_type_names": True,
        "templates_path": [templates],
        "html_theme": "furo",
        "html_static_path": [static],
        "html_css_files": ["site.css"],
        "html_js_files": [("site.js", {"defer": "defer"})],
        "html_show_sphinx": False,
        "html_show_copyright": False,
        "html_copy_source": False,
        "html_use_index": False,
        "html_domain_indices": False,
        "html_theme_options": {
            "light_css_variables": _variables(light),
            "dark_css_variables": _variables(dark),
            "top_of_page_buttons": [],
        },
    }


def _colours(styles: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", styles))


def _variables(colours: dict[str, str]) -> dict[str, str]:
    """Return the variables of the theme for a colour scheme."""
    return {
        "color-background-primary": colours["page"],
        "color-background-secondary": colours["raised"],
        "color-background-border": colours["line"],
        "color-foreground-primary": colours["ink"],
        "color-foreground-secondary": colours["soft"],
        "color-foreground-muted": colours["soft"],
        "color-sidebar-link-text": colours["ink"],
        "color-sidebar-link-text--top-level": colours["ink"],
        "color-toc-item-text": colours["soft"],
        "color-brand-primary": colours["link"],
        "color-brand-content": colours["link"],
        "color-brand-visited": colours["link"],
        "color-code-background": colours["raised"],
        "font-stack": 'system-ui, "DejaVu Sans", sans-serif',
        "font-stack--monospace": 'ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace',
    }
