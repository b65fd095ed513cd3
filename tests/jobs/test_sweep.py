"""What may not be forgotten gets another round of tries."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.messages.rules import SEND_EMAIL
from kagibag_app.features.payments.rules import APPLY_STRIPE_EVENT, EXPIRE_ORDER, SETTLE_CHECKOUT
from kagibag_app.features.refunds.rules import SEND_REFUND
from kagibag_app.features.webhooks.rules import DELIVER_WEBHOOK
from kagibag_app.jobs import sweep
from kagibag_app.jobs.catalog import CATALOG
from kagibag_app.storage.outbox import Job, OutboxRow, OutboxStatus
from kagibag_app.storage.transaction import Transaction
from tests.product import World

pytest_plugins = ["tests.product"]


async def test_dead_jobs_that_may_not_be_forgotten_come_back_after_an_hour_and_others_do_not(
    world: World,
) -> None:
    runtime = world.runtime
    owed = {SEND_REFUND, EXPIRE_ORDER, APPLY_STRIPE_EVENT, DELIVER_WEBHOOK, SEND_EMAIL}

    async def give_up(tx: Transaction) -> None:
        for kind in (*owed, SETTLE_CHECKOUT):
            await tx.enqueue_once(kind, kind)
        await tx.session.execute(
            sa.update(OutboxRow).values(status=OutboxStatus.DEAD, attempts=12, finished_at=tx.now)
        )

    await runtime.store.run(give_up)
    job = Job(0, "sweep", {}, 1, "", runtime.clock.now(), runtime.clock.now())
    await sweep.run(runtime, job)
    assert await _pending(world) == set()
    runtime.clock.advance(sweep.PAUSE + timedelta(minutes=1))
    await sweep.run(runtime, job)
    assert await _pending(world) == owed
    assert set(CATALOG) >= set(sweep.NEVER_GIVEN_UP)


async def _pending(world: World) -> set[str]:
    async with world.runtime.store.read() as session:
        query = sa.select(col(OutboxRow.kind)).where(
            col(OutboxRow.status) == OutboxStatus.PENDING, col(OutboxRow.attempts) == 0
        )
        return set(await session.scalars(query))
