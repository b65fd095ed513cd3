"""Cancels an order that was paid or free. What has to come first, its money above all, others have seen to."""

from __future__ import annotations

from kagibag_app.features.orders import queries
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.service.ending import set_cancelled
from kagibag_app.features.orders.service.tickets import void_tickets
from kagibag_app.features.orders.tables import Order
from kagibag_app.kit.actor import Actor
from kagibag_app.storage.transaction import Transaction

VOID_REASON = "order cancelled"


async def cancel_paid(
    tx: Transaction, actor: Actor, order: Order, *, put_back_on_sale: bool, returning_minor: int = 0
) -> None:
    """Cancel a locked order that was paid or free: its tickets become void.

    Args:
        put_back_on_sale: Whether their seats can be bought again.
        returning_minor: What Stripe has accepted to give back, minor units; 0 when nothing was left.

    Raises:
        InvalidTransition: It is not paid.
    """
    await set_cancelled(tx, actor, order, returning_minor=returning_minor)
    tickets = await queries.tickets_of(tx.session, order.id)
    await void_tickets(
        tx, actor, order_id=order.id, ticket_ids=[t.id for t in tickets if t.status != TicketStatus.VOID],
        reason=VOID_REASON, put_back_on_sale=put_back_on_sale,
    )  # fmt: skip
