"""The delivery that is open: every try, what was sent, what came back."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.webhooks.rows import Attempt
from kagibag_app.web.admin.webhooks.sample import SAMPLE
from kagibag_app.web.admin.webhooks.state import WebhooksState
from kagibag_app.web.components.badge import badge_for, toned
from kagibag_app.web.components.buttons import button, link
from kagibag_app.web.components.data_list import code_block
from kagibag_app.web.components.statuses import DELIVERY
from kagibag_app.web.components.table import cell, column, row, scroll_region, table
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.components.values import each, when

HIDDEN = "Your role doesn't include buyers' addresses, which are part of what was sent."


def opened() -> rx.Component:
    """The frame under the log."""
    return rx.el.div(_head(), _about(), _attempts(), _exchange(), class_name="frame pad", id="delivery")


def _head() -> rx.Component:
    delivery = WebhooksState.delivery
    copied = [rx.set_clipboard(delivery.request), notify("Request copied")]
    replay = button("Replay now", size="s", icon="rotate-cw", on_click=WebhooksState.replay, once=True)
    return rx.el.div(
        rx.el.h3(delivery.type, class_name="mono"),
        rx.el.span(delivery.event_id, class_name="mono mute cap"),
        badge_for(delivery.status, DELIVERY),
        rx.el.span(
            when(delivery.request, button("Copy", size="s", icon="copy", on_click=copied)),
            rx.cond(WebhooksState.may_manage & delivery.may_replay, replay, rx.fragment()),
            class_name="row push",
        ),
        class_name="row wrap",
    )


def _about() -> rx.Component:
    delivery = WebhooksState.delivery
    order = rx.el.span("Order ", link(delivery.order, delivery.order_href, class_name="mono"))
    return rx.el.p(
        when(delivery.order, order),
        when(delivery.next_try, rx.el.span(" · next try ", delivery.next_try)),
        class_name="mute",
    )


def _attempts() -> rx.Component:
    heads = [
        column("#", numeric=True),
        column("At"),
        column("Answer"),
        column("Took", numeric=True, class_name="hide-s"),
        column("What it said"),
    ]
    shown = scroll_region(
        "Attempts", table(heads, each(WebhooksState.attempts, _attempt), caption="Attempts, newest first")
    )
    waiting = rx.el.p("Nothing was sent yet.", class_name="mute")
    return when(WebhooksState.attempts, shown, waiting)


def _attempt(attempt: Attempt) -> rx.Component:
    return row(
        cell(attempt.number, numeric=True),
        cell(attempt.at, class_name="nowrap"),
        cell(toned(attempt.answer, attempt.tone), class_name="med"),
        cell(attempt.took, numeric=True, class_name="mute hide-s"),
        cell(attempt.said, class_name="mute"),
        key=attempt.number,
    )


def _exchange() -> rx.Component:
    delivery = WebhooksState.delivery
    sent = when(delivery.request, code_block(delivery.request, "Request"), rx.el.p(HIDDEN, class_name="mute"))
    answer = rx.el.div(rx.el.h3("Answer"), code_block(delivery.reply, "Answer"))
    return rx.el.div(
        rx.el.div(rx.el.h3("Request"), sent),
        rx.el.div(
            when(delivery.reply, answer),
            rx.el.div(rx.el.h3("Check the signature"), code_block(SAMPLE, "Sample code")),
            class_name="stack",
        ),
        class_name="exchange",
    )
