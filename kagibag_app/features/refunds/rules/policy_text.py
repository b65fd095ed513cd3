"""A refund policy in words, for the event page, the buyer and the organizer."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from kagibag_app import l10n
from kagibag_app.features.refunds.rules.policy import (
    OrderFacts,
    PolicyOutcome,
    RefundPolicy,
    Share,
    Tier,
    deadline,
)

NOTHING_PROMISED = "No refund is promised. You may ask; the organizer decides."
NOTHING_NOW = "The policy gives nothing back now; you may still ask."


def policy_sentence(policy: RefundPolicy, starts_at: datetime, zone: str, currency: str) -> str:
    """Return the whole policy in one sentence.

    Args:
        starts_at: The event's start (UTC).
        zone: The event's zone; deadlines are days in it.
        currency: Of the fee.
    """
    tiers = [t for t in policy.tiers if t.percent]
    if not tiers:
        return NOTHING_PROMISED
    first, *later = tiers
    parts = [
        f"Until {_day(first, starts_at, zone)} you get back {_share_of_price(first)}{_fee(policy, currency)}"
    ]
    also = f", also less {l10n.money(policy.fee_minor, currency)}" if policy.fee_minor else ""
    parts += [f"until {_short_day(t, starts_at, zone)} {_short_share(t)}{also}" for t in later]
    return "; ".join([*parts, "after that nothing."])


def rule_sentence(policy: RefundPolicy, order: OrderFacts, outcome: PolicyOutcome) -> str:
    """Return the rule that applied, for the organizer: ``Until Fri 1 May 2026: 100 % less $2.00 a ticket.``"""
    if outcome.tier is not None:
        until = _day(outcome.tier, order.starts_at, order.zone)
        return f"Until {until}: {outcome.tier.percent} %{_fee(policy, order.currency)}."
    if outcome.started:
        return "After the start of the event: nothing."
    tiers = [t for t in policy.tiers if t.percent]
    if not tiers:
        return "No refund is promised."
    return f"After {_day(tiers[-1], order.starts_at, order.zone)}: nothing."


def later_rules(policy: RefundPolicy, order: OrderFacts, outcome: PolicyOutcome) -> str:
    """Return what follows the rule that applied: ``50 % until 8 May, then nothing.``"""
    if outcome.tier is None:
        return ""
    later = [t for t in policy.tiers if t.days_before < outcome.tier.days_before and t.percent]
    if not later:
        return "After that nothing."
    steps = ", ".join(f"{t.percent} % until {_short_day(t, order.starts_at, order.zone)}" for t in later)
    return f"{steps}, then nothing."


def attendee_sentence(policy: RefundPolicy, order: OrderFacts, outcome: PolicyOutcome) -> str:
    """Return the rule that applied, for the buyer."""
    if outcome.tier is None:
        return NOTHING_NOW
    until = _day(outcome.tier, order.starts_at, order.zone)
    return f"Until {until} you get back {_share_of_price(outcome.tier)}{_fee(policy, order.currency)}."


def ticket_sentence(
    policy: RefundPolicy,
    order: OrderFacts,
    outcome: PolicyOutcome,
    share: Share,
    *,
    paid_minor: int,
    used: bool,
) -> str:
    """Return what one ticket gives back and why, for the buyer: ``$42.00 paid, $2.00 kept: $40.00 back.``

    Args:
        paid_minor: What is left of its price.
        used: It was used at the door.
    """
    paid, back = l10n.money(paid_minor, order.currency), l10n.money(share.amount_minor, order.currency)
    if outcome.tier is None:
        return "The event has begun: nothing back." if outcome.started else "Nothing back any more."
    if used and not policy.checked_in_qualify:
        return "Used at the door: nothing back."
    gross = share.amount_minor + share.kept_minor
    part = "" if gross == paid_minor else f", {outcome.tier.percent} % of it back"
    kept = (
        f", less {l10n.money(share.kept_minor, order.currency)} kept by the organizer"
        if share.kept_minor
        else ""
    )
    if not part and not kept:
        return f"{paid} paid, all of it back."
    return f"{paid} paid{part}{kept}: {back} back."


def _share_of_price(tier: Tier) -> str:
    if tier.percent == 100:
        return "what you paid"
    return ("half" if tier.percent == 50 else f"{tier.percent} %") + " of what you paid"


def _short_share(tier: Tier) -> str:
    return {100: "all of it", 50: "half"}.get(tier.percent, f"{tier.percent} %")


def _fee(policy: RefundPolicy, currency: str) -> str:
    return f" less {l10n.money(policy.fee_minor, currency)} a ticket" if policy.fee_minor else ""


def _day(tier: Tier, starts_at: datetime, zone: str) -> str:
    return l10n.day(datetime.combine(deadline(tier, starts_at, zone), time(12), ZoneInfo(zone)), zone)


def _short_day(tier: Tier, starts_at: datetime, zone: str) -> str:
    return " ".join(_day(tier, starts_at, zone).split()[1:3])
