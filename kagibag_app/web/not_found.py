"""What an address shows that belongs to no page."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.components.buttons import link_button
from kagibag_app.web.components.shell import alone_page

ROUTE = "404"
TITLE = "No such page"


def page() -> rx.Component:
    """Say what is safe and where to go on, to buyers and organizers alike."""
    text = "The address may be mistyped or cut short. Orders and tickets are safe."
    return alone_page(
        rx.el.p(text, class_name="mute"),
        rx.el.div(
            link_button("Find my order", "/orders/find", kind="primary", icon="search"),
            link_button("Sign in as organizer", "/admin/login"),
            class_name="row wrap",
        ),
        title="There is no page here",
    )
