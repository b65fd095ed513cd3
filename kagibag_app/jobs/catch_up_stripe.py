"""Reads Stripe's list of events and stores those that never reached us."""

from __future__ import annotations

from datetime import timedelta

import structlog

from kagibag_app.features.accounts import queries as accounts_queries
from kagibag_app.features.payments import queries as payments_queries
from kagibag_app.features.payments import service as payments
from kagibag_app.ports.payments import IncomingEvent, PaymentsError
from kagibag_app.runtime import Runtime
from kagibag_app.settings import StripeMode
from kagibag_app.storage.outbox import Job

log = structlog.get_logger(__name__)

# Events of one moment may reach the list in any order; a long look back costs one page.
OVERLAP = timedelta(minutes=15)
# Source: Stripe, "List all events": events go back 30 days.
FURTHEST = timedelta(days=29)


async def run(runtime: Runtime, job: Job) -> None:
    """Store what is missing, account by account; what we have is only counted as seen again.

    An account whose list can't be read now is read in the next period.
    """
    async with runtime.store.read() as session:
        accounts = await accounts_queries.system_stripe_accounts(session)
        newest = await payments_queries.system_newest_event(session)
    now = runtime.clock.now()
    since = max((newest or now - timedelta(days=1)) - OVERLAP, now - FURTHEST)
    for account in sorted({runtime.platform_account, *accounts}):
        try:
            events = await runtime.payments.list_events(account=account, since=since)
        except PaymentsError as error:
            log.warning("catch_up.list_failed", account=account, error=error.message)
            continue
        for event in events:
            await _store(runtime, event)


async def _store(runtime: Runtime, event: IncomingEvent) -> None:
    async with runtime.store.read() as session:
        if await payments_queries.system_event_known(session, event.id):
            return
    log.info("catch_up.event_found", event_id=event.id, type=event.type)
    await runtime.store.run(
        lambda tx: payments.store_event(
            tx,
            event,
            platform_account=runtime.platform_account,
            livemode=runtime.settings.stripe_mode is StripeMode.LIVE,
        )
    )
