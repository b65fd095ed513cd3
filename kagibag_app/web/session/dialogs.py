"""Typing the password again: after half an hour away, and before money moves or the team changes.

Native forms, never a State event.
"""

from __future__ import annotations

from typing import cast

import reflex as rx

from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.dialog import dialog
from kagibag_app.web.components.fields import text_field
from kagibag_app.web.components.native_form import native_form
from kagibag_app.web.session.guards import public
from kagibag_app.web.session.places import CONFIRM_ARG, place
from kagibag_app.web.session.workspace import Workspace

CONFIRM_PATH = "/api/session/confirm"

_ERRORS = (
    ("wrong", "That is not your password. Nothing was changed."),
    ("slow", "Too many tries in a short time. Please wait a minute."),
)


class PasswordState(rx.State):
    """Closes the dialog that asks for the password."""

    @rx.event
    @public
    async def close(self):
        """Do without: nothing was decided."""
        workspace = await self.get_state(Workspace)
        workspace.confirm_wanted = False
        # The address may still say that the last password was wrong.
        if CONFIRM_ARG in self.router.url.query_parameters:
            return rx.redirect(place(self), replace=True)
        return None


def password_dialogs() -> rx.Component:
    """Both dialogs. Put them once on every organizer's page."""
    said = Workspace.router.url.query_parameters[CONFIRM_ARG]
    refused = rx.cond(said, True, False)
    not_now = rx.el.button(
        "Not now", type="button", on_click=PasswordState.close, class_name="btn btn-secondary"
    )
    return rx.fragment(
        dialog(
            "Type your password to go on",
            rx.el.p(
                "You were away for half an hour, so what this page showed was taken off it. It comes back where you were."
            ),
            _form("idle", said),
            open=Workspace.idle,
            on_open_change=rx.noop(),
            footer=[_send("idle", "Go on")],
            alert=True,
        ),
        dialog(
            "Type your password again",
            rx.el.p(
                "Only somebody who typed their password not long ago may move money or change the team. "
                "Nothing has been decided yet."
            ),
            _form("confirm", said),
            open=~Workspace.idle & (Workspace.confirm_wanted | refused),
            on_open_change=PasswordState.close,
            footer=[not_now, _send("confirm", "Confirm")],
            alert=True,
        ),
    )


def _form(name: str, said: rx.Var[str]) -> rx.Component:
    password = text_field(
        "Password",
        name="password",
        id=f"{name}-password",
        type="password",
        auto_complete="current-password",
        required=True,
        error=cast("rx.Var[str]", rx.match(said, *_ERRORS, "")),
    )
    back = rx.el.input(type="hidden", name="next", value=Workspace.here)
    # Password managers look for whose password it is.
    whose = rx.el.input(
        name="username", value=Workspace.email, auto_complete="username", read_only=True, hidden=True
    )
    return native_form(back, whose, password, action=CONFIRM_PATH, id=f"{name}-form")


def _send(name: str, act: str) -> rx.Component:
    return button(act, kind="primary", submit=True, form=f"{name}-form")
