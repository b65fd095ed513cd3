"""What a run would do with an order as it stands, before anybody agreed to anything."""

from __future__ import annotations

from dataclasses import dataclass

from kagibag_app.features.orders.rules import DisputeState, OrderSource, OrderStatus
from kagibag_app.features.refunds.rules.asking import FREE, why_no_refund, why_nothing_left
from kagibag_app.features.refunds.rules.cancelling import REFUNDING
from kagibag_app.kit.money import currency as currency_of

FREE_CODE = FREE[0]
CHECKED_IN = ("checked_in", "A ticket of this order was used at the door.")
NO_LONGER = ("order_not_paid", "This order is free and no longer valid, so there is nothing to do.")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an order, all amounts in minor units.

    Attributes:
        captured: It has a payment that paid it; ``room_minor``: what of that no refund holds or has returned.
        lines_left_minor: Sum of what is left of its lines.
        on_its_way: A refund of it was not accepted by Stripe yet.
        tickets, checked_in: How many let somebody in, and how many of those did.
    """

    source: str
    status: str
    currency: str
    total_minor: int
    dispute_state: str
    captured: bool
    open_chargeback: bool
    room_minor: int
    lines_left_minor: int
    on_its_way: bool
    tickets: int
    checked_in: int


@dataclass(frozen=True, slots=True)
class Planned:
    """What would go back of an order, minor units; or code and sentence of why nothing does."""

    amount_minor: int
    code: str = ""
    reason: str = ""


def plan(facts: Facts) -> Planned:
    """Say what a run would do with an order. Whoever runs it decides again, on what is true then."""
    if facts.source == OrderSource.FREE and facts.status != OrderStatus.PAID:
        return Planned(0, *NO_LONGER)
    left = _left(facts)
    obstacle = why_no_refund(
        source=facts.source, status=facts.status, total_minor=facts.total_minor, captured=facts.captured,
        open_chargeback=facts.open_chargeback,
    ) or why_nothing_left(
        dispute_state=facts.dispute_state, left_minor=left, on_its_way=facts.on_its_way
    )  # fmt: skip
    if obstacle is None and facts.on_its_way:
        obstacle = REFUNDING
    return Planned(0, *obstacle) if obstacle is not None else Planned(left)


def _left(facts: Facts) -> int:
    if facts.dispute_state == DisputeState.LOST:
        return 0
    left = max(min(facts.lines_left_minor, facts.room_minor), 0)
    return left - left % currency_of(facts.currency).step
