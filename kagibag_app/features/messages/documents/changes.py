"""Letters about what a member did to an order: to its buyer, and to the address that it had before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kagibag_app.features.messages.documents.card import Card
from kagibag_app.features.messages.documents.for_buyers import PAID_WITH, answer, buyer_letter, open_order
from kagibag_app.features.messages.documents.letter import Fact, Facts, Letter, Paragraph, Stub, Stubs
from kagibag_app.features.messages.documents.links import Links


def order_cancelled(params: Mapping[str, Any], links: Links) -> Letter:
    """The order is cancelled; what becomes of its money."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"]) if params["amount_minor"] else ""
    return buyer_letter(
        card,
        preview=f"{amount} goes back to {PAID_WITH}." if amount else f"{card.event_title}, {card.start()}.",
        heading=f"Your order for {card.event_title} was cancelled",
        blocks=[
            Paragraph(
                f"{card.organizer} has cancelled this order."
                + (" Its tickets let nobody in any more." if card.tickets else "")
            ),
            Paragraph(_money(amount, was_paid=params["was_paid"])),
            *answer(card, params["message"]),
            open_order(card, links),
        ],
    )


def ticket_link(params: Mapping[str, Any], links: Links) -> Letter:
    """One ticket alone, so that the mail may be passed on to whoever uses it."""
    card, ticket = Card(params["order"]), params["ticket"]
    stub = Stub(
        ticket["type_name"],
        ticket["code"],
        "Open ticket",
        links.ticket(ticket["public_id"], card.link_version),
    )
    return Letter(
        preview=f"{ticket['type_name']}, {card.start()}. Open it on your phone at the door.",
        sender=card.organizer,
        number=card.number,
        heading=f"Your ticket for {card.event_title}",
        blocks=[
            Facts(
                [Fact("When", [card.day(), card.hours()]), Fact("Where", card.place() or ["To be announced"])]
            ),
            Stubs([stub]),
        ],
        footer=(
            f"Sent to {card.buyer_email} by {card.organizer}. The link opens this one ticket without a password, and "
            "lets in one person: pass it on only to whoever is to use it."
        ),
    )


def email_corrected(params: Mapping[str, Any], _links: Links) -> Letter:
    """To the address that an order had before: no link and no way to the order, because it is no longer its buyer's."""
    order, organizer = params["order"], params["order"]["organizer_name"]
    return Letter(
        preview=f"Order {order['number']} has another address now.",
        sender=organizer,
        number=order["number"],
        heading="This order has another email address now",
        blocks=[
            Paragraph(
                f"{organizer} has corrected the email address of an order for {order['event_title']}. Its mails go to "
                f"{params['masked']} from now on, and links that were sent to this address no longer open it."
            ),
            Paragraph(f"If the order is yours and you know nothing of this, please tell {organizer}."),
        ],
        footer="Sent once, because the order had this address before. It gets no more mail about the order.",
    )


def _money(amount: str, *, was_paid: bool) -> str:
    if amount:
        return (
            f"{amount} goes back to {PAID_WITH}. You need to do nothing; another mail tells you when it is on its way "
            "to your bank."
        )
    return "Nothing is left to return for it." if was_paid else "Nothing was charged for it."
