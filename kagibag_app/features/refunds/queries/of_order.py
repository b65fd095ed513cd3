"""Everything about refunds of one order, for its organizer, in two statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.orders.tables import LineItem
from kagibag_app.features.refunds.queries.money import refund_rows
from kagibag_app.features.refunds.rules import RESERVING
from kagibag_app.features.refunds.tables import Refund, RefundAllocation, RefundRequest, RefundRequestTicket
from kagibag_app.features.refunds.views import OrderRefunds, OrderRequest
from kagibag_app.kit.text import masked
from kagibag_app.storage.columns import table_of

_R, _A = table_of(Refund), table_of(RefundAllocation)
_Q, _T = table_of(RefundRequest), table_of(RefundRequestTicket)
_L = table_of(LineItem)

_REFUNDS = (
    sa.select(
        _R.c.id, _R.c.public_id, _R.c.status, _R.c.raw_status, _R.c.source, _R.c.amount_minor, _R.c.currency,
        _R.c.stripe_refund_id, _R.c.bank_reference, _R.c.failure_message, _R.c.failure_code, _R.c.pending_reason,
        _R.c.tries, _R.c.flagged, _R.c.needs_allocation, _R.c.returned_by,
        _R.c.request_id, _R.c.retry_of, _R.c.requested_by, _R.c.created_at, _R.c.accepted_at,
        _R.c.settled_at, _R.c.next_try_at, _A.c.line_item_id, _A.c.amount_minor.label("share_minor"),
    )
    .join_from(_R, _A, _A.c.refund_id == _R.c.id, isouter=True)
    .where(_R.c.organizer_id == sa.bindparam("organizer"), _R.c.order_id == sa.bindparam("order"))
    .order_by(_R.c.id.desc(), _A.c.id)
)  # fmt: skip

_REQUESTS = (
    sa.select(
        _Q.c.id, _Q.c.public_id, _Q.c.status, _Q.c.reason_category, _Q.c.reason_text, _Q.c.currency, _Q.c.amount_minor,
        _Q.c.approved_minor, _Q.c.decision_message, _Q.c.reply_text, _Q.c.made_by, _L.c.type_name,
    )
    .join_from(_Q, _T, _T.c.request_id == _Q.c.id, isouter=True)
    .outerjoin(_L, _L.c.id == _T.c.line_item_id)
    .where(_Q.c.organizer_id == sa.bindparam("organizer"), _Q.c.order_id == sa.bindparam("order"))
    .order_by(_Q.c.id.desc(), _T.c.id)
)  # fmt: skip


async def refunds_of_order(
    session: AsyncSession, organizer_id: int, order_id: int, *, show_emails: bool = True
) -> OrderRefunds:
    """Return an order's refunds and requests, newest first, and what they take of each line.

    Args:
        show_emails: False masks addresses that somebody wrote.
    """
    own = {"organizer": organizer_id, "order": order_id}
    refunds = (await session.execute(_REFUNDS, own)).all()
    requests = (await session.execute(_REQUESTS, own)).all()
    each = list({row.id: row for row in refunds}.values())
    failures = {row.request_id: row.failure_message for row in reversed(each)}
    return OrderRefunds(
        refunds=refund_rows(each),
        requests=_requests(requests, failures, show_emails),
        taken=_taken(refunds),
    )


def _taken(shares: Sequence[Any]) -> dict[int, int]:
    taken: dict[int, int] = {}
    for row in shares:
        if row.line_item_id is not None and row.status in RESERVING:
            taken[row.line_item_id] = taken.get(row.line_item_id, 0) + row.share_minor
    return taken


def _requests(rows: Sequence[Any], failures: dict[int | None, str], show_emails: bool) -> list[OrderRequest]:
    def shown(text: str) -> str:
        return text if show_emails else masked(text)

    tickets: dict[int, Counter[str]] = {}
    for row in rows:
        named = tickets.setdefault(row.id, Counter())
        if row.type_name is not None:
            named[row.type_name] += 1
    return [
        OrderRequest(
            id=row.public_id,
            status=row.status,
            tickets=dict(tickets[row.id]),
            category=row.reason_category,
            reason=shown(row.reason_text),
            currency=row.currency,
            amount_minor=row.amount_minor if row.approved_minor is None else row.approved_minor,
            answer=shown(row.decision_message),
            reply=shown(row.reply_text),
            failure=failures.get(row.id, ""),
            made_by=row.made_by,
        )
        for row in {row.id: row for row in rows}.values()
    ]
