"""The organizer's list of orders: filtered, searched, a page at a time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.events.views import iso
from kagibag_app.features.orders.rules import (
    PAGE_SIZE,
    OrderFilter,
    StatusFilter,
    condition_of,
    email_key,
    mask_email,
    number_part,
    search_text,
)
from kagibag_app.features.orders.tables import AppliedPromotion, LineItem, Order
from kagibag_app.features.orders.views import OrderPage, OrderRow, StatusCount
from kagibag_app.storage.columns import UtcDateTime

Conditions = list[sa.ColumnElement[bool]]

_POSITION = sa.tuple_(col(Order.placed_at), col(Order.id))


async def order_page(
    session: AsyncSession,
    organizer_id: int,
    chosen: OrderFilter,
    *,
    after: str = "",
    before: str = "",
    limit: int = PAGE_SIZE,
    show_emails: bool = True,
) -> OrderPage:
    """Return a page of the organizer's orders, the newest first, with the count of every status.

    Args:
        chosen: Filters and search; wildcards in the search are plain characters.
        after: Public id of an order: the page that follows it. ``before``: the page that ends at it.
            An id that is not (or no longer) the organizer's gives the first page.
        limit: Rows; at most ``PAGE_SIZE``.
        show_emails: False masks addresses, and the search compares whole ones only.

    Raises:
        BadInput: The search is longer than any number or address.
    """
    base = _base(organizer_id, chosen, show_emails)
    counts = await _counts(session, base)
    wanted = [*base, *_status(chosen.status)]
    size = min(max(limit, 1), PAGE_SIZE)
    backwards = bool(before) and not after
    anchor = await _anchor(session, organizer_id, after or before)
    backwards = backwards and anchor is not None
    found = await _rows(session, wanted, anchor, backwards=backwards, limit=size + 1)
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows = rows[::-1]
    # Behind the page lies what we came from, ahead of it what the extra row proves.
    has_next, has_previous = (True, more) if backwards else (more, anchor is not None)
    return OrderPage(
        rows=await _views(session, rows, show_emails),
        counts=[StatusCount(status, count) for status, count in counts.items()],
        total=counts[chosen.status],
        next_after=rows[-1].public_id if rows and has_next else "",
        previous_before=rows[0].public_id if rows and has_previous else "",
    )


def _base(organizer_id: int, chosen: OrderFilter, show_emails: bool) -> Conditions:
    conditions: Conditions = [col(Order.organizer_id) == organizer_id]
    if chosen.event:
        events = sa.select(col(Event.id)).where(
            col(Event.organizer_id) == organizer_id, col(Event.public_id) == chosen.event
        )
        conditions.append(col(Order.event_id).in_(events))
    if chosen.placed_from is not None:
        conditions.append(col(Order.placed_at) >= chosen.placed_from)
    if chosen.placed_until is not None:
        conditions.append(col(Order.placed_at) < chosen.placed_until)
    search = search_text(chosen.search)
    if search:
        conditions.append(_search(search, show_emails))
    return conditions


def _search(search: str, show_emails: bool) -> sa.ColumnElement[bool]:
    typed = email_key(search)
    email = col(Order.email_key)
    by_email = email.contains(typed, autoescape=True) if show_emails else email == typed
    part = number_part(search)
    if not part:
        return by_email
    return sa.or_(sa.func.replace(col(Order.number), "-", "").contains(part, autoescape=True), by_email)


def _status(choice: StatusFilter) -> Conditions:
    condition = condition_of(choice)
    return [] if condition is None else [col(getattr(Order, condition[0])) == condition[1]]


async def _counts(session: AsyncSession, base: Conditions) -> dict[StatusFilter, int]:
    names: list[str] = ["status", "refund_state", "dispute_state"]
    columns = [col(getattr(Order, name)) for name in names]
    found = await session.execute(sa.select(*columns, sa.func.count()).where(*base).group_by(*columns))
    groups = [(dict(zip(names, states, strict=True)), count) for *states, count in found.all()]
    return {
        choice: sum(count for states, count in groups if _holds(choice, states)) for choice in StatusFilter
    }


def _holds(choice: StatusFilter, states: dict[str, str]) -> bool:
    condition = condition_of(choice)
    return condition is None or states[condition[0]] == condition[1]


async def _anchor(session: AsyncSession, organizer_id: int, public_id: str) -> Order | None:
    if not public_id:
        return None
    return await session.scalar(
        sa.select(Order).where(col(Order.organizer_id) == organizer_id, col(Order.public_id) == public_id)
    )


async def _rows(
    session: AsyncSession, wanted: Conditions, anchor: Order | None, *, backwards: bool, limit: int
) -> list[Order]:
    query = sa.select(Order).where(*wanted).limit(limit)
    if anchor is not None:
        at = sa.tuple_(sa.literal(anchor.placed_at, UtcDateTime()), sa.literal(anchor.id))
        query = query.where(at < _POSITION if backwards else at > _POSITION)
    if backwards:
        query = query.order_by(col(Order.placed_at), col(Order.id))
    else:
        query = query.order_by(col(Order.placed_at).desc(), col(Order.id).desc())
    return list(await session.scalars(query))


async def _views(session: AsyncSession, rows: list[Order], show_emails: bool) -> list[OrderRow]:
    ids = [row.id for row in rows]
    titles = await _pairs(
        session,
        sa.select(col(Event.id), col(Event.title)).where(col(Event.id).in_({r.event_id for r in rows})),
    )
    codes = await _pairs(
        session,
        sa.select(col(AppliedPromotion.order_id), col(AppliedPromotion.code)).where(
            col(AppliedPromotion.order_id).in_(ids)
        ),
    )
    lines = await _pairs(
        session,
        sa.select(col(LineItem.order_id), sa.func.count())
        .where(col(LineItem.order_id).in_(ids))
        .group_by(col(LineItem.order_id)),
    )
    return [
        OrderRow(
            id=row.public_id,
            number=row.number,
            buyer_name=row.buyer_name,
            buyer_email=row.buyer_email if show_emails else mask_email(row.buyer_email),
            event_title=titles[row.event_id],
            status=row.status,
            refund_state=row.refund_state,
            dispute_state=row.dispute_state,
            currency=row.currency,
            total_minor=row.total_minor,
            refunded_minor=row.refunded_minor,
            source=row.source,
            discount_code=codes.get(row.id, ""),
            tickets=lines.get(row.id, 0),
            placed_at=iso(row.placed_at),
        )
        for row in rows
    ]


async def _pairs(session: AsyncSession, query: sa.Select[Any, Any]) -> dict[int, Any]:
    return {row[0]: row[1] for row in await session.execute(query)}
