"""The login page."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.login.state import LoginState
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.fields import text_field
from kagibag_app.web.components.native_form import native_form
from kagibag_app.web.components.shell import alone_page
from kagibag_app.web.components.values import when

LOGIN_ACTION = "/api/session/login"


def page() -> rx.Component:
    """One form, sent by the browser itself."""
    return alone_page(
        rx.el.div(
            when(LoginState.error, callout(LoginState.error, tone="bad")),
            when(LoginState.notice, callout(LoginState.notice, tone="good")),
            role="alert",
        ),
        native_form(
            rx.el.input(type="hidden", name="next", value=LoginState.wanted),
            text_field("Email", name="email", type="email", auto_complete="username", required=True),
            text_field(
                "Password",
                name="password",
                type="password",
                auto_complete="current-password",
                required=True,
            ),
            button("Sign in", kind="primary", size="l", submit=True, block=True),
            action=LOGIN_ACTION,
            class_name="stack lg",
        ),
        title="Sign in",
        sandbox=LoginState.sandbox,
    )
