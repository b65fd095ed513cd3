"""The strip that says no real money moves, with the test cards one press away."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.values import Flag, when

TEST_CARDS = (
    ("4242 4242 4242 4242", "Pays"),
    ("4000 0027 6000 3184", "Asks for 3-D Secure, then pays"),
    ("4000 0000 0000 0002", "Declined"),
    ("4000 0000 0000 5126", "Pays; a refund fails later"),
    ("4000 0000 0000 0259", "Pays, then is disputed"),
)
"""Card numbers and what happens to them. Any future date and any three digits go with them.

Source: Stripe docs, Testing.
"""


def sandbox_strip(shown: Flag) -> rx.Component:
    """Shows while payments go to the Stripe sandbox."""
    rows = [
        rx.el.tr(rx.el.td(number, class_name="mono nowrap"), rx.el.td(meaning))
        for number, meaning in TEST_CARDS
    ]
    cards = rx.el.table(
        rx.el.caption("Test cards", class_name="vh"),
        rx.el.thead(rx.el.tr(rx.el.th("Test card", scope="col"), rx.el.th("What happens", scope="col"))),
        rx.el.tbody(*rows),
        class_name="table flush",
    )
    panel = rx.el.div(
        cards, rx.el.p("Any future date, any three digits.", class_name="hint"), class_name="pop"
    )
    strip = rx.el.div(
        icon("flask-conical", 14),
        rx.el.span(rx.el.b("Stripe sandbox."), " No real money moves here."),
        rx.el.details(rx.el.summary("Test cards"), panel, class_name="menu"),
        role="region",
        aria_label="Sandbox",
        class_name="sandbox",
    )
    return when(shown, strip)
