"""What several of the attendee's pages show: the dead link, the place before anything is known, a live remark."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.components.buttons import link_button
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.shell import attendee_page
from kagibag_app.web.components.skeleton import skeleton
from kagibag_app.web.components.values import Content, Flag


def plain_page(*content: Content, sandbox: Flag) -> rx.Component:
    """A page that belongs to no organizer yet."""
    return attendee_page(*content, organizer="Kagibag", sandbox=sandbox, narrow=True)


def plain_answer(sign: str, title: str, text: Content, *actions: Content, live: bool = False) -> rx.Component:
    """The one thing that a page says: what it is, what is safe, what next.

    Args:
        sign: A Lucide name.
        title: The page's heading.
        text: One or two sentences.
        *actions: Buttons with the next step.
        live: Announced by screen readers when it appears.
    """
    parts = [icon(sign, 20), rx.el.h1(title), rx.el.p(text), rx.el.div(*actions, class_name="row wrap")]
    announced: dict[str, Any] = {"role": "status"} if live else {}
    return rx.el.div(rx.el.div(*parts, class_name="empty"), class_name="plain-answer", **announced)


def dead_link(sandbox: Flag) -> rx.Component:
    """For a token that opens nothing: mistyped, cut short, replaced or never ours. All of them look the same."""
    text = (
        "It may be cut short, or an older one that a newer mail replaced. Your tickets are safe: "
        "have a fresh link sent to the email address you ordered with."
    )
    find = link_button("Find my order", "/orders/find", kind="primary", size="l", icon="search")
    return plain_page(plain_answer("unlink", "This link doesn't open anything", text, find), sandbox=sandbox)


def loading_page(*shapes: rx.Component, sandbox: Flag, narrow: bool = False) -> rx.Component:
    """Grey shapes in the layout of what is coming."""
    waiting = rx.el.div(rx.el.span("Loading", class_name="vh"), *shapes, role="status", class_name="stack-l")
    return attendee_page(waiting, organizer=skeleton("96px", "16px"), sandbox=sandbox, narrow=narrow)


def updates_by_itself() -> rx.Component:
    """Says that nobody has to reload."""
    return rx.el.span(
        icon("radio", 14), "Updates by itself", class_name="small mute row row-tight nowrap no-print"
    )
