"""Adding an endpoint, the secret that is shown once, and what is asked before something is lost."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.webhooks.rules import EventType
from kagibag_app.web.admin.webhooks.sample import SAMPLE
from kagibag_app.web.admin.webhooks.state import WebhooksState
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.data_list import code_block
from kagibag_app.web.components.dialog import confirm_dialog, consequence, dialog
from kagibag_app.web.components.fields import checkbox, text_field
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.components.values import when

FORM = "new-endpoint"
HINT = "Events are posted here. It must be reachable from the internet, by https."
SANDBOX_HINT = "Events are posted here: https, or in the sandbox also an address of this machine, such as http://127.0.0.1:9000."


def dialogs() -> rx.Component:
    """All of them; at most one is open."""
    return rx.fragment(_add(), _secret(), _delete(), _rotate())


def _add() -> rx.Component:
    state, errors = WebhooksState, WebhooksState.errors
    types = rx.el.fieldset(
        rx.el.legend("Events", class_name="label"),
        *(checkbox(rx.el.span(str(kind), class_name="mono"), name=str(kind)) for kind in EventType),
        rx.el.p("None chosen: all of them, also those that come later.", class_name="hint"),
        when(errors.event_filter, rx.el.p(errors.event_filter, class_name="error")),
    )
    fields = rx.el.form(
        text_field(
            "Name",
            name="name",
            id="endpoint-name",
            hint="Such as “CRM sync”.",
            error=errors.name,
            max_length=80,
        ),
        text_field(
            "URL",
            name="url",
            id="endpoint-url",
            input_mode="url",
            hint=rx.cond(state.sandbox, SANDBOX_HINT, HINT),
            error=errors.url,
            max_length=500,
        ),
        types,
        rx.el.div(when(errors.other, callout(errors.other, tone="bad")), role="alert"),
        on_submit=state.create,
        id=FORM,
        class_name="stack",
    )
    return dialog(
        "Add endpoint",
        fields,
        open=state.adding,
        on_open_change=state.stop_adding,
        footer=[
            button("Cancel", on_click=state.stop_adding(False)),
            button("Add endpoint", kind="primary", submit=True, form=FORM, busy=state.busy, once=True),
        ],
    )


def _secret() -> rx.Component:
    secret = WebhooksState.secret
    copied = [rx.set_clipboard(secret), notify("Secret copied")]
    return dialog(
        "Copy the signing secret now",
        rx.el.p(
            "It is shown this one time and stored encrypted. If it is lost, rotate it: nothing else breaks."
        ),
        rx.el.div(
            rx.el.label("Signing secret", html_for="secret", class_name="label"),
            rx.el.div(
                rx.el.input(value=secret, read_only=True, id="secret", class_name="input mono grow"),
                button("Copy", icon="copy", on_click=copied),
                class_name="row",
            ),
            class_name="field",
        ),
        rx.el.div(rx.el.h3("Check the signature"), code_block(SAMPLE, "Sample code")),
        open=secret != "",
        on_open_change=WebhooksState.close_secret,
        wide=True,
        footer=[button("I have copied it", kind="primary", on_click=WebhooksState.close_secret(False))],
    )


def _delete() -> rx.Component:
    endpoint = WebhooksState.endpoint
    return confirm_dialog(
        rx.fragment("Delete ", endpoint.name, "?"),
        open=WebhooksState.asking == "delete",
        consequences=[
            consequence(
                "unplug", "Nothing is sent to ", rx.el.span(endpoint.url, class_name="mono"), " any more."
            ),
            consequence(
                "octagon-x", "Deliveries that wait are given up: ", endpoint.day, " in the last 24 hours."
            ),
            consequence("key-round", "Its secret is destroyed. Orders and other endpoints stay as they are."),
        ],
        act="Delete endpoint",
        on_act=WebhooksState.delete,
        on_close=WebhooksState.stop_asking,
        safe="Keep it",
        kind="danger",
        error=WebhooksState.ask_error,
    )


def _rotate() -> rx.Component:
    return confirm_dialog(
        rx.fragment("Make a new secret for ", WebhooksState.endpoint.name, "?"),
        open=WebhooksState.asking == "rotate",
        consequences=[
            consequence("key-round", "The new secret is shown once."),
            consequence("clock", "Both sign for the next 24 hours, so that no event is refused meanwhile."),
        ],
        act="Rotate secret",
        on_act=WebhooksState.rotate,
        on_close=WebhooksState.stop_asking,
        safe="Keep the old one",
        error=WebhooksState.ask_error,
    )
