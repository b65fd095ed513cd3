"""The states of an order. Each change raises its version and writes one entry on the timeline."""

from __future__ import annotations

from typing import Any

from kagibag_app.features.orders.rules import ORDER_MOVES, DisputeState, OrderStatus, RefundState
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import SYSTEM, Actor
from kagibag_app.kit.errors import NotFound
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction


async def lock(tx: Transaction, order_id: int) -> Order:
    """Lock an order's row and return it as it is now. It comes before every other row of the order.

    Raises:
        NotFound: There is no such order.
    """
    order = await tx.session.get(Order, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound("order")
    return order


async def set_status(
    tx: Transaction, actor: Actor, order: Order, status: OrderStatus, *, data: dict[str, Any] | None = None
) -> None:
    """Move a locked order to another status.

    Args:
        data: JSON values for the timeline's sentence.

    Raises:
        InvalidTransition: The status may not follow; nothing was changed.
    """
    old, asked = order.status, order.cancel_asked_at is not None
    order.status = ORDER_MOVES.require(OrderStatus(old), status)
    order.cancel_asked_at = None
    if status == OrderStatus.CANCELLED:
        order.cancelled_at = tx.now
    elif asked:
        timeline.record(
            tx, SYSTEM, organizer_id=order.organizer_id, order_id=order.id, kind=EntryKind.CANCEL_DROPPED
        )
    note_state(tx, actor, order, kind=EntryKind.ORDER_STATUS, old=old, new=status, data=data)


def note_decision(
    tx: Transaction, actor: Actor, order: Order, *, kind: EntryKind, data: dict[str, Any]
) -> None:
    """Note that a member decided about a locked order's money, whatever comes of it.

    It raises the version: who looked at the order before decides about something else.

    Args:
        data: JSON values for the timeline's sentence.
    """
    note_state(tx, actor, order, kind=kind, old=order.status, new=order.status, data=data)


async def set_money_state(
    tx: Transaction,
    actor: Actor,
    *,
    order_id: int,
    refunded_minor: int | None = None,
    refund_state: RefundState | None = None,
    dispute_state: DisputeState | None = None,
) -> None:
    """Store what refunds and disputes recomputed; what stays the same leaves no entry.

    Args:
        refunded_minor: Sum of the succeeded refunds; ``None`` keeps a value, here and below.
    """
    order = await lock(tx, order_id)
    if refunded_minor is not None:
        order.refunded_minor = refunded_minor
    amounts = {"refunded_minor": order.refunded_minor, "currency": order.currency}
    if refund_state is not None and refund_state != order.refund_state:
        old, order.refund_state = order.refund_state, refund_state
        note_state(tx, actor, order, kind=EntryKind.REFUND_STATE, old=old, new=refund_state, data=amounts)
    if dispute_state is not None and dispute_state != order.dispute_state:
        old, order.dispute_state = order.dispute_state, dispute_state
        note_state(tx, actor, order, kind=EntryKind.DISPUTE_STATE, old=old, new=dispute_state)
    touch(tx, order)


def note_state(
    tx: Transaction,
    actor: Actor,
    order: Order,
    *,
    kind: EntryKind,
    old: str,
    new: str,
    data: dict[str, Any] | None = None,
) -> None:
    """Raise the order's version and write the entry that carries it."""
    order.version += 1
    timeline.record_state(
        tx, actor, organizer_id=order.organizer_id, order_id=order.id, kind=kind, old=old, new=new,
        version=order.version, data=data,
    )  # fmt: skip
    touch(tx, order)


def touch(tx: Transaction, order: Order) -> None:
    """Note the moment of a change and tell the pages that show the order or its list."""
    order.updated_at = tx.now
    tx.touch(topics.order(order.id))
    tx.touch(topics.orders(order.organizer_id))
