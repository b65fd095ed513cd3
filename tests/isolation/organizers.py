"""Makes the two organizers: each with a thousand orders in every state, and everything that members add to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.demo.synthetic import making
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.bulk_refunds import service as bulk_refunds
from kagibag_app.features.bulk_refunds.tables import BulkRun
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.tables import RefundRequest
from kagibag_app.features.reports import service as reports
from kagibag_app.features.reports.rules import ExportStatus
from kagibag_app.features.reports.tables import Export
from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.rules import new_secret
from kagibag_app.features.webhooks.tables import WebhookDelivery
from kagibag_app.jobs import export_orders, preview_bulk_refund
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.ports.webhook_http import WebhookAnswer
from kagibag_app.runtime import Runtime
from kagibag_app.storage import outbox
from tests.fakes import FakeStripe
from tests.isolation import asking
from tests.isolation.spying import Findings, Spy, known, read
from tests.services.shop import Shop
from tests.web.harness import Person, member, small_runtime

ORDERS = 1000


@dataclass(frozen=True)
class Two:
    """What is known of the two: ours, and the other's.

    Attributes:
        ids: Of the organizers.
        owners: Of each.
        alone: What each query that takes nothing but an organizer answered for ours before the other came.
        found: What the rows of each hold.
    """

    ids: tuple[int, int]
    owners: tuple[Person, Person]
    alone: Mapping[str, str]
    found: tuple[Findings, Findings]

    @property
    def ours(self) -> int:
        """The id of the organizer that asks."""
        return self.ids[0]

    @property
    def theirs(self) -> int:
        """The id of the other."""
        return self.ids[1]

    async def spy(self, session: AsyncSession) -> Spy:
        """Return what recognises the other's."""
        (ours, theirs), (our_owner, their_owner) = self.found, self.owners
        telling = theirs.words - ours.words
        return Spy(
            frozenset(telling),
            await known(session, theirs, telling, their_owner.user_id),
            await known(session, ours, ours.words, our_owner.user_id),
            self.theirs,
            {table: frozenset(keys) for table, keys in theirs.keys.items()},
        )


def prepare(url: str, file: Path) -> None:
    """Fill a migrated database with both, and write into a file what is known of them."""
    folder = file.with_suffix(".work")
    folder.mkdir(exist_ok=True)
    ours = _made(url, seed=1)
    first = asyncio.run(_completed(url, folder, ours, "Ada"))
    alone, before = asyncio.run(_read(url, folder, ours))
    theirs = _made(url, seed=2)
    second = asyncio.run(_completed(url, folder, theirs, "Zoë"))
    _, after = asyncio.run(_read(url, folder, ours))
    found = (Findings(), Findings())
    for table, rows in after.items():
        known_before = set(map(repr, before[table]))
        for row in rows:
            found[repr(row) not in known_before].add(table, row)
    two = {
        "ids": [ours, theirs],
        "owners": [asdict(first), asdict(second)],
        "alone": alone,
        "found": [asdict(one) | {"words": sorted(one.words)} for one in found],
    }
    file.write_text(json.dumps(two))


def recall(file: Path) -> Two:
    """Read what ``prepare`` wrote."""
    two = json.loads(file.read_text())
    first, second = (Person(**person) for person in two["owners"])
    ours, theirs = (Findings(**(one | {"words": set(one["words"])})) for one in two["found"])
    return Two(tuple(two["ids"]), (first, second), two["alone"], (ours, theirs))


async def _read(
    url: str, folder: Path, ours: int
) -> tuple[Mapping[str, str], Mapping[str, list[Mapping[str, Any]]]]:
    async with small_runtime(folder, database_url=url) as runtime, runtime.store.read() as session:
        return await asking.alone(runtime.store, ours), await read(session)


def _made(url: str, *, seed: int) -> int:
    making.make(url, orders=ORDERS, seed=seed, password="correct horse battery")
    engine = sa.create_engine(url.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        # Nothing is refused because it was made up.
        connection.execute(sa.update(Organizer).values(synthetic=False))
        found = connection.scalar(sa.select(sa.func.max(col(Organizer.id))))
    engine.dispose()
    assert found
    return found


async def _completed(url: str, folder: Path, organizer_id: int, name: str) -> Person:
    """Add what the data set has not: a team with sessions, endpoints, exports, views, invitations, notes, a fresh sale."""
    async with small_runtime(folder, database_url=url) as runtime:
        owner = await member(runtime, organizer_id, Role.OWNER, email=f"{name.casefold()}@owners.example")
        actor = Actor(ActorKind.MEMBER, organizer_id, owner.user_id, Role.OWNER, f"{name} Owner")
        runtime.bus.listen(lambda topics: None)
        await _team(runtime, actor)
        await _orders(runtime, actor, name)
        await _export(runtime, actor)
        await _bulk_refund(runtime, actor)
        return owner


async def _team(runtime: Runtime, actor: Actor) -> None:
    await member(runtime, actor.organizer_id or 0, Role.SUPPORT)
    await runtime.store.run(
        lambda tx: accounts.invite(
            tx, actor, email=f"guest{actor.organizer_id}@invited.example", role=Role.VIEWER
        )
    )
    await runtime.store.run(
        lambda tx: orders.save_view(tx, actor, name=f"View of {actor.name}", query="status=paid")
    )


async def _orders(runtime: Runtime, actor: Actor, name: str) -> None:
    organizer_id = actor.organizer_id or 0
    await runtime.store.run(
        lambda tx: webhooks.create_endpoint(
            tx, actor, name=f"Hook of {name}", url=f"https://{organizer_id}.hooks.example/in", event_filter=(),
            sealed_secret=runtime.box.seal(new_secret()), check_url=lambda url: None,
        )
    )  # fmt: skip
    shop = Shop(runtime.store, runtime.clock, organizer_id)
    event = await shop.event(f"gala-of-{organizer_id}", title=f"Gala of {name}")
    kind = await shop.ticket_type(event)
    await shop.open(event)
    await shop.code(f"ONLY{organizer_id}X15")
    await shop.buy(event, {kind.public_id: 1}, buyer_email=f"pending@{organizer_id}.buyers.example")
    await shop.paid(event, {kind.public_id: 2}, buyer_email=f"paid@{organizer_id}.buyers.example")
    delivery = (await shop.rows(WebhookDelivery, organizer_id=organizer_id))[-1]
    await runtime.store.run(
        lambda tx: webhooks.begin_attempt(tx, delivery_id=delivery.public_id, job_number=delivery.job_number)
    )
    answer = WebhookAnswer(status=500, excerpt=f"refused for {name}", duration_ms=4)
    await runtime.store.run(
        lambda tx: webhooks.record_attempt(tx, delivery_id=delivery.public_id, answer=answer)
    )
    request = (await shop.rows(RefundRequest, organizer_id=organizer_id, status=RequestStatus.OPEN))[0]
    await runtime.store.run(
        lambda tx: refunds.add_note(tx, actor, request_id=request.public_id, text=f"{name} called about it.")
    )


async def _export(runtime: Runtime, actor: Actor) -> None:
    shop = Shop(runtime.store, runtime.clock, actor.organizer_id or 0)
    chosen = OrderFilter(search=(await shop.rows(Order, organizer_id=actor.organizer_id))[-1].number)
    await runtime.store.run(lambda tx: reports.start_export(tx, actor, chosen=chosen, format="csv"))
    export = (await shop.rows(Export))[-1]
    now = runtime.clock.now()
    job = outbox.Job(
        id=0, kind="export_orders", payload={"export_id": export.id}, attempts=1, token="", leased_until=now, created_at=now,
    )  # fmt: skip
    await export_orders.run(runtime, job)
    assert (await shop.rows(Export))[-1].status == ExportStatus.FINISHED


async def _bulk_refund(runtime: Runtime, actor: Actor) -> None:
    shop = Shop(runtime.store, runtime.clock, actor.organizer_id or 0)
    event = (await shop.rows(Event, organizer_id=actor.organizer_id))[-1]
    await runtime.store.run(
        lambda tx: bulk_refunds.prepare_run(tx, actor, chosen=OrderFilter(event=event.public_id))
    )
    run = (await shop.rows(BulkRun))[-1]
    now = runtime.clock.now()
    job = outbox.Job(
        id=0, kind="preview_bulk_refund", payload={"run_id": run.id, "turn": run.turn}, attempts=1, token="",
        leased_until=now, created_at=now,
    )  # fmt: skip
    asks_stripe = replace(runtime, payments=cast("Any", FakeStripe(runtime.clock)))
    await preview_bulk_refund.run(asks_stripe, job)
    assert (await shop.rows(BulkRun))[-1].status == "ready"
