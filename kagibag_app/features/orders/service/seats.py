"""Lets the seats of an unpaid order go, and takes them again for another try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from kagibag_app.features.events import service as events
from kagibag_app.features.orders import queries
from kagibag_app.features.orders.rules import HOLD, ORDER_MOVES, OrderStatus, Seat
from kagibag_app.features.orders.service.ending import set_cancelled
from kagibag_app.features.orders.service.states import set_status
from kagibag_app.features.orders.tables import LineItem, Order
from kagibag_app.features.promotions import service as promotions
from kagibag_app.kit.actor import Actor
from kagibag_app.storage.transaction import Transaction


async def release(tx: Transaction, actor: Actor, order: Order, status: OrderStatus) -> None:
    """Give back the seats and the code's use that a locked, unpaid order holds.

    Args:
        status: ``EXPIRED``, ``PAYMENT_FAILED`` or ``CANCELLED``; where a member asked for it, it becomes cancelled
            whatever ended the wait.

    Raises:
        InvalidTransition: The order can't become that; nothing was changed.
    """
    if order.cancel_asked_at is not None:
        status = OrderStatus.CANCELLED
    ORDER_MOVES.require(OrderStatus(order.status), status)
    held = [line for line in await queries.lines_of(tx.session, order.id) if line.seat == Seat.HELD]
    await events.release_held(tx, counts=seat_counts(held))
    await promotions.release(tx, order_id=order.id)
    set_seats(held, Seat.RELEASED)
    order.hold_until = None
    if status == OrderStatus.CANCELLED:
        await set_cancelled(tx, actor, order)
    else:
        await set_status(tx, actor, order, status)


async def hold_again(tx: Transaction, actor: Actor, order: Order) -> None:
    """Hold the seats and the code's use of a locked order whose payment failed, for another try.

    Raises:
        InvalidTransition: Its payment did not fail.
        DomainError: ``sold_out``, or ``promotion_invalid`` when the code's limit was reached meanwhile.
            The caller's transaction must not be committed then.
    """
    ORDER_MOVES.require(OrderStatus(order.status), OrderStatus.PENDING)
    lines = await queries.lines_of(tx.session, order.id)
    await events.hold(tx, wanted=seat_counts(lines))
    await promotions.redeem_again(tx, order_id=order.id)
    set_seats(lines, Seat.HELD)
    order.hold_until = tx.now + HOLD
    await set_status(tx, actor, order, OrderStatus.PENDING)


def seat_counts(lines: Iterable[LineItem]) -> Counter[int]:
    """Count lines by ticket type."""
    return Counter(line.ticket_type_id for line in lines)


def set_seats(lines: Iterable[LineItem], seat: Seat) -> None:
    """Note on each line what it takes of capacity."""
    for line in lines:
        line.seat = seat
