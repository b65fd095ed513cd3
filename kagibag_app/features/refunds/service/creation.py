"""New refund rows: reserved, keyed and queued in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.rules import SEND_REFUND, RefundSource
from kagibag_app.features.refunds.rules.pacing import AT_ONCE
from kagibag_app.features.refunds.service.allocating import write_allocations
from kagibag_app.features.refunds.service.pacing import lane, take_turn
from kagibag_app.features.refunds.tables import Refund, RefundTicket
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import ids
from kagibag_app.kit.actor import Actor
from kagibag_app.live import topics
from kagibag_app.storage.synthetic import require_real
from kagibag_app.storage.transaction import Transaction


async def create_refund(
    tx: Transaction,
    actor: Actor,
    *,
    order: Order,
    payment: Payment,
    amount_minor: int,
    allocations: Mapping[int, int],
    source: RefundSource,
    request_id: int | None = None,
    retry_of: int | None = None,
    reserve: bool = True,
    cancels_order: bool = False,
    keeps_seats: bool = False,
    ticket_ids: Collection[int] = (),
    confirmed: bool = False,
    keeps_tickets: bool = False,
) -> Refund:
    """Reserve the amount, write the refund with its key, and ask for it to be sent after the commit.

    Args:
        allocations: Minor units by line item id; empty for money that never belonged to the order.
        reserve: False when the row takes over the reservation of the one it replaces.
        cancels_order: The order becomes cancelled when Stripe accepts it.
        keeps_seats: The seats of the tickets that it ends stay off sale.
        ticket_ids: The tickets that it ends, where no request names them.
        keeps_tickets: The tickets that its request names stay valid.
        confirmed: A second person has confirmed it: it counts for nobody's limit.

    Raises:
        DomainError: ``refund_exceeds_remaining``: the payment has not that much left; ``synthetic_data``.
    """
    await require_real(tx, order.organizer_id)
    if reserve:
        await payments.reserve(tx, payment_id=payment.id or 0, amount_minor=amount_minor)
    public_id = ids.public_id("rf")
    refund = Refund(
        public_id=public_id, organizer_id=order.organizer_id, order_id=order.id or 0, payment_id=payment.id or 0,
        request_id=request_id, account=payment.account, amount_minor=amount_minor, currency=order.currency,
        source=source, idempotency_key=f"refund-{public_id}", retry_of=retry_of, requested_by=actor.name,
        created_at=tx.now, next_try_at=tx.now, cancels_order=cancels_order, keeps_seats=keeps_seats,
        keeps_tickets=keeps_tickets, alone_by_id=None if confirmed else actor.user_id,
    )  # fmt: skip
    tx.session.add(refund)
    await tx.session.flush()
    tx.session.add_all(RefundTicket(refund_id=refund.id or 0, ticket_id=ticket) for ticket in ticket_ids)
    await write_allocations(tx, refund, allocations)
    tx.enqueue(SEND_REFUND, public_id, refund_id=public_id, **await _turn(tx, refund))
    touch(tx, order.organizer_id, order.id or 0)
    return refund


async def _turn(tx: Transaction, refund: Refund) -> dict[str, Any]:
    """Return when a refund's job is due and behind which others it waits."""
    if refund.source != RefundSource.BULK:
        return {"lane": f"refund:{refund.payment_id}", "lane_limit": 1}
    # Thousands may be started together: one that a person starts never stands behind them.
    refund.next_try_at = await take_turn(tx, refund.account)
    return {"lane": lane(refund.account), "lane_limit": AT_ONCE, "due_at": refund.next_try_at}


def note(
    tx: Transaction,
    actor: Actor,
    refund: Refund,
    kind: EntryKind,
    *,
    unexpected: bool = False,
    **data: Any,
) -> None:
    """Put a refund's step on its order's timeline and tell the open pages."""
    timeline.record(
        tx, actor, organizer_id=refund.organizer_id, order_id=refund.order_id, kind=kind, unexpected=unexpected,
        data={"refund": refund.public_id, "amount_minor": refund.amount_minor, "currency": refund.currency, **data},
    )  # fmt: skip
    touch(tx, refund.organizer_id, refund.order_id)


def touch(tx: Transaction, organizer_id: int, order_id: int) -> None:
    """Tell every page that shows an order's refunds."""
    tx.touch(topics.refunds(organizer_id))
    tx.touch(topics.orders(organizer_id))
    tx.touch(topics.order(order_id))
