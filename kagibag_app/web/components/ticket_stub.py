"""A ticket as a stub: spine, face, tear line, QR code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.qr import qr
from kagibag_app.web.components.statuses import TICKET
from kagibag_app.web.components.values import Content, Number, Text, choose, when


def ticket_stub(
    *,
    title: Content,
    holder: Text,
    status: Text,
    code: Text,
    qr_path: Text,
    qr_size: Number,
    facts: Sequence[tuple[Text, Text]],
    **props: Any,
) -> rx.Component:
    """One ticket.

    Args:
        title: The ticket type, perhaps as a link to the ticket's page.
        holder: Whose it is and which one: "Maren Okafor, ticket 1 of 3".
        status: ``valid``, ``checked_in`` or ``void``; a void one shows no QR code.
        code: The ticket's code in print.
        qr_path: See ``qr``.
        qr_size: See ``qr``.
        facts: Label and value pairs at the bottom: doors, place.
        **props: ``key`` inside ``rx.foreach``.
    """
    void = status == "void"
    return rx.el.li(
        rx.el.div(choose(void, "Void", "Admit one"), aria_hidden="true", class_name="stub-spine"),
        _face(title, holder, status, facts),
        _tear(void, code, qr_path, qr_size),
        class_name="stub",
        data_state=status,
        **props,
    )


def _face(title: Content, holder: Text, status: Text, facts: Sequence[tuple[Text, Text]]) -> rx.Component:
    head = rx.el.div(
        rx.el.span(title, class_name="stub-title"), badge_for(status, TICKET), class_name="row wrap between"
    )
    about = [rx.el.div(rx.el.dt(label), rx.el.dd(value)) for label, value in facts]
    return rx.el.div(
        rx.el.div(head, rx.el.div(holder, class_name="small mute")),
        rx.el.dl(*about, class_name="stub-facts"),
        class_name="stub-face",
    )


def _tear(void: Any, code: Text, qr_path: Text, qr_size: Number) -> rx.Component:
    gone = rx.el.span(icon("ticket-x", 20), "No longer", rx.el.br(), "valid", class_name="stub-gone")
    drawn = qr(qr_path, qr_size, label=rx.Var.create(f"QR code of ticket {code}"))
    return rx.el.div(when(void, gone, drawn), rx.el.span(code, class_name="mono"), class_name="stub-tear")
