"""A data set with everything that asks it: the product's own store, and the two floors' drivers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.bench.datasets import Dataset
from kagibag_app.bench.floors import AsyncDriver, PlainDriver
from kagibag_app.bench.picking import Picker
from kagibag_app.bootstrap import mailer_for, sender_for
from kagibag_app.features.accounts.rules import Role
from kagibag_app.gateways.stripe_api import StripePayments
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import MemoryBus
from kagibag_app.runtime import Runtime
from kagibag_app.settings import Settings
from kagibag_app.storage.secrets import AccessLinks, SecretBox
from kagibag_app.storage.transaction import Store
from kagibag_app.web import runtime as web_runtime

_AROUND = ("BEGIN", "SET ", "COMMIT", "ROLLBACK")


@dataclass(slots=True)
class Stand:
    """One data set under test.

    Attributes:
        member: Who asks: support sees whole addresses.
    """

    dataset: Dataset
    store: Store
    runtime: Runtime
    plain: PlainDriver
    driver: AsyncDriver
    picker: Picker
    member: Actor
    _statements: int = 0

    @classmethod
    async def open(cls, dataset: Dataset, folder: Path) -> Stand:
        """Connect to a data set.

        Args:
            folder: Keeps the secrets that a runtime has.
        """
        settings = Settings(data_dir=folder, database_url=dataset.url)
        clock, bus = Clock(), MemoryBus()
        store = Store(dataset.url, bus, clock)
        # Nothing of it is called: the bench only reads.
        runtime = Runtime(
            settings=settings, store=store, bus=bus, payments=StripePayments.from_settings(settings),
            mailer=mailer_for(settings), webhook_sender=sender_for(settings), clock=clock,
            links=AccessLinks(settings.signing_keys()), box=SecretBox(settings.sealing_keys()),
        )  # fmt: skip
        plain = PlainDriver(dataset)
        member = Actor(ActorKind.MEMBER, dataset.organizer_id, 1, Role.SUPPORT, "Bench")
        stand = cls(
            dataset, store, runtime, plain, await AsyncDriver.open(dataset), Picker(plain, dataset.organizer_id), member
        )  # fmt: skip
        event.listen(store.reader.sync_engine, "before_cursor_execute", stand._note)
        return stand

    def use(self) -> None:
        """Let the screens' reads ask this data set."""
        web_runtime.use(self.runtime)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Open a session as screens do, its transaction begun."""
        async with self.store.read() as session:
            await session.connection()
            yield session

    async def statements(self, ask: Any) -> tuple[Any, int]:
        """Return what the product answers, and in how many statements."""
        async with self.session() as session:
            self._statements = 0
            answer = await ask(session)
        return answer, self._statements

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(_AROUND):
            # Counted, not kept: an export asks hundreds of long ones, and its memory is measured too.
            self._statements += 1

    async def close(self) -> None:
        """End every connection."""
        web_runtime.use(None)
        self.plain.close()
        await self.driver.close()
        await self.runtime.close()
