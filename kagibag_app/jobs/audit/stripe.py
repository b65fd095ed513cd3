"""The ledger against Stripe's own books."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.ledger import queries as ledger
from kagibag_app.features.payments.tables import Payment
from kagibag_app.jobs.audit.findings import Finding, finding
from kagibag_app.runtime import Runtime

# Movements between a Stripe account and its owner or the platform: no order's business.
NOT_OURS = (
    "payout",
    "topup",
    "transfer",
    "reserve",
    "connect",
    "application_fee",
    "stripe_fee",
    "contribution",
)


async def check_stripe(runtime: Runtime) -> Finding:
    """4: each balance transaction of every account is in the ledger with Stripe's net amount, and nothing else is.

    Raises:
        PaymentsError: Stripe could not be asked.
    """
    wrong: set[str] = set()
    for account in await _accounts(runtime):
        lines = await runtime.payments.list_balance(account=account)
        async with runtime.store.read() as session:
            booked = await ledger.system_by_balance_transaction(session, account)
        reported = {line.id: line.net_minor for line in lines if not line.type.startswith(NOT_OURS)}
        wrong |= {
            f"{account} {line}: Stripe {reported.get(line)}, ledger {booked.get(line)}"
            for line in reported.keys() | booked.keys()
            if reported.get(line) != booked.get(line)
        }
    return finding(4, "the ledger equals Stripe's balance transactions", wrong)


async def _accounts(runtime: Runtime) -> list[str]:
    async with runtime.store.read() as session:
        used = set(await session.scalars(sa.select(col(Payment.account)).distinct()))
        owned = set(await session.scalars(sa.select(col(Organizer.stripe_account)).distinct()))
        made_up = set(
            await session.scalars(sa.select(col(Organizer.stripe_account)).where(col(Organizer.synthetic)))
        )
    return sorted(a for a in (used | owned) - made_up | {runtime.platform_account} if a)
