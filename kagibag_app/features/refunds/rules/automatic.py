"""When a request needs no person: the policy says so, and nothing about the order speaks against it.

Both sides are told before anything is sent: the same rule answers the form, the request and the review. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from kagibag_app import l10n
from kagibag_app.features.refunds.rules.policy import OrderFacts, RefundPolicy, Tier, deadline

NEVER = "The policy leaves every request to a person."
OVER = "The event has begun."
DISPUTED = "The payment is disputed at the buyer's bank."
ASKED_BEFORE = "It is not the first request of this order."
USED = "A ticket was used at the door."
NOTHING_BACK = "The policy gives nothing back now."


@dataclass(frozen=True, slots=True)
class Shown:
    """What the buyer saw before sending: the amount (minor units), and whether it is decided at once."""

    amount_minor: int
    at_once: bool


def why_person_for_order(
    policy: RefundPolicy, order: OrderFacts, now: datetime, *, disputed: bool, asked_before: bool
) -> str:
    """Return why a person decides about any request of an order now, in a sentence; empty when none has to.

    Args:
        now: UTC.
        disputed: An inquiry or a dispute of it is open.
        asked_before: The buyer asked for money of it before, whatever became of that.
    """
    if policy.automatic_days_before is None:
        return NEVER
    if now >= order.starts_at:
        return OVER
    last = deadline(Tier(policy.automatic_days_before, 0), order.starts_at, order.zone)
    if now.astimezone(ZoneInfo(order.zone)).date() > last:
        noon = datetime.combine(last, time(12), ZoneInfo(order.zone))
        return f"The policy decides by itself until {l10n.day(noon, order.zone)} only."
    if disputed:
        return DISPUTED
    return ASKED_BEFORE if asked_before else ""


def why_person_for_tickets(amount_minor: int, currency: str, *, used: int, limit_minor: int | None) -> str:
    """Return why a person decides about these tickets although the order needs none; empty when none has to.

    Args:
        amount_minor: What the policy gives for them together, minor units.
        used: How many of them were used at the door.
        limit_minor: What a manager may give back alone: more than that is never given by nobody. ``None``: any amount.
    """
    if used:
        return USED
    if amount_minor <= 0:
        return NOTHING_BACK
    if limit_minor is not None and amount_minor > limit_minor:
        return f"It is more than {l10n.money(limit_minor, currency)}, what one manager may give back alone."
    return ""
