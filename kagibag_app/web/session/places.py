"""Where a browser is, and where it may be sent next."""

from __future__ import annotations

import re
from urllib.parse import quote

import reflex as rx

LOGIN_PATH = "/admin/login"
HOME = "/admin"
CONFIRM_ARG = "confirm"
"""Query argument by which the confirm route says what was wrong with the password."""

_PATH = re.compile(r"/admin(?:/[A-Za-z0-9._~-]+)*/?(?:\?[A-Za-z0-9._~%&=+:@,!*'()$;/?-]*)?")
_ARG_MAX = 200
_PATH_MAX = 1000


def next_path(wanted: object) -> str:
    """Return a page of this product's own to go to after a login; anything else becomes the home page.

    Only a relative path below ``/admin`` is let through: no host, no scheme, no ``//``, no backslash, no control character.
    """
    if not isinstance(wanted, str) or len(wanted) > _PATH_MAX or not _PATH.fullmatch(wanted):
        return HOME
    path = wanted.partition("?")[0]
    leads_away = ".." in path or path.rstrip("/") == LOGIN_PATH
    return HOME if leads_away else _without_confirm(wanted)


def login_path(came_from: str, *, error: str = "") -> str:
    """Return the login page's address, which leads back to where one came from."""
    suffix = f"&error={quote(error)}" if error else ""
    return f"{LOGIN_PATH}?next={quote(next_path(came_from), safe='')}{suffix}"


def marked(path: str, word: str) -> str:
    """Return the page's address with a word that its password dialog shows as a sentence."""
    page = next_path(path)
    return f"{page}{'&' if '?' in page else '?'}{CONFIRM_ARG}={quote(word)}"


def place(state: rx.State) -> str:
    """Return the path and query that a tab shows, as the browser claims; without what the confirm route added."""
    url = state.router.url
    path = url.path.rstrip("/") or "/"
    return _without_confirm(f"{path}?{url.query}" if url.query else path)


def route_arg(state: rx.State, name: str) -> str:
    """Return a dynamic part of the address, such as ``token`` of ``/order/[token]``; a claim, empty if missing or odd."""
    value = state.rx_router_page.params.get(name, "")
    return value if isinstance(value, str) and len(value) <= _ARG_MAX else ""


def _without_confirm(path: str) -> str:
    page, _, query = path.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith(f"{CONFIRM_ARG}=")]
    return f"{page}?{'&'.join(kept)}" if kept else page
