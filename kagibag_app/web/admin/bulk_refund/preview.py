"""What to choose before a bulk refund starts."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.bulk_refund.state import BulkRefundState
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.fields import checkbox, radio, text_area
from kagibag_app.web.components.shell import section
from kagibag_app.web.components.values import Content, when

_S = BulkRefundState
_C = BulkRefundState.choices
# What is in the fields at this moment, read in the browser: nothing typed is ever behind.
_TYPED = rx.Var("Object.fromEntries(new FormData(document.getElementById('bulk') ?? undefined))").to(
    dict[str, str]
)


def preview() -> rx.Component:
    """The choices and the button, for those who may start it."""
    act = button(
        when(_C.act, rx.fragment(_C.act, "…"), "Nothing to refund"),
        kind="primary",
        block=True,
        disabled=rx.cond(_C.act, False, True),
        on_click=_S.ask_start(_TYPED),
        once=True,
    )
    no_role = rx.el.p("A manager or an owner can start it.", class_name="mute small")
    return section(
        "What happens to each order",
        when(
            _S.decides,
            rx.fragment(_form(), rx.el.div(act, aria_live="polite", class_name="bulk-act")),
            no_role,
        ),
        first=True,
    )


def _form() -> rx.Component:
    kept = _S.choose(_TYPED)

    def after(words: Content, hint: str, value: str) -> rx.Component:
        label = rx.fragment(
            rx.el.span(words, class_name="med"), rx.el.span(hint, class_name="hint bulk-hint")
        )
        return radio(label, name="after", value=value, default_checked=_C.after == value, on_change=kept)

    used = checkbox(
        rx.fragment("Refund ", _C.used, " with used tickets too"), name="used", default_checked=_C.with_used, on_change=kept
    )  # fmt: skip
    return rx.el.form(
        rx.el.fieldset(
            rx.el.legend("Afterwards", class_name="vh"),
            after("Cancel the orders", "Tickets void, free orders cancelled too.", "cancel"),
            after("Void the tickets", "The orders stay.", "void"),
            after("Keep the tickets", "The buyers can still come.", "keep"),
            class_name="stack-s",
        ),
        checkbox("Keep the seats off sale", name="seats", default_checked=_C.keeps_seats, on_change=kept),
        when(_C.used, used),
        text_area(
            "Message to the buyers",
            name="message",
            id="bulk-message",
            remark="optional",
            rows=3,
            max_length=2000,
            default_value=_C.message,
            on_blur=kept,
        ),
        on_submit=kept,
        id="bulk",
        key=_S.round,
        class_name="stack-m",
    )
