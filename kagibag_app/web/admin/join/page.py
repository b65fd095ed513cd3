"""Where the link of an invitation leads: who invites, as what, and the one form."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts.rules import PASSWORD_MAX, PASSWORD_MIN
from kagibag_app.web.admin.join.state import JoinState
from kagibag_app.web.components.buttons import button, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.data_list import fact, facts
from kagibag_app.web.components.empty import failed
from kagibag_app.web.components.fields import text_field
from kagibag_app.web.components.native_form import native_form
from kagibag_app.web.components.shell import LOGOUT_PATH, alone_page
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.values import when

JOIN_ACTION = "/api/team/join"


def page() -> rx.Component:
    """The page."""
    shown = rx.match(
        JoinState.phase,
        ("open", _opened()),
        ("closed", _closed()),
        skeleton_page("Loading the invitation"),
    )
    return alone_page(shown, title="Join a team", sandbox=JoinState.sandbox)


def _closed() -> rx.Component:
    sign_in = when(JoinState.used, link_button("Sign in", "/admin/login"))
    return failed(JoinState.title, JoinState.text, sign_in)


def _opened() -> rx.Component:
    offer = JoinState.offer
    form = rx.match(
        JoinState.who,
        ("mine", _form(button(_join(), kind="primary", size="l", submit=True, block=True))),
        ("known", _form(_password(), _submit())),
        ("other", _another()),
        _form(_name(), _new_password(), _submit()),
    )
    return rx.el.div(
        rx.el.p(
            rx.el.strong(offer.inviter), " invites you to the team of ", rx.el.strong(offer.organizer), "."
        ),
        facts(
            fact("Your address", rx.el.span(offer.email, class_name="mono")),
            fact("Your role", rx.el.span(offer.role, class_name="med"), rx.el.br(), offer.may),
            fact("Open until", offer.until),
        ),
        rx.el.div(when(JoinState.error, callout(JoinState.error, tone="bad")), role="alert"),
        form,
        class_name="stack",
    )


def _form(*fields: rx.Component) -> rx.Component:
    """The browser itself sends it; its answer signs in."""
    hidden = [
        rx.el.input(type="hidden", name="token", value=JoinState.token),
        # Password managers look for whose password it is.
        rx.el.input(
            name="username",
            value=JoinState.offer.email,
            auto_complete="username",
            read_only=True,
            hidden=True,
        ),
    ]
    return native_form(*hidden, *fields, action=JOIN_ACTION, class_name="stack lg")


def _name() -> rx.Component:
    return text_field(
        "Your name",
        name="name",
        auto_complete="name",
        required=True,
        max_length=200,
        hint="Colleagues see it.",
    )


def _password() -> rx.Component:
    return text_field(
        "Your password",
        name="password",
        type="password",
        auto_complete="current-password",
        required=True,
        max_length=PASSWORD_MAX,
        hint="There is a login for this address already.",
    )


def _new_password() -> rx.Component:
    return text_field(
        "Choose a password",
        name="password",
        type="password",
        auto_complete="new-password",
        required=True,
        min_length=PASSWORD_MIN,
        max_length=PASSWORD_MAX,
        hint=f"At least {PASSWORD_MIN} characters.",
    )


def _join() -> rx.Component:
    return rx.fragment("Join ", JoinState.offer.organizer)


def _submit() -> rx.Component:
    return button(_join(), kind="primary", size="l", submit=True, block=True)


def _another() -> rx.Component:
    """This browser holds somebody else's session."""
    leave = button("Log out", submit=True, block=True)
    return rx.el.div(
        callout(
            "You are signed in as ",
            rx.el.span(JoinState.signed_in_as, class_name="mono"),
            ". Log out, then open the link in the mail again.",
            title="This invitation is for another address.",
        ),
        native_form(leave, action=LOGOUT_PATH),
        class_name="stack",
    )
