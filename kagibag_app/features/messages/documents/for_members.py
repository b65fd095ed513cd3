"""Letters to the organizer's members: what happened, what is safe, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kagibag_app import l10n
from kagibag_app.features.messages.documents.card import Card
from kagibag_app.features.messages.documents.letter import (
    Block,
    Button,
    Fact,
    Facts,
    Letter,
    Paragraph,
    Quote,
)
from kagibag_app.features.messages.documents.links import Links

_WHY_DISABLED = {
    "gone": "It answered 410 Gone: it wants no more events.",
    "failing": "Nothing has arrived there for 5 days.",
}


def refund_requested(params: Mapping[str, Any], links: Links) -> Letter:
    """A buyer asks for money back."""
    card, request = Card(params["order"]), params["request"]
    amount = card.money(request["amount_minor"])
    facts = [
        *_about(card),
        Fact("Tickets", [f"{request['tickets']} of {len(card.tickets)}"]),
        Fact("Reason", [_words(request["category"])]),
    ]
    blocks: list[Block] = [Facts(facts)]
    if request["reason_text"]:
        blocks.append(Quote(f"{card.buyer_name} wrote", request["reason_text"]))
    blocks.append(Paragraph("No money moves before you approve it."))
    blocks.append(Button("Review the request", links.admin(f"refunds?request={request['public_id']}")))
    return _letter(
        card,
        params,
        preview=f"{card.buyer_name}, {card.event_title}: {_words(request['category'])}.",
        heading=f"{card.buyer_name} asks for {amount} back",
        blocks=blocks,
    )


def refund_awaits_second(params: Mapping[str, Any], links: Links) -> Letter:
    """Somebody approved more than a manager may give back alone."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"])
    return _letter(
        card,
        params,
        preview=f"{params['by']} approved it first. {card.buyer_name}, {card.event_title}.",
        heading=f"A refund of {amount} waits for a second person",
        blocks=[
            Facts(
                [
                    *_about(card),
                    Fact("Approved first", [params["by"]]),
                ]
            ),
            Paragraph(f"{params['why']} The buyer knows nothing of it yet, and no money moves before."),
            Button("Look at it", links.admin(f"refunds?request={params['request_public_id']}")),
        ],
    )


def refund_failed(params: Mapping[str, Any], links: Links) -> Letter:
    """A refund did not reach the buyer, or not yet."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"])
    request_id, waits = params["request_public_id"], params.get("waits", False)
    place = "request" if request_id else "order"
    target = f"refunds?request={request_id}" if request_id else f"orders/{card.number}"
    after = (
        "The money is not with the buyer yet, and nothing is lost: the refund stays pending until then."
        if waits
        else "The money is not with the buyer, and nothing is sent again by itself. Read the reason, then decide on the "
        f"{place}'s page: try again, or record that you returned it another way."
    )
    return _letter(
        card,
        params,
        preview=f"{card.buyer_name} has not got {amount} back yet.",
        heading=f"A refund of {amount} {'waits for funds' if waits else 'failed'}",
        blocks=[
            Facts(
                [
                    *_about(card),
                    Fact("Why", [params["reason"] or "Stripe gave no reason."]),
                ]
            ),
            Paragraph(after),
            Button(f"Open the {place}", links.admin(target)),
        ],
    )


def refund_to_allocate(params: Mapping[str, Any], links: Links) -> Letter:
    """A refund was made at Stripe, and nobody but its maker knows which tickets it was about."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"])
    return _letter(
        card,
        params,
        preview=f"Say which tickets of {card.buyer_name} it was about.",
        heading=f"A refund of {amount} made in Stripe needs you",
        blocks=[
            Facts(
                [
                    *_about(card),
                    Fact("Refund", [params["stripe_id"]]),
                ]
            ),
            Paragraph(
                "It was made in Stripe, not here, and could be about several tickets. Until you say which, it is shared over "
                "all of them by what is left of each, and every ticket still lets somebody in."
            ),
            Button("Allocate it", links.admin(f"orders/{card.number}")),
        ],
    )


def note_mention(params: Mapping[str, Any], links: Links) -> Letter:
    """A member wrote a note on an order for another one. The buyer's address stays out of it: a viewer may read it."""
    card, author = Card(params["order"]), params["author"]
    return Letter(
        preview=f"{card.buyer_name}, {card.event_title}.",
        sender=card.organizer,
        number=card.number,
        heading=f"{author} mentioned you in a note",
        blocks=[
            Facts([Fact("Buyer", [card.buyer_name]), Fact("Event", [card.event_title, card.start()])]),
            Quote(f"{author} wrote", params["text"]),
            Button("Open the order", links.admin(f"orders/{card.number}")),
        ],
        footer=(
            f"Sent to {_member(params)} as a member of {card.organizer}, because {author} asked for your attention. "
            "Buyers never see notes. The link asks for your login."
        ),
    )


def dispute_opened(params: Mapping[str, Any], links: Links) -> Letter:
    """A buyer's bank questions a charge."""
    card = Card(params["order"])
    amount = card.money(params["amount_minor"])
    due = params["due_at"]
    deadline = l10n.moment(datetime.fromisoformat(due), card.zone) if due else "No deadline given"
    return _letter(
        card,
        params,
        preview=f"Answer by {deadline}." if due else f"{card.buyer_name}, {card.event_title}.",
        heading=f"A payment of {amount} is disputed",
        blocks=[
            Facts(
                [
                    Fact("Answer by", [deadline]),
                    Fact("Reason", [_words(params["reason"])]),
                    *_about(card),
                ]
            ),
            Paragraph(
                "The buyer's bank questions this charge. Look at it before you decide about any refund of this "
                "order, and send your evidence in Stripe before the deadline: a quick answer helps."
            ),
            Button("Open the dispute", links.admin(f"disputes/{params['dispute_public_id']}")),
        ],
    )


def webhook_disabled(params: Mapping[str, Any], links: Links) -> Letter:
    """An endpoint was switched off because of its own answers."""
    endpoint = params["endpoint"]
    return Letter(
        preview="What happens meanwhile is held, nothing is lost.",
        sender="Kagibag",
        heading=f"Webhooks to {endpoint['name']} are switched off",
        blocks=[
            Facts([Fact("Why", [_WHY_DISABLED[params["why"]]])]),
            Paragraph(
                "Nothing is lost: events for it are held until you switch it on again, and can be sent then."
            ),
            Button("Open the endpoint", links.admin(f"webhooks?endpoint={endpoint['public_id']}")),
        ],
        footer=f"Sent to {_member(params)} as a member who decides about webhooks. The link asks for your login.",
    )


def invitation(params: Mapping[str, Any], links: Links) -> Letter:
    """An owner asks somebody to join the team."""
    invited, organizer = params["invitation"], params["organizer"]
    until = l10n.moment(datetime.fromisoformat(params["expires_at"]), params["zone"])
    return Letter(
        preview=f"{params['inviter']} invites you to work on {organizer}'s orders.",
        sender=organizer,
        heading=f"{params['inviter']} invites you to {organizer}",
        blocks=[
            Facts(
                [
                    Fact("Your role", [_words(params["role"]), params["may"]]),
                    Fact("The link works once, until", [until]),
                ]
            ),
            Button("Join the team", links.invitation(invited["public_id"], invited["version"])),
            Paragraph("Pass this mail on to nobody: whoever opens the link can join in your place."),
        ],
        footer=(
            f"Sent because {params['inviter']} of {organizer} typed this address. "
            "If you don't know them, do nothing: nothing happens without the link."
        ),
    )


def _about(card: Card) -> list[Fact]:
    """Whose order it is, and of which event."""
    return [
        Fact("Buyer", [card.buyer_name, card.buyer_email]),
        Fact("Event", [card.event_title, card.start()]),
    ]


def _letter(
    card: Card, params: Mapping[str, Any], *, preview: str, heading: str, blocks: list[Block]
) -> Letter:
    return Letter(
        preview=preview,
        sender=card.organizer,
        number=card.number,
        heading=heading,
        blocks=blocks,
        footer=(
            f"Sent to {_member(params)} as a member of {card.organizer} who decides about refunds "
            "and disputes. The link asks for your login."
        ),
    )


def _member(params: Mapping[str, Any]) -> str:
    return params.get("member") or "you"


def _words(code: str) -> str:
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:] or "Not given"
