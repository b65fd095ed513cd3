"""What has to hold after every test of refunds, and how a process dies in one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kagibag_app.features.refunds.rules import RefundStatus
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.jobs.audit import check, check_stripe
from tests.refund_desk import Desk

HOUR = timedelta(hours=1)


class Killed(BaseException):
    """The process ended here: nothing after it runs."""


def kill() -> None:
    """End the process here."""
    raise Killed


async def crash(desk: Desk) -> None:
    """Run the job until the process dies, then let its lease end."""
    with pytest.raises(Killed):
        await desk.work()
    await desk.abandon_leases()


async def one_refund(desk: Desk, refund: Refund) -> Refund:
    """Assert that money moved once, everywhere, and return the row."""
    assert [r.refund_reference for r in desk.stripe.live()] == [refund.public_id]
    row = await desk.refund(refund.public_id)
    assert row.status == RefundStatus.SUCCEEDED
    await clean(desk)
    return row


async def clean(desk: Desk) -> None:
    """Assert that every invariant holds and the ledger equals Stripe."""
    async with desk.shop.store.read() as session:
        found = [*await check(session, now=desk.shop.now), await check_stripe(desk.runtime)]
    assert [f for f in found if f.count] == []


async def kinds(desk: Desk, order_id: int | None) -> list[str]:
    """Return what the order's timeline tells."""
    return [e.kind for e in await desk.shop.rows(TimelineEntry, order_id=order_id)]
