"""A sold-out event whose payments a Stripe sandbox knows: what a bulk refund is measured on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.bootstrap import build
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.checkout import service as checkout
from kagibag_app.features.events import service as events
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.kit.actor import SYSTEM, Actor, ActorKind
from kagibag_app.runtime import Runtime
from kagibag_app.sandbox import payment_intents
from kagibag_app.sandbox.app import create_app
from kagibag_app.sandbox.config import SandboxConfig
from kagibag_app.sandbox.sandbox import Sandbox
from kagibag_app.serve import sandbox_environment
from kagibag_app.settings import Settings
from kagibag_app.storage.outbox import OutboxRow, OutboxStatus
from kagibag_app.storage.transaction import Transaction

SLUG, PRICE = "closed-hall", 3570


async def sell(settings: Settings, orders: int, *, progress: Callable[[int], None]) -> tuple[Actor, str]:
    """Sell orders of one ticket each and return who may refund them, and the event's public id.

    The database has its tables already. What the sales asked of the workers counts as done: it is not measured.
    """
    state = sandbox_environment(settings)["KAGIBAG_SANDBOX_STATE"]
    app = create_app(SandboxConfig(state_path=settings.data_dir / state, console=False))
    sandbox: Sandbox = app.state.sandbox
    runtime = await build(settings, stripe_transport=httpx.ASGITransport(app))
    try:
        manager, kind, event = await runtime.store.run(lambda tx: _open(tx, orders))
        for number in range(orders):
            await _buy(runtime, sandbox, kind, number)
            progress(number + 1)
        await runtime.store.run(_nothing_left_to_do)
        with sandbox.engine.store.transaction():
            sandbox.engine.store.db.execute("DELETE FROM objects WHERE kind = 'event'")
    finally:
        await runtime.close()
        await sandbox.close()
    return manager, event


async def _open(tx: Transaction, orders: int) -> tuple[Actor, str, str]:
    organizer = await accounts.create_organizer(
        tx, SYSTEM, name="Lantern Row", slug="lantern-row", currency="USD", zone="America/New_York"
    )
    user = await accounts.create_user(
        tx,
        SYSTEM,
        email="noor@lantern-row.example",
        name="Noor Haas",
        password_hash="-",  # noqa: S106 - fits none
    )
    await accounts.add_member(tx, SYSTEM, organizer_id=organizer, user_id=user, role=Role.MANAGER)
    starts = tx.now + timedelta(days=10)
    event = await events.create_event(
        tx, SYSTEM, organizer_id=organizer, title="Closed Hall", slug=SLUG, venue="The Foundry Hall",
        address="88 Valley St, Providence, RI", zone="America/New_York", currency="USD", starts_at=starts,
        ends_at=starts + timedelta(hours=4), refund_policy={"tiers": [{"days_before": 14, "percent": 100}]},
    )  # fmt: skip
    kind = await events.create_ticket_type(
        tx, SYSTEM, organizer_id=organizer, event_id=event.id, name="General admission", price_minor=PRICE,
        capacity=orders,
    )  # fmt: skip
    await events.publish(tx, SYSTEM, organizer_id=organizer, event_id=event.id, charges_enabled=True)
    manager = Actor(ActorKind.MEMBER, organizer, user, Role.MANAGER, "Noor Haas")
    return manager, kind.public_id, event.public_id


async def _buy(runtime: Runtime, sandbox: Sandbox, kind: str, number: int) -> None:
    placed = await runtime.store.run(
        lambda tx: checkout.place_order(
            tx, event_slug=SLUG, quantities={kind: 1}, buyer_name=f"Buyer {number + 1}",
            buyer_email=f"buyer{number + 1}@example.com", code="", platform_account=runtime.platform_account,
        )
    )  # fmt: skip
    async with runtime.store.read() as session:
        row = (await session.scalars(sa.select(Payment).order_by(col(Payment.id).desc()).limit(1))).one()
    params: dict[str, Any] = {
        "amount": PRICE, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa",
        "description": f"Order {placed.number}", "metadata": {"payment": row.public_id},
    }  # fmt: skip
    with sandbox.engine.transaction() as books:
        intent = payment_intents.create(books, params)
    snapshot = await runtime.payments.get_payment(intent["id"], account=row.account)
    await runtime.store.run(lambda tx: payments.record_gateway_payment(tx, snapshot, account=row.account))


async def _nothing_left_to_do(tx: Transaction) -> None:
    await tx.session.execute(
        sa.update(OutboxRow).values(status=OutboxStatus.DONE, finished_at=tx.now, leased_until=None)
    )
