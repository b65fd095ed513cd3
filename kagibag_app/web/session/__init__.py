"""Who is acting. Every State handler says so with ``require`` or ``public``, under ``@rx.event``.

Nothing that the browser holds is trusted: the session is read again at every event, from the HttpOnly cookie that the
socket was opened with, and arguments are claims that are read strictly.
"""

from kagibag_app.web.session.cookies import COOKIE, session_token
from kagibag_app.web.session.dialogs import password_dialogs
from kagibag_app.web.session.guards import Guard, public, require, unexpected
from kagibag_app.web.session.places import LOGIN_PATH, login_path, marked, next_path, place, route_arg
from kagibag_app.web.session.switching import offer_organizations, switch_dialog
from kagibag_app.web.session.workspace import (
    TabGuard,
    Workspace,
    actor_of,
    client_address,
    is_member,
    standing,
    tab_session,
)

__all__ = [
    "COOKIE",
    "LOGIN_PATH",
    "Guard",
    "TabGuard",
    "Workspace",
    "actor_of",
    "client_address",
    "is_member",
    "login_path",
    "marked",
    "next_path",
    "offer_organizations",
    "password_dialogs",
    "place",
    "public",
    "require",
    "route_arg",
    "session_token",
    "standing",
    "switch_dialog",
    "tab_session",
    "unexpected",
]
