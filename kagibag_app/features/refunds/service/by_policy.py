"""Requests that the policy answers alone: whether it may, and the approval in its name."""

from __future__ import annotations

from collections.abc import Sequence

from kagibag_app import l10n
from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.orders.rules import DisputeState, TicketStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.queries import TicketLine
from kagibag_app.features.refunds.rules import (
    OrderFacts,
    PolicyOutcome,
    RefundPolicy,
    RefundSource,
    RequestStatus,
)
from kagibag_app.features.refunds.rules.automatic import Shown, why_person_for_order, why_person_for_tickets
from kagibag_app.features.refunds.service.approving import left_of, send_approved
from kagibag_app.features.refunds.service.states import move_request
from kagibag_app.features.refunds.tables import RefundRequest
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.errors import DomainError
from kagibag_app.storage.transaction import Transaction


async def why_person(
    tx: Transaction,
    order: Order,
    policy: RefundPolicy,
    facts: OrderFacts,
    outcome: PolicyOutcome,
    chosen: Sequence[TicketLine],
) -> str:
    """Return why a person has to decide about these tickets of an order, in a sentence; empty: nobody has to."""
    return why_person_for_order(
        policy, facts, tx.now, disputed=order.dispute_state == DisputeState.OPEN,
        asked_before=await queries.asked_before(tx.session, order.id or 0),
    ) or why_person_for_tickets(
        outcome.amount_minor, order.currency,
        used=sum(line.ticket.status == TicketStatus.CHECKED_IN for line in chosen),
        limit_minor=(await accounts.manager_limits(tx.session, order.organizer_id)).get(order.currency),
    )  # fmt: skip


def check_shown(shown: Shown | None, now: Shown, currency: str) -> None:
    """Refuse what would end in something else than the buyer saw before sending.

    Raises:
        DomainError: ``outcome_changed``.
    """
    if shown in (None, now):
        return
    raise DomainError(
        f"Something changed while you looked: {l10n.money(now.amount_minor, currency)} would go back now. "
        "Nothing was asked; look again, then send.",
        code="outcome_changed",
    )


async def approve_at_once(tx: Transaction, order: Order, payment_id: int, row: RefundRequest) -> None:
    """Approve by the policy alone: nobody has to look at it, and the timeline says which rule did it."""
    payment = await payments.locked(tx, payment_id)
    refundable = await left_of(tx, order, row)
    await move_request(tx, row, RequestStatus.APPROVED)
    row.decided_at = tx.now
    await send_approved(
        tx, SYSTEM, order=order, payment=payment, request=row, amount_minor=row.amount_minor, refundable=refundable,
        source=RefundSource.POLICY, rule=str(row.outcome["rule"]),
    )  # fmt: skip
