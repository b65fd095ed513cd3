"""Places an order: its row, its lines with their seats held, the promotion as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.events import service as events
from kagibag_app.features.orders.rules import AppliedCode, NewLine, OrderSource, OrderStatus, email_key
from kagibag_app.features.orders.service.searching import index_order
from kagibag_app.features.orders.service.states import note_state
from kagibag_app.features.orders.tables import AppliedPromotion, LineItem, Order
from kagibag_app.features.promotions import service as promotions
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.ids import order_number, public_id
from kagibag_app.storage.transaction import Transaction

# Numbers have 40 random bits: two collisions in a row mean that the source of chance is broken.
NUMBER_TRIES = 8


async def create(
    tx: Transaction,
    actor: Actor,
    *,
    organizer_id: int,
    event_id: int,
    buyer_name: str,
    buyer_email: str,
    currency: str,
    lines: Sequence[NewLine],
    applied: AppliedCode | None,
    source: OrderSource,
    refund_policy: dict[str, Any],
    locale: str,
    hold_until: datetime | None,
    request_key: str | None = None,
) -> Order:
    """Place a pending order, version 1: seats are held and the promotion's use with them.

    Args:
        lines: One per ticket, at least one; amounts in minor units of ``currency``.
        hold_until: When an unpaid order is let go, UTC; ``None`` for one that completes at once.
        request_key: Digest of the checkout, so that the same one sent twice is one order.

    Raises:
        DomainError: ``sold_out``.
        BadInput: ``promotion_invalid``: the code's limit was reached.
    """
    await events.hold(tx, wanted=Counter(line.ticket_type_id for line in lines))
    subtotal, discount = sum(line.list_minor for line in lines), sum(line.discount_minor for line in lines)
    order = Order(
        public_id=public_id("or"),
        organizer_id=organizer_id,
        event_id=event_id,
        number=await unused_number(tx),
        buyer_name=buyer_name,
        buyer_email=buyer_email,
        email_key=email_key(buyer_email),
        currency=currency,
        subtotal_minor=subtotal,
        discount_minor=discount,
        total_minor=subtotal - discount,
        source=source,
        promotion_id=applied.promotion_id if applied else None,
        refund_policy=dict(refund_policy),
        locale=locale,
        request_key=request_key,
        placed_at=tx.now,
        hold_until=hold_until,
        updated_at=tx.now,
    )
    tx.session.add(order)
    await tx.session.flush()
    tx.session.add_all(_line(order, position, line) for position, line in enumerate(lines, start=1))
    if applied is not None:
        await _apply(tx, order, applied)
    note_state(
        tx,
        actor,
        order,
        kind=EntryKind.ORDER_PLACED,
        old="",
        new=OrderStatus.PENDING,
        data=_placed(order, applied),
    )
    await index_order(tx, order)
    await tx.session.flush()
    return order


async def unused_number(tx: Transaction, draw: Callable[[], str] = order_number) -> str:
    """Draw order numbers until one is free. The column is unique, so a race can't give one away twice."""
    for _ in range(NUMBER_TRIES):
        number = draw()
        if await tx.session.scalar(sa.select(col(Order.id)).where(col(Order.number) == number)) is None:
            return number
    raise RuntimeError(f"no free order number in {NUMBER_TRIES} draws")


async def _apply(tx: Transaction, order: Order, applied: AppliedCode) -> None:
    await promotions.redeem(
        tx, promotion_id=applied.promotion_id, order_id=order.id, email_key=order.email_key
    )
    tx.session.add(
        AppliedPromotion(
            organizer_id=order.organizer_id,
            order_id=order.id,
            promotion_id=applied.promotion_id,
            code=applied.code,
            kind=applied.kind,
            value=applied.value,
            adjustment_minor=order.discount_minor,
        )
    )


def _line(order: Order, position: int, line: NewLine) -> LineItem:
    return LineItem(
        public_id=public_id("li"),
        organizer_id=order.organizer_id,
        order_id=order.id,
        ticket_type_id=line.ticket_type_id,
        position=position,
        type_name=line.type_name,
        list_minor=line.list_minor,
        discount_minor=line.discount_minor,
        net_minor=line.list_minor - line.discount_minor,
    )


def _placed(order: Order, applied: AppliedCode | None) -> dict[str, Any]:
    return {
        "total_minor": order.total_minor,
        "currency": order.currency,
        "discount_code": applied.code if applied else "",
        "discount_minor": order.discount_minor,
    }
