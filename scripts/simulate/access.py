"""Who may use the control API and its page.

A page of another origin never may: not one of another host, of another port of this machine, or of a name that an
attacker has pointed at this machine (DNS rebinding). The page of the simulator may: its requests have its own origin.
"""

import ipaddress
import urllib.parse

from starlette.requests import Request

from ..printable import printable

# What browsers say about the page that sends a request: none, such as an address that the user has typed, or the own.
TRUSTED_SITES = frozenset({"none", "same-origin"})


def is_local(request: Request) -> bool:
    """Return whether the client is on this machine."""
    if request.client is None:
        return True
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def is_from_another_site(request: Request) -> bool:
    """Return whether a web page of another origin has sent a request, or has opened it.

    Browsers send Sec-Fetch-Site to this machine and over TLS, and Origin with each request that changes something. A
    page can set neither. Older browsers send Referer.
    """
    headers = request.headers
    sites = headers.getlist("sec-fetch-site")
    if not TRUSTED_SITES.issuperset(sites):
        return True
    host = headers.get("host", "")
    origins = headers.getlist("origin")
    # Behind a proxy that ends TLS, the scheme of the origin is another one; then the browser sends Sec-Fetch-Site.
    schemes = ("http", "https") if sites else (request.scope["scheme"],)
    own = {f"{scheme}://{host}".lower() for scheme in schemes}
    if not own.issuperset(origin.lower() for origin in origins):
        return True
    try:
        return any(urllib.parse.urlsplit(referer).netloc != host for referer in headers.getlist("referer"))
    except ValueError:
        return True


def is_sent_to_this_machine(request: Request) -> bool:
    """Return whether the host of the URL is a name or an address of this machine, as the client knows it."""
    hosts = request.headers.getlist("host")
    try:
        name = urllib.parse.urlsplit(f"//{hosts[0]}").hostname or "" if len(hosts) == 1 else ""
        return name == "localhost" or name.endswith(".localhost") or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def refusal(request: Request, *, open_to_all: bool) -> str:
    """Return why a request is not allowed, empty if it is.

    Args:
        request: The request.
        open_to_all: Whether other machines may send requests, to any name of this one.
    """
    if is_from_another_site(request):
        return "a request from a web page of another origin is not allowed; open the simulator's own page"
    if open_to_all:
        return ""
    if not is_local(request):
        return "requests must come from this machine; start the simulator with --open-control to allow others"
    if not is_sent_to_this_machine(request):
        shown = printable(", ".join(request.headers.getlist("host")), 80)
        return f"a request to the host {shown!r} is not allowed; start the simulator with --open-control to allow it"
    return ""
