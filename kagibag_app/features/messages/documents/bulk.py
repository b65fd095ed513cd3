"""The letter about a bulk refund that is over: what went back, what did not, and where each order stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kagibag_app import l10n
from kagibag_app.features.messages.documents.letter import Block, Button, Fact, Facts, Letter, Paragraph
from kagibag_app.features.messages.documents.links import Links


def heading(params: Mapping[str, Any]) -> str:
    """Say how it ended, in one line."""
    failed = params["failed"]
    if failed:
        return f"Bulk refund finished, {_orders(failed)} failed"
    if _waiting(params):
        return f"Bulk refund: {_orders(_waiting(params))} to be confirmed by a second person"
    return f"Bulk refund finished: {_orders(params['refunded'] + params['cancelled'])} done"


def bulk_refund_finished(params: Mapping[str, Any], links: Links) -> Letter:
    """A bulk refund is over."""
    facts = [
        Fact("Orders", [params["words"]]),
        Fact("Started by", [params["acting"]]),
        Fact("Accepted by Stripe", [_orders(params["refunded"]), *_amounts(params["amounts"])]),
    ]
    if params["cancelled"]:
        facts.append(Fact("Free orders cancelled", [_orders(params["cancelled"])]))
    if params["failed"]:
        facts.append(Fact("Failed", [_orders(params["failed"]), *_amounts(params["failed_amounts"])]))
    if _waiting(params):
        facts.append(
            Fact(
                "Waiting for a second person",
                [_orders(_waiting(params)), *_amounts(params["awaiting_amounts"])],
            )
        )
    if params["skipped"]:
        facts.append(Fact("Left out", [_orders(params["skipped"])]))
    blocks: list[Block] = [Facts(facts), Paragraph(_next(params))]
    blocks.append(Button("Open the report", links.admin(f"refunds/bulk/{params['run']}")))
    return Letter(
        preview=f"{_orders(params['refunded'])} accepted by Stripe, {params['failed']} failed.",
        sender=params["organizer"],
        heading=heading(params),
        blocks=blocks,
        footer=(
            f"Sent to {params.get('member') or 'you'} as a member of {params['organizer']} who decides about refunds. "
            "The link asks for your login."
        ),
    )


def _next(params: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (_second(params), _sent(params))))


def _second(params: Mapping[str, Any]) -> str:
    if not _waiting(params):
        return ""
    count = _waiting(params)
    are, them = ("is", "it") if count == 1 else ("are", "them")
    return (
        f"{_orders(count)} {are} more than a manager gives back alone. Nothing was sent of {them}: an owner or another manager "
        f"confirms {them} on the page of this bulk refund."
    )


def _sent(params: Mapping[str, Any]) -> str:
    if params["failed"]:
        return (
            "The money of the failed ones is not with their buyers, and nothing is sent again by itself. "
            "The report says why for each, and sends them again at once when you ask it to."
        )
    if _waiting(params) and not params["refunded"]:
        return ""
    every = "Stripe has accepted every refund." if not _waiting(params) else "Stripe has accepted all others."
    return f"{every} Banks take five to ten days to show the money to the buyers."


def _waiting(params: Mapping[str, Any]) -> int:
    """Mails of earlier versions know nothing of it."""
    return params.get("awaiting_second", 0)


def _orders(count: int) -> str:
    return f"{count:,} {'order' if count == 1 else 'orders'}"


def _amounts(amounts: Mapping[str, int]) -> list[str]:
    return [l10n.money(amount, currency) for currency, amount in amounts.items()]
