"""The organizer's list of orders: filtered, searched, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.events.views import iso
from kagibag_app.features.orders.queries.conditions import (
    Shape,
    anchored,
    beyond,
    having,
    keys,
    ordered,
    position_of,
    shape_of,
    within,
)
from kagibag_app.features.orders.queries.counting import counted
from kagibag_app.features.orders.queries.finding import Found, find
from kagibag_app.features.orders.rules import PAGE_SIZE, OrderFilter, mask_email
from kagibag_app.features.orders.tables import AppliedPromotion, LineItem, Order
from kagibag_app.features.orders.views import Neighbours, OrderPage, OrderRow


async def order_page(
    session: AsyncSession,
    organizer_id: int,
    chosen: OrderFilter,
    *,
    after: str = "",
    before: str = "",
    limit: int = PAGE_SIZE,
    show_emails: bool = True,
    counts: bool = True,
) -> OrderPage:
    """Return a page of the organizer's orders: one statement for the rows, one each for search and counts.

    Args:
        chosen: Filters, search and sort; wildcards in the search are plain characters.
        after: Public id of an order: the page that follows it. ``before``: the page that ends at it.
            An id that is not (or no longer) the organizer's gives the first page.
        limit: Rows; at most ``PAGE_SIZE``.
        show_emails: False masks addresses, and the search compares whole ones only.
        counts: False leaves them out, for a screen that shows the rows first (see ``order_counts``).

    Raises:
        BadInput: The search is longer than any number or address.
    """
    found = await find(session, organizer_id, chosen.search, show_emails=show_emails)
    shape, values = shape_of(session, organizer_id, chosen, found.ids)
    size = min(max(limit, 1), PAGE_SIZE)
    anchor, backwards = after or before, bool(before) and not after
    statement = _page(shape, anchored_page=bool(anchor), backwards=backwards)
    rows = (await session.execute(statement, values | {"anchor": anchor, "size": size + 1})).all()
    page = _cut(rows, size, anchor=anchor, backwards=backwards, show_emails=show_emails, found=found)
    return page if not counts else await counted(session, shape, values, page)


async def neighbours(
    session: AsyncSession, organizer_id: int, chosen: OrderFilter, order_id: str, *, show_emails: bool = True
) -> Neighbours:
    """Return the orders beside one, in the list's order. It need not be in the list any more itself.

    Args:
        order_id: Public id. One that is not the organizer's has no neighbours.

    Raises:
        BadInput: The search is longer than any number or address.
    """
    found = await find(session, organizer_id, chosen.search, show_emails=show_emails)
    shape, values = shape_of(session, organizer_id, chosen, found.ids)
    row = (await session.execute(_beside(shape), values | {"anchor": order_id})).one()
    return Neighbours(row.previous or "", row.next or "")


@lru_cache(maxsize=1024)
def _page(shape: Shape, *, anchored_page: bool, backwards: bool) -> sa.Executable:
    """Choose the page's orders by their keys alone, then read what is shown of them."""
    wanted = [*within(shape), *having(shape.status)]
    size = sa.bindparam("size", type_=sa.Integer)
    lost = anchored(col(Order.id)).is_(None) if anchored_page else sa.false()

    def chosen(*more: sa.ColumnElement[bool], reverse: bool, limit: Any = size) -> sa.Select[Any]:
        by = ordered(shape, keys(shape), backwards=reverse)
        return sa.select(col(Order.id).label("id")).where(*wanted, *more).order_by(*by).limit(limit)

    if not anchored_page:
        ids = chosen(reverse=False).subquery("page")
    elif not backwards:
        ids = chosen(
            beyond(shape, position_of(shape, or_start=True), backwards=False), reverse=False
        ).subquery("page")
    else:
        ahead = chosen(beyond(shape, position_of(shape, or_start=False), backwards=True), reverse=True)
        # Nothing is ahead of an order that is gone: then the first page, in the same statement. SQLite would ask a
        # condition of every order there is, PostgreSQL plans for all of them where it can't read the limit.
        start = (
            chosen(lost, reverse=False)
            if shape.postgresql
            else chosen(reverse=False, limit=sa.case((lost, size), else_=0))
        )
        ids = sa.union_all(sa.select(ahead.subquery("ahead")), sa.select(start.subquery("start"))).subquery(
            "page"
        )
    names = ("currency", "total_minor", "id") if shape.sort.by_total else ("placed_at", "id")
    by = ordered(shape, [col(getattr(Order, name)) for name in names], backwards=False)
    return (
        sa.select(
            col(Order.public_id), col(Order.number), col(Order.buyer_name), col(Order.buyer_email),
            col(Event.title), col(Order.status), col(Order.refund_state), col(Order.dispute_state),
            col(Order.currency), col(Order.total_minor), col(Order.refunded_minor), col(Order.source),
            code_of_order().label("code"), tickets_of_order().label("tickets"), col(Order.placed_at),
            lost.label("lost"),
        )
        .join_from(ids, Order, col(Order.id) == ids.c.id)
        .join(Event, col(Event.id) == col(Order.event_id))
        .order_by(*by)
    )  # fmt: skip


def code_of_order() -> sa.ScalarSelect[str]:
    """Return the code that was applied to an order of the enclosing statement."""
    return (
        sa.select(col(AppliedPromotion.code))
        .where(col(AppliedPromotion.order_id) == col(Order.id))
        .order_by(col(AppliedPromotion.id))
        .limit(1)
        .correlate(Order)
        .scalar_subquery()
    )


def tickets_of_order() -> sa.ScalarSelect[int]:
    """Return how many line items an order of the enclosing statement has."""
    return (
        sa.select(sa.func.count())
        .select_from(LineItem)
        .where(col(LineItem.order_id) == col(Order.id))
        .correlate(Order)
        .scalar_subquery()
    )


def _cut(
    rows: Sequence[Any], size: int, *, anchor: str, backwards: bool, show_emails: bool, found: Found
) -> OrderPage:
    lost = bool(rows) and bool(rows[0].lost)
    more = len(rows) > size
    turned = backwards and not lost
    shown = (rows[1:] if turned else rows[:-1]) if more else rows
    # Behind the page lies what we came from, ahead of it what the extra row proves.
    has_next, has_previous = (True, more) if turned else (more, bool(anchor) and not lost)
    views = [_view(row, show_emails) for row in shown]
    return OrderPage(
        rows=views,
        next_after=views[-1].id if views and has_next else "",
        previous_before=views[0].id if views and has_previous else "",
        refine=found.refine,
        anchor_lost=lost,
    )


def _view(row: Any, show_emails: bool) -> OrderRow:
    (
        public_id, number, name, email, title, status, refund_state, dispute_state, currency, total, refunded,
        source, code, tickets, placed_at, _,
    ) = row  # fmt: skip
    return OrderRow(
        public_id, number, name, email if show_emails else mask_email(email), title, status, refund_state,
        dispute_state, currency, total, refunded, source, code or "", tickets, iso(placed_at),
    )  # fmt: skip


@lru_cache(maxsize=512)
def _beside(shape: Shape) -> sa.Executable:
    def beside(*, backwards: bool) -> sa.ScalarSelect[str]:
        return (
            sa.select(col(Order.number))
            .where(
                *within(shape),
                *having(shape.status),
                beyond(shape, position_of(shape, or_start=False), backwards=backwards),
            )
            .order_by(*ordered(shape, keys(shape), backwards=backwards))
            .limit(1)
            .scalar_subquery()
        )

    return sa.select(beside(backwards=True).label("previous"), beside(backwards=False).label("next"))
