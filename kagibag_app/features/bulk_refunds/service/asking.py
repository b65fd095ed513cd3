"""What members do before any money moves: look at what a run would do."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.service import require
from kagibag_app.features.bulk_refunds.rules import MOST_ORDERS, PREVIEW_BULK_REFUND, BulkStatus
from kagibag_app.features.bulk_refunds.service.locking import claim_run, decide, touch
from kagibag_app.features.bulk_refunds.tables import BulkRun
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.rules import CANDIDATES, OrderFilter
from kagibag_app.features.reports import queries as reports
from kagibag_app.features.reports.rules import filter_document
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.kit.ids import public_id
from kagibag_app.storage.synthetic import require_real
from kagibag_app.storage.transaction import Transaction

_BEFORE = (BulkStatus.PREPARING, BulkStatus.READY)


async def prepare_run(tx: Transaction, actor: Actor, *, chosen: OrderFilter) -> str:
    """Ask for a preview of refunding what a filter of the list of orders shows. Nothing is refunded by it.

    The same filter asked for again by the same member before it was started is that run, looked at anew.

    Returns:
        The run's public id.

    Raises:
        Forbidden: The actor's role may not prepare refunds.
        NotFound: The filter names an event that is not there.
        DomainError: ``no_orders``, ``too_many_orders``, ``search_too_wide``, ``synthetic_data``.
        BadInput: The search is longer than any number or address.
    """
    require(actor, Action.PREPARE_REFUNDS)
    organizer_id = actor.organizer_id or 0
    await _check_event(tx, organizer_id, chosen)
    await _check_count(tx, organizer_id, chosen)
    kept = filter_document(chosen)
    for same in await _unstarted(tx, organizer_id, actor.user_id or 0):
        if same.chosen == kept:
            if same.status == BulkStatus.READY:
                await refresh_preview(tx, actor, run=same.public_id, version=same.version)
            return same.public_id
    asked = await reports.asked(tx.session, organizer_id, chosen)
    run = BulkRun(
        public_id=public_id("br"), organizer_id=organizer_id, chosen=kept, words=asked.words, made_by=actor.name,
        acting_id=actor.user_id or 0, acting=actor.name, made_at=tx.now,
        # A whole event is refunded because it does not take place; of a filter nobody knows that.
        cancels_orders=bool(chosen.event) and chosen == OrderFilter(event=chosen.event),
    )  # fmt: skip
    tx.session.add(run)
    await tx.session.flush()
    await _ask_to_preview(tx, run)
    return run.public_id


async def refresh_preview(tx: Transaction, actor: Actor, *, run: str, version: int) -> None:
    """Look anew at what a run that was not started would do.

    Args:
        version: The run's that the member was looking at, here and below.

    Raises:
        Forbidden, NotFound, BadInput, RunChanged: See ``claim_run``.
        InvalidTransition: It was started or thrown away.
    """
    row = await claim_run(tx, actor, run, version, Action.PREPARE_REFUNDS)
    decide(tx, actor, row, BulkStatus.PREPARING)
    await _ask_to_preview(tx, row)


async def discard_run(tx: Transaction, actor: Actor, *, run: str, version: int) -> None:
    """Throw away a run that was not started.

    Raises:
        Forbidden, NotFound, BadInput, RunChanged, InvalidTransition: As in ``refresh_preview``.
    """
    decide(tx, actor, await claim_run(tx, actor, run, version, Action.PREPARE_REFUNDS), BulkStatus.DISCARDED)


async def _ask_to_preview(tx: Transaction, run: BulkRun) -> None:
    await require_real(tx, run.organizer_id)
    tx.enqueue(
        PREVIEW_BULK_REFUND, f"{PREVIEW_BULK_REFUND}:{run.public_id}:{run.turn}", run_id=run.id, turn=run.turn
    )
    touch(tx, run)


async def _check_event(tx: Transaction, organizer_id: int, chosen: OrderFilter) -> None:
    mine = sa.select(col(Event.id)).where(
        col(Event.organizer_id) == organizer_id, col(Event.public_id) == chosen.event
    )
    if chosen.event and await tx.session.scalar(mine) is None:
        raise NotFound("event")


async def _check_count(tx: Transaction, organizer_id: int, chosen: OrderFilter) -> None:
    count = await orders.count_orders(tx.session, organizer_id, chosen)
    if (
        chosen.search
        and (await orders.order_page(tx.session, organizer_id, chosen, limit=1, counts=False)).refine
    ):
        raise DomainError(
            f"This search fits more than {CANDIDATES:,} orders, and only the newest of them are looked at. "
            "Refine it, so that none is forgotten.",
            code="search_too_wide",
        )
    if not count:
        raise DomainError("There are no orders here, so there is nothing to refund.", code="no_orders")
    if count > MOST_ORDERS:
        raise DomainError(
            f"These are {count:,} orders, and one bulk refund takes at most {MOST_ORDERS:,}. "
            "Narrow the list, for example by days, and refund it in parts.",
            code="too_many_orders",
        )


async def _unstarted(tx: Transaction, organizer_id: int, user_id: int) -> list[BulkRun]:
    rows = await tx.session.scalars(
        sa.select(BulkRun).where(
            col(BulkRun.organizer_id) == organizer_id,
            col(BulkRun.acting_id) == user_id,
            col(BulkRun.status).in_(_BEFORE),
        )
    )
    return list(rows)
