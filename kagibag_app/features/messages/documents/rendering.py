"""Turns a template and its parameters into a mail."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from kagibag_app.features.messages.documents import bulk, changes, failures, for_buyers, for_members
from kagibag_app.features.messages.documents.card import Card
from kagibag_app.features.messages.documents.letter import Letter
from kagibag_app.features.messages.documents.links import Links
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.views import RenderedMail

_LONGEST_SUBJECT = 200

Composer = Callable[[Mapping[str, Any], Links], Letter]

_COMPOSERS: dict[Template, Composer] = {
    Template.CONFIRMATION: for_buyers.confirmation,
    Template.ORDER_LINKS: for_buyers.order_links,
    Template.REFUND_REQUESTED: for_members.refund_requested,
    Template.REFUND_RECEIVED: for_buyers.refund_received,
    Template.REFUND_WITHDRAWN: for_buyers.refund_withdrawn,
    Template.REFUND_AWAITS_SECOND: for_members.refund_awaits_second,
    Template.REFUND_APPROVED: for_buyers.refund_approved,
    Template.REFUND_DECLINED: for_buyers.refund_declined,
    Template.REFUND_STARTED: for_buyers.refund_started,
    Template.REFUNDED: for_buyers.refunded,
    Template.REFUND_FAILED: for_members.refund_failed,
    Template.REFUND_CAME_BACK: failures.refund_came_back,
    Template.REFUND_RETURNED: failures.refund_returned,
    Template.REFUND_TO_ALLOCATE: for_members.refund_to_allocate,
    Template.TICKETS_REVIVED: failures.tickets_revived,
    Template.LATE_PAYMENT: for_buyers.late_payment,
    Template.ORDER_CANCELLED: changes.order_cancelled,
    Template.TICKET_LINK: changes.ticket_link,
    Template.EMAIL_CORRECTED: changes.email_corrected,
    Template.NOTE_MENTION: for_members.note_mention,
    Template.DISPUTE_OPENED: for_members.dispute_opened,
    Template.WEBHOOK_DISABLED: for_members.webhook_disabled,
    Template.INVITATION: for_members.invitation,
    Template.BULK_REFUND_FINISHED: bulk.bulk_refund_finished,
}


# Subjects that name no amount.
_WITHOUT_AMOUNT: dict[Template, Callable[[Card, Mapping[str, Any]], str]] = {
    Template.CONFIRMATION: lambda card, _: f"Your tickets for {card.event_title}",
    Template.REFUND_RECEIVED: lambda card, _: f"{card.organizer} has your refund request",
    Template.REFUND_WITHDRAWN: lambda card, _: f"Your refund request for {card.event_title} is withdrawn",
    Template.REFUND_DECLINED: lambda card, _: f"Your refund request for {card.event_title} was declined",
    Template.ORDER_CANCELLED: lambda card, _: f"Your order for {card.event_title} was cancelled",
    Template.TICKET_LINK: lambda card, _: f"Your ticket for {card.event_title}",
    Template.TICKETS_REVIVED: lambda card, _: f"Your tickets for {card.event_title} are valid again",
    Template.NOTE_MENTION: lambda _, params: f"{params['author']} mentioned you in a note",
}


def render(
    template: Template, params: Mapping[str, Any], links: Links, *, sandbox: bool = False
) -> RenderedMail:
    """Write a mail.

    Args:
        template: Which.
        params: Its parameters: the order's mail card under ``order``, and what the template adds.
        links: Makes the links, now.
        sandbox: Say at the top that no real money moves.
    """
    subject = subject_line(template, params)
    words = {"letter": _COMPOSERS[template](params, links), "subject": subject, "sandbox": sandbox}
    environment, inliner = _tools()
    return RenderedMail(
        subject=subject,
        html=inliner.inline(environment.get_template("letter.html").render(words)),
        text=environment.get_template("letter.txt").render(words),
    )


def subject_line(template: Template, params: Mapping[str, Any]) -> str:
    """Return a mail's subject: one line, whatever was typed into the names it shows."""
    if template is Template.ORDER_LINKS:
        orders = params["orders"]
        return _one_line(
            f"Your order {orders[0]['number']}" if len(orders) == 1 else f"Your {len(orders)} orders"
        )
    if template is Template.WEBHOOK_DISABLED:
        return _one_line(f"Webhooks to {params['endpoint']['name']} are switched off")
    if template is Template.INVITATION:
        return _one_line(f"{params['inviter']} invites you to {params['organizer']}")
    if template is Template.BULK_REFUND_FINISHED:
        return _one_line(bulk.heading(params))
    if template is Template.EMAIL_CORRECTED:
        return _one_line(f"The email address of your order was corrected, {params['order']['number']}")
    card = Card(params["order"])
    return _one_line(f"{_about(template, card, params)}, {card.number}")


def order_reference(params: Mapping[str, Any]) -> dict[str, str]:
    """Return ``number`` and ``public_id`` of the order a mail is about, or of the first it lists."""
    order = params.get("order") or next(iter(params.get("orders", ())), {})
    return {name: order[name] for name in ("number", "public_id") if name in order}


def _about(template: Template, card: Card, params: Mapping[str, Any]) -> str:
    if template in _WITHOUT_AMOUNT:
        return _WITHOUT_AMOUNT[template](card, params)
    source = params["request"] if template is Template.REFUND_REQUESTED else params
    amount = card.money(source["amount_minor"])
    return {
        Template.REFUND_REQUESTED: f"{card.buyer_name} asks for {amount} back",
        Template.REFUND_AWAITS_SECOND: f"A refund of {amount} waits for a second person",
        Template.REFUND_APPROVED: f"Your refund of {amount} is approved",
        Template.REFUND_STARTED: f"{card.organizer} is returning {amount} to you",
        Template.REFUNDED: f"{amount} refunded",
        Template.REFUND_FAILED: f"Refund of {amount} {'waits for funds' if params.get('waits') else 'failed'}",
        Template.REFUND_CAME_BACK: f"Your {amount} could not be paid out",
        Template.REFUND_RETURNED: f"{card.organizer} has returned {amount} to you",
        Template.REFUND_TO_ALLOCATE: f"A refund of {amount} made in Stripe needs you",
        Template.LATE_PAYMENT: f"Your payment of {amount} is being returned",
        Template.DISPUTE_OPENED: f"Dispute over {amount}",
    }[template]


def _one_line(text: str) -> str:
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join(text.split())[:_LONGEST_SUBJECT]


@lru_cache(maxsize=1)
def _tools() -> tuple[Environment, CSSInliner]:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment, CSSInliner(load_remote_stylesheets=False)
