"""Who may use the control API."""

import ipaddress
import urllib.parse

from starlette.requests import Request

from ..printable import printable


def is_local(request: Request) -> bool:
    """Return whether the client is on this machine."""
    if request.client is None:
        return True
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def untrusted_sender(request: Request) -> str:
    """Describe a cross-site or DNS-rebinding sender of a request; return an empty string for any other."""
    if "origin" in request.headers or request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return "a request from a web page"
    host = urllib.parse.urlsplit(f"//{request.headers.get('host', '')}")
    try:
        name = host.hostname or ""
        is_here = name == "localhost" or name.endswith(".localhost") or ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        return f"a request to the host {printable(request.headers.get('host', ''), 80)!r}"
    referer = request.headers.get("referer")
    if referer is not None and urllib.parse.urlsplit(referer).netloc != request.headers.get("host"):
        return "a request from a web page"
    return ""
