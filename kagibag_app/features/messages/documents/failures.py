"""Letters to a buyer whose refund came to nothing: what happened, how the money came after all, tickets that hold again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kagibag_app.features.messages.documents.card import Card
from kagibag_app.features.messages.documents.for_buyers import answer, buyer_letter, open_order
from kagibag_app.features.messages.documents.letter import Fact, Facts, Letter, Paragraph, Stub, Stubs
from kagibag_app.features.messages.documents.links import Links


def refund_came_back(params: Mapping[str, Any], links: Links) -> Letter:
    """The bank did not take the money, perhaps after it had seemed to."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"])
    blocks = [
        Paragraph(
            f"Your bank did not take the {amount} that {card.organizer} sent back for {card.event_title}: the money is "
            f"with {card.organizer} again. They have been told and will find a way to return it; you need to do nothing."
        )
    ]
    if params["tickets_void"]:
        blocks.append(Paragraph("The tickets of this refund still let nobody in."))
    return buyer_letter(
        card,
        preview=f"{card.organizer} has been told and will find another way.",
        heading=f"Your {amount} could not be paid out",
        blocks=[*blocks, open_order(card, links)],
    )


def refund_returned(params: Mapping[str, Any], links: Links) -> Letter:
    """The organizer returned the money without Stripe: how, and what to look for."""
    card = Card(params["order"])
    amount, way = card.money(params["amount_minor"]), params["way"]
    return buyer_letter(
        card,
        preview=f"By {way}, reference {params['reference']}.",
        heading=f"{card.organizer} has returned {amount} to you",
        blocks=[
            Paragraph(
                f"The card or account you paid with did not take the money for {card.event_title}, so "
                f"{card.organizer} has returned it another way."
            ),
            Facts(
                [
                    Fact("Amount", [amount]),
                    Fact("How", [_first(way)]),
                    Fact("Reference", [params["reference"]]),
                ]
            ),
            *answer(card, params["message"]),
            Paragraph(
                f"If you don't find it within 10 business days, ask {card.organizer} with this reference."
            ),
            open_order(card, links),
        ],
    )


def tickets_revived(params: Mapping[str, Any], links: Links) -> Letter:
    """Void tickets let somebody in again, because their money did not go back."""
    card = Card(params["order"])
    tickets = params["tickets"]
    one = len(tickets) == 1
    stubs = [
        Stub(t["type_name"], t["code"], "Open ticket", links.ticket(t["public_id"], card.link_version))
        for t in tickets
    ]
    return buyer_letter(
        card,
        preview=f"{card.event_title}, {card.start()}.",
        heading=f"Your {'ticket is' if one else 'tickets are'} valid again",
        blocks=[
            Paragraph(
                f"The money for {'this ticket' if one else 'these tickets'} did not reach you, so {card.organizer} has made "
                f"{'it' if one else 'them'} valid again: {'it lets' if one else 'they let'} you in as before."
            ),
            *answer(card, params["message"]),
            Stubs(stubs),
            open_order(card, links),
        ],
    )


def _first(words: str) -> str:
    return words[:1].upper() + words[1:]
