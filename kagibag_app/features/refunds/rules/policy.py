"""The refund policy of an event: what a buyer gets back, and when.

Pure: the same policy, tickets and moment always give the same amounts. The sentences are in ``policy_text``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.money import currency as currency_of
from kagibag_app.kit.money import percent_of

MAX_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Tier:
    """Until ``days_before`` calendar days before the event's local start, that day included: ``percent`` back."""

    days_before: int
    percent: int


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    """What an organizer promises.

    Attributes:
        tiers: Earliest deadline first; none: nothing is promised.
        fee_minor: Kept of every refunded ticket, minor units of the event's currency.
        checked_in_qualify: Whether a ticket that was used at the door may still be refunded.
        put_back_on_sale: Whether the seat of a refunded ticket is sold again.
        automatic_days_before: Requests at least that early need no decision; ``None``: a person always decides.
    """

    tiers: tuple[Tier, ...] = ()
    fee_minor: int = 0
    checked_in_qualify: bool = False
    put_back_on_sale: bool = True
    automatic_days_before: int | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> RefundPolicy:
        """Read the stored document; an empty one promises nothing.

        Raises:
            BadInput: A part has the wrong type or lies outside its range.
        """
        tiers = [
            Tier(
                _whole(t.get("days_before"), "days before", MAX_DAYS),
                _whole(t.get("percent"), "percent", 100),
            )
            for t in document.get("tiers", [])
        ]
        if len({t.days_before for t in tiers}) != len(tiers):
            raise BadInput("Two tiers of a refund policy end on the same day.", field="refund_policy")
        automatic = document.get("automatic_days_before")
        return cls(
            tiers=tuple(sorted(tiers, key=lambda t: -t.days_before)),
            fee_minor=_whole(document.get("fee_minor", 0), "fee", 10**12),
            checked_in_qualify=document.get("checked_in_qualify", False) is True,
            put_back_on_sale=document.get("put_back_on_sale", True) is not False,
            automatic_days_before=None
            if automatic is None
            else _whole(automatic, "automatic days", MAX_DAYS),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the JSON object that is stored with events and orders."""
        return {
            "tiers": [{"days_before": t.days_before, "percent": t.percent} for t in self.tiers],
            "fee_minor": self.fee_minor,
            "checked_in_qualify": self.checked_in_qualify,
            "put_back_on_sale": self.put_back_on_sale,
            "automatic_days_before": self.automatic_days_before,
        }


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the policy needs to know of an order: currency, the event's start (UTC) and its zone."""

    currency: str
    starts_at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What the policy needs to know of a ticket: its line, what of the line is refundable, whether it was used."""

    line_item_id: int
    refundable_minor: int
    checked_in: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """One line's part: ``amount_minor`` goes back, ``kept_minor`` is the fee that the organizer keeps of it."""

    line_item_id: int
    amount_minor: int
    kept_minor: int = 0


@dataclass(frozen=True, slots=True)
class PolicyOutcome:
    """What the policy gives for some tickets.

    Attributes:
        amount_minor: Sum of the shares.
        shares: One a ticket, in the order given.
        tier: The tier that applied; ``None`` when nothing is promised any more.
        started: The event had begun.
    """

    amount_minor: int
    shares: tuple[Share, ...]
    tier: Tier | None
    started: bool


def deadline(tier: Tier, starts_at: datetime, zone: str) -> date:
    """Return the tier's last day, in the event's zone."""
    return starts_at.astimezone(ZoneInfo(zone)).date() - timedelta(days=tier.days_before)


def tier_at(policy: RefundPolicy, starts_at: datetime, zone: str, now: datetime) -> Tier | None:
    """Return the tier that applies at a moment; none after the last deadline or once the event has begun."""
    if now >= starts_at:
        return None
    today = now.astimezone(ZoneInfo(zone)).date()
    return next((t for t in policy.tiers if today <= deadline(t, starts_at, zone)), None)


def policy_outcome(
    policy: RefundPolicy, order: OrderFacts, tickets: Sequence[TicketFacts], now: datetime
) -> PolicyOutcome:
    """Say what the policy gives back for these tickets now.

    Each line stands for itself, so that the outcome of several tickets is the sum of theirs. A full refund
    takes the line's exact remainder; everything is a multiple of the currency's step.

    Source: brief "Refund requests"; the fee kept of a line is never more than what would go back.
    """
    tier = tier_at(policy, order.starts_at, order.zone, now)
    step = currency_of(order.currency).step
    shares = tuple(_share(policy, tier, ticket, step) for ticket in tickets)
    return PolicyOutcome(sum(s.amount_minor for s in shares), shares, tier, now >= order.starts_at)


def _share(policy: RefundPolicy, tier: Tier | None, ticket: TicketFacts, step: int) -> Share:
    if tier is None or (ticket.checked_in and not policy.checked_in_qualify):
        return Share(ticket.line_item_id, 0)
    refundable = max(ticket.refundable_minor, 0)
    gross = refundable if tier.percent == 100 else percent_of(refundable, tier.percent * 100, step)
    kept = min(policy.fee_minor // step * step, gross)
    return Share(ticket.line_item_id, gross - kept, kept)


def _whole(value: object, name: str, limit: int) -> int:
    if type(value) is not int or not 0 <= value <= limit:
        raise BadInput(
            f"The {name} of a refund policy is a whole number from 0 to {limit:,}.", field="refund_policy"
        )
    return value
