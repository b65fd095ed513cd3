"""Reads of payments and of the Stripe inbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.orders.tables import LineItem
from kagibag_app.features.orders.views import ExportRow
from kagibag_app.features.payments.rules import UNSETTLED, EventOutcome, PaymentStatus, method_text
from kagibag_app.features.payments.tables import Payment, PaymentAttempt, StripeEvent
from kagibag_app.features.payments.views import AttemptView, InboxRow, PaymentView
from kagibag_app.storage.columns import table_of

_INBOX_LIMIT = 200

_P, _A = table_of(Payment), table_of(PaymentAttempt)
_OF_ORDER = (
    sa.select(*_P.c, _A.c.at, _A.c.method, _A.c.code, _A.c.message)
    .join_from(_P, _A, _A.c.payment_id == _P.c.id, isouter=True)
    .where(_P.c.organizer_id == sa.bindparam("organizer"), _P.c.order_id == sa.bindparam("order"))
    .order_by(_P.c.id.desc(), _A.c.id)
)


async def payments_of_order(session: AsyncSession, organizer_id: int, order_id: int) -> list[PaymentView]:
    """Return an order's payments, newest first."""
    rows = (await session.execute(_OF_ORDER, {"organizer": organizer_id, "order": order_id})).all()
    attempts: dict[int, list[AttemptView]] = {row.id: [] for row in rows}
    for row in rows:
        if row.at is not None:
            attempts[row.id].append(AttemptView(row.at, row.method, row.code, row.message))
    return [_view(row, tuple(attempts[row.id])) for row in {row.id: row for row in rows}.values()]


async def payment_of_order(session: AsyncSession, organizer_id: int, order_id: int) -> PaymentView | None:
    """Return the payment that tells how an order stands: the captured one, else the newest."""
    found = await payments_of_order(session, organizer_id, order_id)
    captured = [payment for payment in found if payment.status == PaymentStatus.CAPTURED]
    return (captured[-1:] or found[:1] or [None])[0]


async def export_rows(
    session: AsyncSession,
    organizer_id: int,
    chosen: OrderFilter,
    *,
    show_emails: bool = True,
    batch: int = 1000,
) -> AsyncIterator[list[ExportRow]]:
    """Yield ``orders.queries.export_rows`` with what each order was paid with: the captured payment, else the newest.

    Raises:
        BadInput: The search is longer than any number or address.
    """
    async for rows in orders.export_rows(session, organizer_id, chosen, show_emails=show_emails, batch=batch):
        paid = await _paid_with(session, organizer_id, [row.order_id for row in rows])
        yield [row._replace(**paid[row.order_id]) if row.order_id in paid else row for row in rows]


async def _paid_with(
    session: AsyncSession, organizer_id: int, order_ids: Sequence[int]
) -> dict[int, dict[str, str]]:
    rows = await session.execute(
        sa.select(
            col(Payment.order_id), col(Payment.card_brand), col(Payment.card_last4),
            col(Payment.payment_intent_id),
        )
        # The sum keeps the organizer's index out: with many orders SQLite would read all of the organizer's payments.
        .where(col(Payment.organizer_id) + 0 == organizer_id, col(Payment.order_id).in_(order_ids))
        .order_by(sa.case((col(Payment.status) == PaymentStatus.CAPTURED, 1), else_=0), col(Payment.id))
    )  # fmt: skip
    names = ("card_brand", "card_last4", "payment_intent_id")
    return {order_id: dict(zip(names, paid, strict=True)) for order_id, *paid in rows}


async def system_payment(session: AsyncSession, payment_id: int) -> Payment | None:
    """Return a payment's row."""
    return await session.get(Payment, payment_id)


async def system_by_public_id(session: AsyncSession, public_id: str) -> Payment | None:
    """Return the payment with this public id."""
    return await session.scalar(sa.select(Payment).where(col(Payment.public_id) == public_id))


async def system_newest(session: AsyncSession, order_id: int) -> Payment | None:
    """Return an order's newest payment."""
    return await session.scalar(
        sa.select(Payment).where(col(Payment.order_id) == order_id).order_by(col(Payment.id).desc()).limit(1)
    )


async def system_other_open(session: AsyncSession, payment: Payment) -> Payment | None:
    """Return another payment of the same order whose page is still open."""
    return await session.scalar(
        sa.select(Payment).where(
            col(Payment.order_id) == payment.order_id, col(Payment.is_open), col(Payment.id) != payment.id
        )
    )


async def system_by_stripe(
    session: AsyncSession,
    *,
    account: str,
    payment_intent_id: str = "",
    charge_id: str = "",
    session_id: str = "",
) -> Payment | None:
    """Return the payment that one of Stripe's ids belongs to, looked up in the order of the arguments."""
    ids = (
        (Payment.payment_intent_id, payment_intent_id),
        (Payment.charge_id, charge_id),
        (Payment.session_id, session_id),
    )
    for column, value in ids:
        if not value:
            continue
        found = await session.scalar(
            sa.select(Payment).where(col(Payment.account) == account, col(column) == value).limit(1)
        )
        if found is not None:
            return found
    return None


async def system_by_reference(session: AsyncSession, *, account: str, reference: str) -> Payment | None:
    """Return the payment of an account that has this public id."""
    if not reference:
        return None
    return await session.scalar(
        sa.select(Payment).where(col(Payment.account) == account, col(Payment.public_id) == reference)
    )


async def system_page_lines(session: AsyncSession, order_id: int) -> tuple[tuple[str, int, int], ...]:
    """Return an order's lines for the payment page: name, net in minor units, count of each distinct pair."""
    rows = await session.execute(
        sa.select(col(LineItem.type_name), col(LineItem.net_minor))
        .where(col(LineItem.order_id) == order_id)
        .order_by(col(LineItem.position), col(LineItem.id))
    )
    counts = Counter((name, net) for name, net in rows)
    return tuple((name, net, count) for (name, net), count in counts.items())


async def system_account_known(session: AsyncSession, account: str) -> bool:
    """Say whether a connected account is a real organizer's, now or when something was paid to it."""
    mine = sa.exists().where(col(Organizer.stripe_account) == account)
    paid = sa.exists().where(col(Payment.account) == account)
    made_up = sa.exists().where(col(Organizer.stripe_account) == account, col(Organizer.synthetic))
    return bool(await session.scalar(sa.select(sa.and_(sa.or_(mine, paid), ~made_up))))


async def system_unsettled(session: AsyncSession, event: StripeEvent) -> Sequence[StripeEvent]:
    """Return every event of the same object that still waits for its effect, this one included."""
    same = sa.and_(
        col(StripeEvent.account) == event.account,
        col(StripeEvent.object_id) == event.object_id,
        col(StripeEvent.outcome).in_(UNSETTLED),
    )
    return (
        await session.scalars(
            sa.select(StripeEvent)
            .where(sa.or_(same, col(StripeEvent.id) == event.id))
            .order_by(col(StripeEvent.id))
        )
    ).all()


async def system_event_known(session: AsyncSession, stripe_id: str) -> bool:
    """Say whether the inbox has an event."""
    found = await session.scalar(
        sa.select(col(StripeEvent.id)).where(col(StripeEvent.stripe_id) == stripe_id)
    )
    return found is not None


async def system_inbox(session: AsyncSession) -> list[InboxRow]:
    """Return the newest events that need a look: parked or failed."""
    rows = await session.scalars(
        sa.select(StripeEvent)
        .where(col(StripeEvent.outcome).in_((EventOutcome.PARKED, EventOutcome.FAILED)))
        .order_by(col(StripeEvent.id).desc())
        .limit(_INBOX_LIMIT)
    )
    return [
        InboxRow(
            id=row.id,
            stripe_id=row.stripe_id,
            type=row.type,
            object_id=row.object_id,
            outcome=row.outcome,
            error=row.error,
            attempts=row.attempts,
            times_seen=row.times_seen,
            received_at=row.received_at,
        )
        for row in rows
    ]


async def system_inbox_counts(session: AsyncSession) -> dict[str, int]:
    """Return how many events have each outcome."""
    rows = await session.execute(
        sa.select(col(StripeEvent.outcome), sa.func.count()).group_by(col(StripeEvent.outcome))
    )
    return {row[0]: row[1] for row in rows}


def _view(payment: Any, attempts: tuple[AttemptView, ...]) -> PaymentView:
    return PaymentView(
        public_id=payment.public_id,
        status=payment.status,
        raw_status=payment.raw_status,
        account=payment.account,
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        captured_minor=payment.captured_minor,
        committed_minor=payment.committed_minor,
        method=method_text(payment.card_brand, payment.card_last4),
        session_url=payment.session_url if payment.is_open else "",
        session_expires_at=payment.session_expires_at,
        failure_code=payment.failure_code,
        failure_message=payment.failure_message,
        open_chargeback=payment.open_chargeback,
        payment_intent_id=payment.payment_intent_id,
        charge_id=payment.charge_id,
        dashboard_path=f"payments/{payment.payment_intent_id}" if payment.payment_intent_id else "",
        created_at=payment.created_at,
        captured_at=payment.captured_at,
        attempts=attempts,
    )
