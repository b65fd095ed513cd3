"""Who may use the console and the control API: this machine, and no foreign page in its browser."""

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request

from kagibag_app.sandbox.config import SandboxConfig

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
OWN_SITES = ("same-origin", "none")


def refusal(request: Request, config: SandboxConfig) -> str | None:
    """Why a request may not control the sandbox, as a sentence; None when it may."""
    if config.loopback_only and not _is_loopback(request.client.host if request.client else ""):
        return "The sandbox's console and control API answer to this machine only."
    # A page of another site could point its own name at 127.0.0.1: the Host must be one of ours.
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if host not in (*LOCAL_NAMES, config.host):
        return "The sandbox does not answer to this host name."
    if request.method in ("GET", "HEAD"):
        return None
    return None if _is_own_page(request, config) else "Another site may not control the sandbox."


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_own_page(request: Request, config: SandboxConfig) -> bool:
    """Scripts send neither header; a browser sends Sec-Fetch-Site, and Origin with every POST."""
    if request.headers.get("sec-fetch-site", "none") not in OWN_SITES:
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    parts = urlsplit(origin)
    return parts.netloc in (request.headers.get("host"), urlsplit(config.public_url).netloc) and bool(
        parts.netloc
    )
