"""One order of an organizer, whole, in two statements whatever the number of its tickets."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.events.tables import Event
from kagibag_app.features.events.views import iso
from kagibag_app.features.orders.queries.showing import view_of
from kagibag_app.features.orders.rules import written_number
from kagibag_app.features.orders.tables import AppliedPromotion, LineItem, Order, Ticket
from kagibag_app.features.orders.views import LineView, OrderEvent, TicketView, WholeOrder
from kagibag_app.kit.errors import NotFound
from kagibag_app.storage.columns import table_of

_O, _E, _A = table_of(Order), table_of(Event), table_of(AppliedPromotion)
_L, _T = table_of(LineItem), table_of(Ticket)
_G = table_of(Organizer)

_ORDER = (
    sa.select(
        *_O.c,
        *(_E.c[name].label(f"event_{name}") for name in (
            "public_id", "title", "slug", "starts_at", "ends_at", "doors_at", "zone", "venue", "address", "status",
        )),
        _G.c.name.label("organizer_name"), _G.c.zone.label("organizer_zone"),
        _A.c.code, _A.c.kind, _A.c.value,
    )
    .join_from(_O, _E, _E.c.id == _O.c.event_id)
    .join(_G, _G.c.id == _O.c.organizer_id)
    .outerjoin(_A, _A.c.order_id == _O.c.id)
    .where(_O.c.organizer_id == sa.bindparam("organizer"), _O.c.number == sa.bindparam("number"))
    .order_by(_A.c.id)
    .limit(1)
)  # fmt: skip

_LINES = (
    sa.select(
        _L.c.id, _L.c.public_id, _L.c.type_name, _L.c.list_minor, _L.c.discount_minor, _L.c.net_minor,
        _T.c.public_id.label("ticket_id"), _T.c.code, _T.c.status, _T.c.refund_in_progress, _T.c.checked_in_at,
        _T.c.voided_at, _T.c.void_reason, _T.c.checked_in_by,
    )
    .join_from(_L, _T, _T.c.line_item_id == _L.c.id, isouter=True)
    .where(_L.c.order_id == sa.bindparam("order"))
    .order_by(_L.c.position, _L.c.id)
)  # fmt: skip


async def whole_order(
    session: AsyncSession, organizer_id: int, number: str, *, show_emails: bool = True
) -> WholeOrder:
    """Return an order of the organizer with its lines and tickets.

    Args:
        number: As typed: any case, with or without dashes and prefix.
        show_emails: False masks the buyer's address.

    Raises:
        NotFound: There is none of that number, or it is another organizer's.
    """
    wanted = {"organizer": organizer_id, "number": written_number(number)}
    order = (await session.execute(_ORDER, wanted)).one_or_none()
    if order is None:
        raise NotFound("order")
    lines = (await session.execute(_LINES, {"order": order.id})).all()
    issued = [line for line in lines if line.ticket_id is not None]
    view = view_of(
        order,
        applied=order if order.code is not None else None,
        event=_event(order),
        lines=[_line(line) for line in lines],
        tickets=[_ticket(line, place, len(issued)) for place, line in enumerate(issued, start=1)],
        show_emails=show_emails,
    )
    return WholeOrder(
        order.id, order.organizer_zone, view, line_ids={line.id: line.public_id for line in lines}
    )


def _event(row: Any) -> OrderEvent:
    return OrderEvent(
        id=row.event_public_id,
        title=row.event_title,
        slug=row.event_slug,
        starts_at=iso(row.event_starts_at),
        ends_at=iso(row.event_ends_at),
        doors_at=iso(row.event_doors_at),
        zone=row.event_zone,
        venue=row.event_venue,
        address=row.event_address,
        status=row.event_status,
        organizer_name=row.organizer_name,
    )


def _line(row: Any) -> LineView:
    return LineView(
        row.public_id, row.type_name, row.list_minor, row.discount_minor, row.net_minor, row.ticket_id or ""
    )


def _ticket(row: Any, position: int, of: int) -> TicketView:
    return TicketView(
        id=row.ticket_id,
        code=row.code,
        status=row.status,
        type_name=row.type_name,
        line_id=row.public_id,
        net_minor=row.net_minor,
        position=position,
        of=of,
        refund_in_progress=row.refund_in_progress,
        checked_in_at=iso(row.checked_in_at),
        voided_at=iso(row.voided_at),
        void_reason=row.void_reason,
        checked_in_by=row.checked_in_by,
    )
