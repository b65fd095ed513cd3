"""Inviting, and what is asked before the team changes."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts.rules import ROLE_SUMMARY, Role
from kagibag_app.web.admin.team.state import TeamState
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.dialog import confirm_dialog, consequence, dialog
from kagibag_app.web.components.fields import radio, text_field
from kagibag_app.web.components.values import Content, Handler, Text, when

INVITE, ROLE = "invite", "change-role"
_M = TeamState.member_asked
_I = TeamState.invitation_asked


def dialogs() -> rx.Component:
    """All of them; at most one is open."""
    return rx.fragment(_invite(), _role(), _remove(), _restore(), _renew(), _revoke())


def _invite() -> rx.Component:
    errors = TeamState.errors
    form = rx.el.form(
        text_field(
            "Email",
            name="email",
            id="invite-email",
            type="email",
            auto_complete="off",
            required=True,
            max_length=254,
            error=errors.email,
            hint="A mail with a link goes here. The link works once, for seven days.",
        ),
        _roles(Role.SUPPORT),
        rx.el.div(when(errors.other, callout(errors.other, tone="bad")), role="alert"),
        on_submit=TeamState.invite,
        id=INVITE,
        class_name="stack",
    )
    return dialog(
        rx.fragment("Invite somebody to ", TeamState.organizer),
        form,
        open=TeamState.inviting,
        on_open_change=TeamState.stop_inviting,
        footer=[
            button("Cancel", on_click=TeamState.stop_inviting(False)),
            button(
                "Send invitation", kind="primary", submit=True, form=INVITE, busy=TeamState.busy, once=True
            ),
        ],
    )


def _role() -> rx.Component:
    follows = rx.el.ul(
        consequence("zap", "It holds at once, also in pages that ", _M.name, " has open."),
        when(
            _M.role == Role.OWNER,
            consequence("mail-x", "Invitations that ", _M.name, " sent and nobody used are withdrawn."),
        ),
        class_name="consequences",
    )
    form = rx.el.form(
        _roles(_M.role),
        follows,
        rx.el.div(when(TeamState.ask_error, callout(TeamState.ask_error, tone="bad")), role="alert"),
        on_submit=TeamState.change_role,
        id=ROLE,
        key=_M.id,
        class_name="stack",
    )
    return dialog(
        rx.fragment("Change the role of ", _M.name, "?"),
        form,
        open=TeamState.asking == "role",
        on_open_change=TeamState.stop_asking,
        alert=True,
        footer=[
            button("Keep it", on_click=TeamState.stop_asking(False)),
            button("Change role", kind="primary", submit=True, form=ROLE, once=True),
        ],
    )


def _roles(chosen: Text) -> rx.Component:
    """One radio a role, with what it may do."""

    def choice(role: Role) -> rx.Component:
        words = rx.el.span(
            rx.el.span(str(role).capitalize(), class_name="med"),
            rx.el.br(),
            rx.el.span(ROLE_SUMMARY[role], class_name="mute"),
        )
        return radio(words, name="role", value=str(role), default_checked=chosen == role)

    return rx.el.fieldset(
        rx.el.legend("Role", class_name="label"), *(choice(role) for role in Role), class_name="roles"
    )


def _remove() -> rx.Component:
    return _asked(
        "remove",
        rx.fragment("Remove ", _M.name, " from ", TeamState.organizer, "?"),
        consequence("log-out", _M.name, " is signed out here at once, and open pages lose what they show."),
        consequence("receipt-text", "Notes and decisions keep their name. Orders stay as they are."),
        when(
            _M.role == Role.OWNER,
            consequence("mail-x", "Invitations that they sent and nobody used are withdrawn."),
        ),
        consequence("undo-2", "You can let them in again later, as ", _M.role, "."),
        act=rx.fragment("Remove ", _M.name),
        on_act=TeamState.remove,
        safe="Keep on the team",
        danger=True,
    )


def _restore() -> rx.Component:
    return _asked(
        "restore",
        rx.fragment("Let ", _M.name, " in again?"),
        consequence("user-check", "They may do again what ", _M.role, " may, with the password they had."),
        consequence("mail-x", "An invitation of theirs that waits is withdrawn: it is not needed."),
        act=rx.fragment("Let in as ", _M.role),
        on_act=TeamState.restore,
        safe="Leave it",
    )


def _renew() -> rx.Component:
    return _asked(
        "renew",
        rx.fragment("Send the invitation to ", _I.email, " again?"),
        consequence("mail", "A new mail with a new link goes there; it works once, for seven days."),
        consequence("unplug", "The link in the older mail stops working."),
        act="Send again",
        on_act=TeamState.renew,
        safe="Leave it",
    )


def _revoke() -> rx.Component:
    return _asked(
        "revoke",
        rx.fragment("Withdraw the invitation of ", _I.email, "?"),
        consequence("unplug", "The link in the mail stops working at once."),
        consequence("mail-plus", "You can invite the same address again."),
        act="Withdraw it",
        on_act=TeamState.revoke,
        safe="Keep it",
        danger=True,
    )


def _asked(
    asking: str,
    question: Content,
    *consequences: rx.Component,
    act: Content,
    on_act: Handler,
    safe: str,
    danger: bool = False,
) -> rx.Component:
    return confirm_dialog(
        question,
        open=TeamState.asking == asking,
        consequences=consequences,
        act=act,
        on_act=on_act,
        on_close=TeamState.stop_asking,
        safe=safe,
        kind="danger" if danger else "primary",
        error=TeamState.ask_error,
    )
