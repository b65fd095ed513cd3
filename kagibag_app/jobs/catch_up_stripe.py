"""Reads Stripe's lists of events and stores those that never reached us."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlmodel import col

from kagibag_app.features.accounts import queries as accounts_queries
from kagibag_app.features.accounts.tables import Installation
from kagibag_app.features.payments import queries as payments_queries
from kagibag_app.features.payments import service as payments
from kagibag_app.jobs.schedule import CATCH_UP_STRIPE
from kagibag_app.ports.payments import IncomingEvent
from kagibag_app.runtime import Runtime
from kagibag_app.settings import StripeMode
from kagibag_app.storage import outbox
from kagibag_app.storage.outbox import Job
from kagibag_app.storage.transaction import Transaction

log = structlog.get_logger(__name__)

# Events of one moment may reach the list in any order; a long look back costs one page.
OVERLAP = timedelta(minutes=15)
# Source: Stripe, "List all events": events go back 30 days.
FURTHEST = timedelta(days=29)


async def run(runtime: Runtime, job: Job) -> None:
    """Store what is missing of the account in the payload; without one, ask for a run of each account.

    An account has runs of its own, so that one whose list can't be read keeps no other from being read.
    """
    account = job.payload.get("account")
    if account is None:
        await runtime.store.run(lambda tx: _ask_each(tx, job, runtime.platform_account))
        return
    since = await _since(runtime, account)
    connected = account != runtime.platform_account
    for event in await runtime.payments.list_events(account=account, since=since):
        # A connected account's own list does not name the account again.
        own = replace(event, account=account) if connected and not event.account else event
        await _store(runtime, own)


async def _ask_each(tx: Transaction, job: Job, platform_account: str) -> None:
    accounts = await accounts_queries.system_stripe_accounts(tx.session)
    for account in sorted({platform_account, *accounts}):
        key = f"{CATCH_UP_STRIPE}:{account}:{job.id}"
        await tx.enqueue_once(CATCH_UP_STRIPE, key, lane=_lane(account), account=account)


async def _since(runtime: Runtime, account: str) -> datetime:
    """Return where the last complete look at this account began.

    The newest event that we have tells nothing: it may have arrived after days in which none did.
    """
    async with runtime.store.read() as session:
        begun = await outbox.last_done(session, _lane(account))
        if begun is None:
            begun = await session.scalar(sa.select(sa.func.min(col(Installation.created_at))))
    furthest = runtime.clock.now() - FURTHEST
    return max(begun - OVERLAP, furthest) if begun else furthest


def _lane(account: str) -> str:
    return f"{CATCH_UP_STRIPE}:{account}"


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
