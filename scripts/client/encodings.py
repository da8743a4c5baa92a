"""The forms in which a message can repeat a secret."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse


def encodings(value: str) -> set[str]:
    """Return the forms in which a message can repeat a secret: in a URL, JSON, HTML, base64 or a repr."""

    def escape_all(form: str) -> str:
        return "".join(c if c.isalnum() else form.format(ord(c)) for c in value)

    def quote(text: str, safe: str = "/") -> str:
        return urllib.parse.quote(text, safe, errors="surrogatepass")

    quoted = quote(value, "")
    lowered = "".join(c if c.isalnum() else quote(c, "").lower() for c in value)
    plus = urllib.parse.quote_plus(value, errors="surrogatepass")
    forms = {value, quoted, lowered, quote(value), plus, repr(value)[1:-1]}
    forms |= {value.replace("+", escape) for escape in ("\\u002b", "\\u002B", "&#43;", "&#x2b;", "&#x2B;")}
    forms |= {escape_all("\\u{:04x}"), escape_all("\\u{:04X}"), escape_all("&#{};"), escape_all("&#x{:x};")}
    forms |= {html.escape(value), html.escape(value, quote=False), value.replace("/", "\\/")}
    for escaped in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
        forms |= {escaped, json.dumps(escaped)[1:-1]}
    encoded = value.encode(errors="surrogatepass")
    if len(encoded) >= 6:
        forms |= {base64.b64encode(encoded).decode(), base64.urlsafe_b64encode(encoded).decode().rstrip("=")}
    return forms
