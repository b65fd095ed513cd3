"""The cookie of a logged-in browser."""

from __future__ import annotations

COOKIE = "kb_session"


def session_token(header: str) -> str:
    """Return the session's token from a Cookie header, empty if there is none.

    Read by hand: ``http.cookies`` gives up on the whole header at the first cookie that it does not like.
    """
    for part in header.split(";"):
        name, sep, value = part.strip().partition("=")
        if sep and name == COOKIE:
            return value.strip()
    return ""
