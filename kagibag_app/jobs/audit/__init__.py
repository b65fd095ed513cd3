"""The invariants of the books, checked on any database without changing it.

``kagibag audit`` prints them; tests break each on purpose. Source: docs/refund-protocol.md, "What always holds".
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.jobs.audit import messages, orders, refunds
from kagibag_app.jobs.audit.cancelled import cancelled
from kagibag_app.jobs.audit.findings import Finding
from kagibag_app.jobs.audit.search import search
from kagibag_app.jobs.audit.stripe import check_stripe
from kagibag_app.runtime import Runtime

__all__ = ["Finding", "check", "check_stripe", "run"]


async def run(runtime: Runtime, *, stripe: bool = False) -> list[Finding]:
    """Check an installation.

    Args:
        stripe: Also compare the ledger with Stripe's own books, account by account.
    """
    async with runtime.store.read() as session:
        found = await check(session, now=runtime.clock.now())
    return sorted([*found, await check_stripe(runtime)] if stripe else found, key=lambda f: f.number)


async def check(session: AsyncSession, *, now: datetime | None = None) -> list[Finding]:
    """Check every invariant that the database alone can tell; Stripe's own books are ``check_stripe``.

    Args:
        now: Deliveries are kept for 90 days before it (UTC); the present when omitted.

    Returns:
        One finding an invariant, in their order; ``count`` 0 where it holds.
    """
    return [
        await orders.totals(session),
        await refunds.captured(session),
        await refunds.lines(session),
        await refunds.one_at_a_time(session),
        await messages.inbox(session),
        await messages.order_paid(session, now or datetime.now(UTC)),
        await messages.refund_mails(session),
        await orders.tickets(session),
        await orders.seats(session),
        await orders.versions(session),
        await refunds.states(session),
        await search(session),
        await cancelled(session),
    ]
