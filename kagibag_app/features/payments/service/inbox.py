"""The inbox of Stripe events: each stored once, and settled by a look at the object it is about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from kagibag_app.features.payments import queries
from kagibag_app.features.payments.rules import (
    APPLY_STRIPE_EVENT,
    HANDLED_EVENTS,
    UNSETTLED,
    EventOutcome,
    FailedTry,
    Subject,
    failed_try,
    reference_of,
    subject_of,
)
from kagibag_app.features.payments.service.rows import locked_with_order, touch
from kagibag_app.features.payments.tables import Payment, PaymentAttempt, StripeEvent
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import STRIPE
from kagibag_app.kit.errors import NotFound
from kagibag_app.ports.payments import IncomingEvent
from kagibag_app.storage.transaction import Transaction

_ERROR_LENGTH = 500


@dataclass(frozen=True, slots=True)
class EventWork:
    """An event to be applied, with every other one that the same look at Stripe settles.

    Attributes:
        subject: What to fetch.
        settles: Rows of that object stored before the look began, this one included.
        types: Their types.
        began: When the look began (UTC).
        attempts: Looks so far, this one included.
    """

    event_id: int
    account: str
    subject: Subject
    settles: tuple[int, ...]
    types: frozenset[str]
    began: datetime
    attempts: int


async def store_event(
    tx: Transaction, event: IncomingEvent, *, platform_account: str, livemode: bool
) -> bool:
    """Keep a verified event, once; what seems to be for us is put to work after the commit.

    Args:
        livemode: Whether this installation handles real money; events of the other mode are ignored.

    Returns:
        False when it was known: it was counted again and nothing else happens.
    """
    if await _seen_again(tx, event.id):
        return False
    account = event.account or platform_account
    subject, reason = subject_of(event.payload), ""
    if event.livemode is not livemode:
        reason = "The event is of the other mode, live or test."
    elif account != platform_account and not await queries.system_account_known(tx.session, account):
        reason = "The account is none of this installation's."
    elif event.type not in HANDLED_EVENTS or not subject.object_id:
        reason = "Events of this type are not used."
    row = StripeEvent(
        stripe_id=event.id,
        type=event.type,
        account=account,
        livemode=event.livemode,
        object_type=subject.object_type,
        object_id=subject.object_id,
        payment_intent_id=subject.payment_intent_id,
        created=event.created,
        received_at=tx.now,
        settled_at=tx.now if reason else None,
        payload=event.payload,
        outcome=EventOutcome.IGNORED if reason else EventOutcome.PENDING,
        error=reason,
    )
    try:
        async with tx.session.begin_nested():
            tx.session.add(row)
    except IntegrityError:  # the same delivery, handled beside us, was faster
        await _seen_again(tx, event.id)
        return False
    if not reason:
        _enqueue(tx, row, subject, f"stripe_event:{event.id}")
    return True


async def _seen_again(tx: Transaction, stripe_id: str) -> bool:
    result = await tx.session.execute(
        sa.update(StripeEvent)
        .where(col(StripeEvent.stripe_id) == stripe_id)
        .values(times_seen=col(StripeEvent.times_seen) + 1)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1  # type: ignore[attr-defined]


def _enqueue(tx: Transaction, row: StripeEvent, subject: Subject, dedupe_key: str) -> None:
    tx.enqueue(APPLY_STRIPE_EVENT, dedupe_key, lane=subject.lane, lane_limit=1, event_id=row.id)


async def begin_event(tx: Transaction, *, event_id: int) -> EventWork | None:
    """Begin a look at an event's object. ``None`` when the event was settled meanwhile."""
    row = await tx.session.get(StripeEvent, event_id, with_for_update=True, populate_existing=True)
    if row is None or row.outcome not in UNSETTLED:
        return None
    row.attempts += 1
    await tx.session.flush()
    waiting = await queries.system_unsettled(tx.session, row)
    return EventWork(
        event_id=event_id,
        account=row.account,
        subject=Subject(row.object_type, row.object_id, row.payment_intent_id),
        settles=tuple(w.id for w in waiting),
        types=frozenset(w.type for w in waiting),
        began=tx.now,
        attempts=row.attempts,
    )


async def settle_events(tx: Transaction, work: EventWork) -> None:
    """Close what one look has settled: the event it was made for is applied, the others are stale."""
    for row in await _rows(tx, work.settles):
        row.outcome = EventOutcome.APPLIED if row.id == work.event_id else EventOutcome.STALE
        row.settled_at, row.error = tx.now, ""


async def park_events(tx: Transaction, work: EventWork, *, reason: str) -> None:
    """Lay aside events of an object that belongs to no payment of ours; they wake up when one appears."""
    for row in await _rows(tx, work.settles):
        row.outcome, row.settled_at, row.error = EventOutcome.PARKED, tx.now, reason


async def fail_event(tx: Transaction, *, event_id: int, error: str) -> None:
    """Show that the last try to apply an event failed; it is tried again."""
    for row in await _rows(tx, (event_id,)):
        row.outcome, row.error = EventOutcome.FAILED, error[:_ERROR_LENGTH]


async def retry_event(tx: Transaction, *, event_id: int) -> None:
    """Put a parked or failed event to work again.

    Raises:
        NotFound: There is no such event, or it has had its effect.
    """
    row = await tx.session.get(StripeEvent, event_id, with_for_update=True, populate_existing=True)
    if row is None or row.outcome not in (EventOutcome.PARKED, EventOutcome.FAILED):
        raise NotFound("event")
    _again(tx, row)


async def unpark(
    tx: Transaction, *, account: str, object_ids: Collection[str] = (), payment_intent_id: str = ""
) -> None:
    """Wake parked events: of these objects, or of this payment."""
    mine = col(StripeEvent.object_id).in_(object_ids)
    if payment_intent_id:
        mine = sa.or_(mine, col(StripeEvent.payment_intent_id) == payment_intent_id)
    rows = await tx.session.scalars(
        sa.select(StripeEvent).where(
            col(StripeEvent.account) == account, col(StripeEvent.outcome) == EventOutcome.PARKED, mine
        )
    )
    for row in rows:
        _again(tx, row)


async def unpark_known(tx: Transaction) -> int:
    """Wake parked events whose payment we know after all and return how many.

    A payment can be recorded between the look that found nothing and the parking that followed it.
    """
    rows = await tx.session.scalars(
        sa.select(StripeEvent)
        .join(
            Payment,
            sa.and_(
                col(Payment.account) == col(StripeEvent.account),
                col(Payment.payment_intent_id) == col(StripeEvent.payment_intent_id),
            ),
        )
        .where(col(StripeEvent.outcome) == EventOutcome.PARKED, col(StripeEvent.payment_intent_id) != "")
    )
    woken = list(rows.unique())
    for row in woken:
        _again(tx, row)
    return len(woken)


def _again(tx: Transaction, row: StripeEvent) -> None:
    subject = Subject(row.object_type, row.object_id, row.payment_intent_id)
    row.outcome, row.settled_at, row.error, row.attempts = EventOutcome.PENDING, None, "", 0
    _enqueue(tx, row, subject, f"stripe_event:{row.stripe_id}:{tx.now.isoformat()}")


async def record_failed_tries(tx: Transaction, work: EventWork) -> None:
    """Note declined cards that these events tell of: each once, however often and late Stripe repeats itself."""
    rows = await tx.session.scalars(
        sa.select(StripeEvent)
        .where(col(StripeEvent.id).in_(work.settles))
        .order_by(col(StripeEvent.created), col(StripeEvent.id))
    )
    found: dict[str, tuple[StripeEvent, FailedTry]] = {}
    for row in rows:
        attempt = failed_try(row.type, row.payload)
        # Two events tell of one declined card, and the intent's may leave out which card it was.
        if attempt and (attempt.key not in found or not found[attempt.key][1].method):
            found[attempt.key] = (row, attempt)
    for row, attempt in found.values():
        payment = await _payment_of(tx, row)
        if payment is not None:
            await _note_try(tx, payment, attempt)


async def _payment_of(tx: Transaction, row: StripeEvent) -> Payment | None:
    found = await queries.system_by_stripe(
        tx.session, account=row.account, payment_intent_id=row.payment_intent_id
    ) or await queries.system_by_reference(
        tx.session, account=row.account, reference=reference_of(row.payload)
    )
    if found is None:
        return None
    return (await locked_with_order(tx, found.id))[1]


async def _note_try(tx: Transaction, payment: Payment, attempt: FailedTry) -> None:
    if await _noted(tx, payment.id, attempt.key):
        return
    tx.session.add(
        PaymentAttempt(
            payment_id=payment.id, key=attempt.key, code=attempt.code, message=attempt.message,
            method=attempt.method, at=tx.now,
        )
    )  # fmt: skip
    timeline.record(
        tx, STRIPE, organizer_id=payment.organizer_id, order_id=payment.order_id,
        kind=EntryKind.PAYMENT_ATTEMPT_FAILED,
        data={"code": attempt.code, "message": attempt.message, "card": attempt.method},
    )  # fmt: skip
    touch(tx, payment)
    await tx.session.flush()


async def _noted(tx: Transaction, payment_id: int, key: str) -> bool:
    known = sa.select(col(PaymentAttempt.id)).where(
        col(PaymentAttempt.payment_id) == payment_id, col(PaymentAttempt.key) == key
    )
    return await tx.session.scalar(known) is not None


async def _rows(tx: Transaction, ids: Collection[int]) -> list[StripeEvent]:
    """Lock those of the events that still wait for their effect."""
    rows = await tx.session.scalars(
        sa.select(StripeEvent)
        .where(
            col(StripeEvent.id).in_(ids),
            col(StripeEvent.outcome).in_(UNSETTLED),
        )
        .order_by(col(StripeEvent.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)
