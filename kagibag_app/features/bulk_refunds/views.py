"""Runs as screens, reports and mails show them. Times are UTC, amounts minor units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.bulk_refunds.rules import BulkStatus, Cover, OrderState
from kagibag_app.kit.actor import Actor


@dataclass(frozen=True, slots=True)
class Sum:
    """Orders of one state in one currency."""

    state: OrderState
    currency: str
    orders: int
    tickets: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Exceptions:
    """How many orders are left out for one reason.

    Attributes:
        code: Machine name; ``reason``: a sentence about one of them.
    """

    code: str
    reason: str
    orders: int


@dataclass(frozen=True, slots=True)
class FirstApproved:
    """Orders of one currency that a member approved first and that wait for a second person."""

    user_id: int
    by: str
    currency: str
    orders: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RunView:
    """One run.

    Attributes:
        words: Which orders, as the list of orders says it.
        event: Title of the event that it covers whole; empty for a filter.
        sums: By state and currency, what is left out included.
        exceptions: What is left out, most first.
        used: Of what waits, by currency: orders with a ticket that was used at the door.
        requested: Orders, of those that are not left out, with a buyer's request that waits for a decision.
        free: Orders that cost nothing and that the run can cancel.
        covers: What Stripe held at the preview, compared with what goes back.
        firsts: What waits for a second person, by who approved it first.
        doubtful: Refunds on their way of which Stripe has not said clearly whether it has them.
    """

    id: str
    status: BulkStatus
    version: int
    words: str
    event: str
    ends_tickets: bool
    keeps_seats: bool
    cancels_orders: bool
    with_checked_in: bool
    message: str
    made_by: str
    acting: str
    note: str
    made_at: datetime
    previewed_at: datetime | None
    started_at: datetime | None
    paused_at: datetime | None
    finished_at: datetime | None
    sums: list[Sum]
    exceptions: list[Exceptions]
    used: list[Sum]
    requested: int
    free: int
    covers: list[Cover]
    firsts: list[FirstApproved]
    doubtful: int

    def orders(self, *states: OrderState) -> int:
        """Return how many orders are in these states; in any of them when none is named."""
        return sum(part.orders for part in self.sums if not states or part.state in states)

    def tickets(self, *states: OrderState) -> int:
        """Return how many tickets their orders have."""
        return sum(part.tickets for part in self.sums if part.state in states)

    def confirmable(self, actor: Actor) -> list[FirstApproved]:
        """Return what waits for a second person whom this member can be."""
        return [found for found in self.firsts if actor.role == Role.OWNER or found.user_id != actor.user_id]

    def amounts(self, *states: OrderState) -> dict[str, int]:
        """Return what goes or went back in these states, by currency; none of it is added across."""
        found: dict[str, int] = {}
        for part in self.sums:
            if part.state in states and part.amount_minor:
                found[part.currency] = found.get(part.currency, 0) + part.amount_minor
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the list of runs."""

    id: str
    status: BulkStatus
    words: str
    acting: str
    made_at: datetime
    orders: int
    done: int
    failed: int
    awaiting_second: int
    amounts: dict[str, int]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order of a run.

    Attributes:
        refund: Public id of its newest refund; ``stripe_id``: that one's at Stripe. Empty for none.
        moved_at: When its state changed last.
    """

    number: str
    buyer: str
    event: str
    currency: str
    amount_minor: int
    tickets: int
    checked_in: int
    requested: bool
    state: OrderState
    reason: str
    refund: str
    stripe_id: str
    moved_at: datetime | None
