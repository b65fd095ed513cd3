"""Letters to the one who bought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kagibag_app import l10n
from kagibag_app.features.messages.documents.card import Card
from kagibag_app.features.messages.documents.letter import (
    Block,
    Button,
    Fact,
    Facts,
    File,
    Files,
    Letter,
    Paragraph,
    Price,
    Prices,
    Quote,
    Stub,
    Stubs,
)
from kagibag_app.features.messages.documents.links import Links

PAID_WITH = "the card or account you paid with"
# Source: Stripe, "Refunds": a card's refund is seen after 5 to 10 business days, by bank.
_BANKS = "Banks show it within 5 to 10 business days."


def confirmation(params: Mapping[str, Any], links: Links) -> Letter:
    """The order is complete: what was bought, what it cost, and the way to each ticket."""
    card = Card(params["order"])
    count = f"{len(card.tickets)} ticket" + ("" if len(card.tickets) == 1 else "s")
    stubs = [
        Stub(t["type_name"], t["code"], "Open ticket", links.ticket(t["public_id"], card.link_version))
        for t in card.tickets
    ]
    blocks: list[Block] = [
        Facts([Fact("When", [card.day(), card.hours()]), Fact("Where", card.place() or ["To be announced"])]),
        Stubs(stubs),
        open_order(card, links),
        _prices(card),
    ]
    if card.total_minor == 0:
        blocks.append(Paragraph("Nothing was charged."))
    blocks.append(_files(card, links))
    return buyer_letter(
        card,
        preview=f"{count}, {card.start()}. Open them on your phone at the door.",
        heading=f"{card.buyer_name}, you're in: {card.event_title}",
        blocks=blocks,
    )


def order_links(params: Mapping[str, Any], links: Links) -> Letter:
    """Somebody typed this address to find an order: the way to each."""
    orders = params["orders"]
    stubs = [
        Stub(
            order["event_title"],
            order["number"],
            "Open order",
            links.order(order["public_id"], order["link_version"]),
            detail=l10n.day(datetime.fromisoformat(order["starts_at"]), order["zone"]),
        )
        for order in orders
    ]
    return Letter(
        preview="The links you asked for.",
        sender="Kagibag",
        heading="Your order" if len(orders) == 1 else "Your orders",
        blocks=[Paragraph("Here is the way to what you bought with this email address."), Stubs(stubs)],
        footer=(
            "Sent because somebody asked for the orders of this address. The links open them without a password: "
            "keep this mail to yourself. If it wasn't you, nothing else happens."
        ),
    )


def refund_received(params: Mapping[str, Any], links: Links) -> Letter:
    """A request or the reply to a decline has arrived; nothing is decided."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"])
    asked = (
        f"You asked {card.organizer} for {amount} back"
        if params["amount_minor"]
        else f"You asked {card.organizer}"
    )
    again = " once more" if params["again"] else ""
    return buyer_letter(
        card,
        preview="A person decides. You get a mail as soon as there is an answer.",
        heading=f"{card.organizer} has your refund request",
        blocks=[
            Paragraph(
                f"{asked}{again}, for {card.event_title}. A person decides, and you get a mail with the answer. Until then "
                "your tickets stay valid and no money moves; you can withdraw the request on the order's page."
            ),
            open_order(card, links),
        ],
    )


def refund_withdrawn(params: Mapping[str, Any], links: Links) -> Letter:
    """The buyer took a request back."""
    card = Card(params["order"])
    return buyer_letter(
        card,
        preview="Your tickets stay valid and no money moved.",
        heading="Your refund request is withdrawn",
        blocks=[
            Paragraph(
                f"You withdrew your refund request for {card.event_title}. Your tickets stay valid and no money moved. You "
                "can ask again while the refund policy allows it."
            ),
            open_order(card, links),
        ],
    )


def refund_approved(params: Mapping[str, Any], links: Links) -> Letter:
    """The organizer, or the policy alone, said yes; the money has not left yet."""
    card = Card(params["order"])
    amount, rule = card.money(params["amount_minor"]), params.get("rule", "")
    by = f"By the refund policy of your order ({rule.rstrip('.')}), {amount} is approved" if rule else ""
    return buyer_letter(
        card,
        preview=f"{amount} will go back to {PAID_WITH}.",
        heading=f"Your refund of {amount} is approved",
        blocks=[
            Paragraph(
                f"{by or f'{card.organizer} has approved {amount}'} for {card.event_title}. It goes back to {PAID_WITH}; "
                "you get another mail when it is on its way to your bank."
            ),
            *answer(card, params["message"]),
            open_order(card, links),
        ],
    )


def refund_declined(params: Mapping[str, Any], links: Links) -> Letter:
    """The organizer said no, with their message."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"])
    return buyer_letter(
        card,
        preview=f"{card.organizer} has answered your request.",
        heading="Your refund request was declined",
        blocks=[
            Paragraph(
                f"{card.organizer} has declined to return {amount} for {card.event_title}. Your order and your "
                "tickets are as they were. You can reply once, on the order's page."
            ),
            *answer(card, params["message"]),
            open_order(card, links),
        ],
    )


def refund_started(params: Mapping[str, Any], links: Links) -> Letter:
    """The organizer gives money back without having been asked; it has not left yet."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"])
    return buyer_letter(
        card,
        preview=f"{amount} goes back to {PAID_WITH}.",
        heading=f"{card.organizer} is returning {amount} to you",
        blocks=[
            Paragraph(
                f"{amount} of your order for {card.event_title} goes back to {PAID_WITH}. You need to do nothing; "
                "another mail tells you when it is on its way to your bank."
            ),
            *_ended(params["tickets"]),
            *answer(card, params["message"]),
            open_order(card, links),
        ],
    )


def refunded(params: Mapping[str, Any], links: Links) -> Letter:
    """The refund has succeeded."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"])
    facts = [Fact("Amount", [amount]), Fact("Goes to", [params["method"] or PAID_WITH.capitalize()])]
    if params["bank_reference"]:
        facts.append(Fact("Bank reference", [params["bank_reference"]]))
    facts.append(Fact("Refund", [params["refund_public_id"]]))
    return buyer_letter(
        card,
        preview=f"{amount} is on its way to your bank.",
        heading=f"{amount} refunded",
        blocks=[
            Paragraph(f"Your refund for {card.event_title} is on its way to your bank. {_BANKS}"),
            Facts(facts),
            open_order(card, links),
        ],
    )


def late_payment(params: Mapping[str, Any], links: Links) -> Letter:
    """Money arrived that the order could not use any more."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"])
    return buyer_letter(
        card,
        preview=f"{amount} goes back to {PAID_WITH}.",
        heading=f"Your payment of {amount} is being returned",
        blocks=[
            Paragraph(
                f"Your payment for {card.event_title} arrived when this order could no longer take it: it had "
                f"expired, was cancelled, or was paid already. All of it, {amount}, goes back to {PAID_WITH}. "
                "You need to do nothing; another mail tells you when it is on its way to your bank."
            ),
            open_order(card, links),
        ],
    )


def buyer_letter(card: Card, *, preview: str, heading: str, blocks: list[Block]) -> Letter:
    """Return a letter about an order, with why it was sent."""
    return Letter(
        preview=preview,
        sender=card.organizer,
        number=card.number,
        heading=heading,
        blocks=blocks,
        footer=(
            f"Sent to {card.buyer_email} because of this order. The links open your order without a password: "
            f"keep this mail to yourself. {card.organizer}"
        ),
    )


def open_order(card: Card, links: Links) -> Button:
    """Return the way to the order."""
    return Button("Open my order", links.order(card.public_id, card.link_version))


def _files(card: Card, links: Links) -> Files:
    named = (
        ("Add to calendar", "event.ics"),
        ("Tickets (PDF)", "tickets.pdf"),
        ("Receipt (PDF)", "receipt.pdf"),
    )
    return Files(
        [File(label, links.order_file(card.public_id, card.link_version, name)) for label, name in named]
    )


def answer(card: Card, message: str) -> list[Block]:
    """Return what the organizer wrote, if anything."""
    return [Quote(f"{card.organizer} wrote", message)] if message else []


def _ended(codes: Sequence[str]) -> list[Block]:
    if not codes:
        return []
    one = len(codes) == 1
    return [
        Paragraph(
            f"{'Ticket' if one else 'Tickets'} {', '.join(codes)} will no longer let anybody in once the money "
            "is on its way."
        )
    ]


def _prices(card: Card) -> Prices:
    lines = [
        Price(f"{line['quantity']} × {line['name']}", card.money(line["amount_minor"])) for line in card.lines
    ]
    lines.append(Price("Subtotal", card.money(card.subtotal_minor)))
    if card.discount_minor:
        lines.append(
            Price("Discount", card.money(-card.discount_minor), code=card.discount_code, tone="good")
        )
    label = "Total paid" if card.total_minor else "Total"
    return Prices(lines, Price(label, card.money(card.total_minor)))
