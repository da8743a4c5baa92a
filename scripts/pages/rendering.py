"""Renders pages from templates, which extend `frame.html.jinja`."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2

from ..printable import printable


@cache
def inline(name: str, package: str = __package__) -> str:
    """Return a style sheet or a script of a package, to be a part of a page."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


@cache
def template_environment(package: str) -> jinja2.Environment:
    """Return the environment of the templates of a package, which may extend and import those of this one.

    Every value is escaped for HTML, with its unprintable characters visible, and an undefined one is an error.
    """
    loader = jinja2.ChoiceLoader([jinja2.PackageLoader(package), jinja2.PackageLoader(__package__)])
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    environment.finalize = _shown
    return environment


def page(package: str, template: str, *, styles: str = "", script: str = "", policy: str = "", **values: Any) -> str:
    """Return a page.

    Args:
        package: The package with the template, in its folder `templates`.
        template: The name of the template, which extends `frame.html.jinja`.
        styles: Rules for the style sheet, in addition to those of all pages.
        script: A script of the page, in addition to the filter.
        policy: Directives for the content security policy, such as `connect-src 'self'`.
        values: The variables of the template.
    """
    script = "\n".join((inline("filter.js"), script)).strip()
    directives = (
        "default-src 'none'",
        "img-src data:",
        f"style-src {_source(styles := inline('style.css') + styles)}",
        f"script-src {_source(script)}",
        "base-uri 'none'",
        "form-action 'none'",
        *([policy] if policy else []),
    )
    values |= {"styles": styles, "script": script, "policy": "; ".join(directives)}
    return template_environment(package).get_template(template).render(values)


def page_mark(title: str) -> bytes:
    """Return the pattern of the beginning of a page, given that of its title."""
    frame = r'<!doctype html>\s+<html lang="en">\s+<head>\s+<meta charset="utf-8">\s+<meta http-equiv="Content-[^<]*'
    return f"{frame}(?:<meta [^<]*)+<title>{title}</title>".encode()


def _source(content: str) -> str:
    """Return the expression of a content security policy that allows one inline style sheet or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _shown(value: Any) -> Any:
    """Make unprintable characters of a value visible, unless it is markup."""
    return value if hasattr(value, "__html__") or isinstance(value, jinja2.Undefined) else printable(value, None)
