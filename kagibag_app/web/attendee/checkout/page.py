"""Waits for the payment and says where it stands; nothing has to be reloaded."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.attendee.checkout.state import CheckoutState
from kagibag_app.web.attendee.parts import dead_link, loading_page, updates_by_itself
from kagibag_app.web.attendee.screen import phase_of
from kagibag_app.web.components.buttons import button, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.shell import attendee_page
from kagibag_app.web.components.skeleton import skeleton
from kagibag_app.web.components.steps import steps
from kagibag_app.web.components.values import when
from kagibag_app.web.live import live_heartbeat


def page() -> rx.Component:
    """The page in whichever state it is."""
    return rx.el.div(
        rx.match(
            phase_of(CheckoutState),
            ("shown", _shown()),
            ("missing", dead_link(CheckoutState.sandbox)),
            loading_page(
                skeleton("280px", "32px"),
                skeleton("80%"),
                skeleton("100%", "64px"),
                sandbox=CheckoutState.sandbox,
                narrow=True,
            ),
        )
    )


def _shown() -> rx.Component:
    face = CheckoutState.face
    return attendee_page(
        live_heartbeat(CheckoutState.refresh),
        rx.el.div(
            rx.el.p(
                face.title, " · order ", rx.el.span(face.number, class_name="mono"), class_name="small mute"
            ),
            rx.el.div(
                rx.el.h1(face.heading),
                rx.el.p(face.hint),
                when(face.reason, callout(face.reason, title="The last try:", tone="attention")),
                role="status",
                class_name="stack-m",
            ),
            class_name="checkout-head",
        ),
        when(face.steps, rx.el.div(steps(face.steps), class_name="checkout-steps")),
        rx.el.div(
            when(CheckoutState.problem, callout(CheckoutState.problem, tone="bad")),
            role="alert",
            class_name="checkout-problem",
        ),
        _acts(),
        organizer=face.organizer,
        home=rx.Var.create(f"/e/{face.slug}"),
        sandbox=CheckoutState.sandbox,
        narrow=True,
    )


def _acts() -> rx.Component:
    face = CheckoutState.face
    event = rx.Var.create(f"/e/{face.slug}")
    pay = button(
        rx.fragment("Pay ", face.total),
        kind="primary",
        size="l",
        icon="lock",
        on_click=CheckoutState.go,
        once=True,
    )
    again = button(
        "Try again",
        kind="primary",
        size="l",
        icon="rotate-cw",
        on_click=CheckoutState.try_again,
        busy=CheckoutState.busy,
        once=True,
    )
    order = button(
        "Show my tickets", kind="primary", size="l", icon="ticket", on_click=CheckoutState.show_order
    )
    start_over = link_button("Start over", event, size="l")
    choose = link_button("Choose tickets again", event, kind="primary", size="l", icon="ticket")
    acts = rx.match(
        face.stage,
        ("held", rx.fragment(pay, start_over)),
        (
            "confirming",
            rx.fragment(
                button("I have not paid yet", size="l", on_click=CheckoutState.go), updates_by_itself()
            ),
        ),
        ("failed", rx.fragment(again, start_over)),
        ("expired", choose),
        ("cancelled", choose),
        ("paid", order),
        updates_by_itself(),
    )
    return rx.el.div(rx.fragment(acts), class_name="row wrap checkout-acts")
