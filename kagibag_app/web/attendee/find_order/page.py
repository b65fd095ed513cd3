"""An address in, a mail out: the page answers the same whether there is an order or not."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.attendee.find_order.state import FindOrderState
from kagibag_app.web.attendee.parts import plain_answer, plain_page
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.fields import text_field
from kagibag_app.web.components.values import when


def page() -> rx.Component:
    """The question, or the answer."""
    return plain_page(when(FindOrderState.asked, _answer(), _question()), sandbox=FindOrderState.sandbox)


def _question() -> rx.Component:
    form = rx.el.form(
        text_field(
            "Email",
            name="email",
            type="email",
            error=FindOrderState.email_error,
            hint="The address you ordered with.",
            auto_complete="email",
            input_mode="email",
            max_length=254,
        ),
        text_field(
            "Order number",
            name="number",
            remark="optional",
            hint="For example KB-7F3K-9Q2M. Without it you get every order of this address.",
            auto_complete="off",
            auto_capitalize="characters",
            max_length=40,
            class_name="mono",
        ),
        rx.el.div(button("Send me the links", kind="primary", size="l", icon="mail", submit=True, once=True)),
        on_submit=FindOrderState.send,
        no_validate=True,
        class_name="lg stack",
    )
    return rx.el.div(
        rx.el.div(
            rx.el.h1("Find my order"),
            rx.el.p(
                "We mail you a link to your orders. It opens them without a password.", class_name="mute"
            ),
            class_name="ask-head",
        ),
        form,
    )


def _answer() -> rx.Component:
    text = rx.fragment(
        "If there are orders for ",
        rx.el.span(FindOrderState.asked, class_name="med"),
        ", a mail with their links arrives within a few minutes. Nothing there? Look into spam, or try the address "
        "that your confirmation went to.",
    )
    again = button("Use another address", on_click=FindOrderState.again, size="l")
    return plain_answer("mail-check", "Look into your mail", text, again, live=True)
