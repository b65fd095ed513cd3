"""Verbs of promotions: create one, and count its uses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.promotions import queries
from kagibag_app.features.promotions.rules import (
    INVALID,
    PromotionKind,
    UseState,
    check_code,
    check_limit,
    check_value,
)
from kagibag_app.features.promotions.tables import Promotion, PromotionUse
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.ids import public_id
from kagibag_app.kit.money import currency as supported_currency
from kagibag_app.storage.transaction import Transaction


async def create_promotion(
    tx: Transaction,
    actor: Actor,
    *,
    organizer_id: int,
    code: str,
    kind: PromotionKind,
    value: int,
    currency: str = "",
    event_id: int | None = None,
    ticket_type_ids: Sequence[int] = (),
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    max_uses: int | None = None,
    max_uses_per_email: int | None = None,
    active: bool = True,
) -> Promotion:
    """Add a discount code.

    Args:
        value: Basis points for ``percent``, minor units of ``currency`` for ``fixed``.
        currency: Needed for ``fixed`` alone.
        event_id: ``None``: all of the organizer's events.
        ticket_type_ids: Empty: all ticket types.
        starts_at: UTC, inclusive; ``ends_at`` exclusive.

    Raises:
        BadInput: A field can't be used, or the organizer has the code already.
    """
    money = supported_currency(currency).code if kind == PromotionKind.FIXED else ""
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise BadInput("A code ends after it starts.", field="ends_at")
    promotion = Promotion(
        public_id=public_id("pr"),
        organizer_id=organizer_id,
        code=check_code(code),
        kind=kind,
        value=check_value(kind, value, money),
        currency=money,
        event_id=event_id,
        ticket_type_ids=sorted(set(ticket_type_ids)),
        starts_at=starts_at,
        ends_at=ends_at,
        max_uses=check_limit(max_uses, field="max_uses"),
        max_uses_per_email=check_limit(max_uses_per_email, field="max_uses_per_email"),
        active=active,
        created_at=tx.now,
    )
    if await queries.promotion_by_code(tx.session, organizer_id, promotion.code) is not None:
        raise BadInput("You have this code already. Please choose another.", field="code")
    tx.session.add(promotion)
    await tx.session.flush()
    timeline.audit(
        tx, actor, kind=AuditKind.PROMOTION_CREATED, organizer_id=organizer_id, subject=promotion.public_id,
        data={"code": promotion.code, "kind": promotion.kind, "value": promotion.value},
    )  # fmt: skip
    return promotion


async def lock_by_code(tx: Transaction, *, organizer_id: int, code: object) -> Promotion | None:
    """Lock the organizer's promotion of a typed code and return it as it is now."""
    found = await queries.promotion_by_code(tx.session, organizer_id, code)
    return None if found is None else await _lock(tx, found.id)


async def redeem(tx: Transaction, *, promotion_id: int, order_id: int, email_key: str) -> None:
    """Hold one use of a promotion for an unpaid order; both limits are checked again under the row's lock.

    Args:
        email_key: The buyer's email as ``orders.rules.email_key`` gives it.

    Raises:
        BadInput: ``promotion_invalid``: a limit is reached.
    """
    await _take(tx, promotion_id, email_key)
    tx.session.add(
        PromotionUse(promotion_id=promotion_id, order_id=order_id, email_key=email_key, created_at=tx.now)
    )


async def redeem_again(tx: Transaction, *, order_id: int) -> None:
    """Hold again what an order gave back, for another try to pay.

    Raises:
        BadInput: ``promotion_invalid``: a limit was reached meanwhile.
    """
    for use in await _uses(tx, order_id, UseState.RELEASED):
        await _take(tx, use.promotion_id, use.email_key)
        use.state = UseState.HELD


async def confirm(tx: Transaction, *, order_id: int) -> None:
    """Count an order's use for good, now that it is paid.

    A use that was given back before late money arrived counts again, even above the limit: the buyer paid
    the lowered price.
    """
    for use in await _uses(tx, order_id, UseState.HELD, UseState.RELEASED):
        if use.state == UseState.RELEASED:
            promotion = await _lock(tx, use.promotion_id)
            promotion.uses += 1
        use.state = UseState.USED


async def release(tx: Transaction, *, order_id: int) -> None:
    """Give back the use that an unpaid order held; an order without one is left alone."""
    for use in await _uses(tx, order_id, UseState.HELD):
        promotion = await _lock(tx, use.promotion_id)
        promotion.uses -= 1
        use.state = UseState.RELEASED


async def move_uses(tx: Transaction, *, order_id: int, email_key: str) -> None:
    """Count an order's uses under another address, whatever its limit: it was sold under it and stands.

    Args:
        email_key: The buyer's corrected email as ``orders.rules.email_key`` gives it.
    """
    for use in await _uses(tx, order_id, *UseState):
        use.email_key = email_key


async def _take(tx: Transaction, promotion_id: int, email_key: str) -> None:
    promotion = await _lock(tx, promotion_id)
    limit = promotion.max_uses_per_email
    mine = await queries.uses_by_email(tx.session, promotion.organizer_id, promotion_id, email_key)
    if limit is not None and mine >= limit:
        raise BadInput(INVALID.sentence, field="code", code=INVALID.code)
    taken = await tx.session.scalar(
        sa.update(Promotion)
        .where(
            col(Promotion.id) == promotion_id,
            sa.or_(col(Promotion.max_uses).is_(None), col(Promotion.uses) < col(Promotion.max_uses)),
        )
        .values(uses=col(Promotion.uses) + 1)
        .returning(col(Promotion.id))
    )
    if taken is None:
        raise BadInput(INVALID.sentence, field="code", code=INVALID.code)


async def _lock(tx: Transaction, promotion_id: int) -> Promotion:
    rows = await tx.session.scalars(
        sa.select(Promotion)
        .where(col(Promotion.id) == promotion_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.one()


async def _uses(tx: Transaction, order_id: int, *states: UseState) -> list[PromotionUse]:
    rows = await tx.session.scalars(
        sa.select(PromotionUse)
        .where(col(PromotionUse.order_id) == order_id, col(PromotionUse.state).in_(states))
        .order_by(col(PromotionUse.promotion_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)
