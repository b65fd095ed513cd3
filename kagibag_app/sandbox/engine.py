"""The parts of a running sandbox, put together."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from kagibag_app.sandbox import agenda
from kagibag_app.sandbox.books import PLATFORM_ACCOUNT, Books
from kagibag_app.sandbox.clock import Clock
from kagibag_app.sandbox.config import SandboxConfig
from kagibag_app.sandbox.errors import ApiError
from kagibag_app.sandbox.faults import Faults
from kagibag_app.sandbox.idempotency import IdempotencyKeys
from kagibag_app.sandbox.requests_log import RequestsLog
from kagibag_app.sandbox.spec import Spec
from kagibag_app.sandbox.store import Store


class Engine:
    """State and clock of one sandbox, and the one way to write to it.

    Attributes:
        config: settings.
        store: durable state.
        clock: virtual time.
        keys: idempotency keys.
        faults: faults that wait.
        requests: the last API calls.
        on_commit: called after every commit, to wake the webhook pump.
        closing: set when the server stops; held requests end at once.
    """

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.spec = Spec.load()
        self.store = Store(config.state_path)
        self.clock = Clock(self.store)
        self.keys = IdempotencyKeys(self.store)
        self.faults = Faults(self.store)
        self.requests = RequestsLog(self.store)
        self.on_commit: Callable[[], None] = lambda: None
        self.closing = asyncio.Event()
        self.keys.drop_unfinished()

    @contextmanager
    def transaction(
        self,
        account: str = PLATFORM_ACCOUNT,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Iterator[Books]:
        """The books, in one transaction. Nothing may be awaited inside."""
        with self.store.transaction():
            yield self.books(account, request_id, idempotency_key)
        self.on_commit()

    def books(
        self,
        account: str = PLATFORM_ACCOUNT,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Books:
        """Books for reading, or for writing within a transaction that is open already."""
        return Books(
            config=self.config,
            store=self.store,
            spec=self.spec,
            clock=self.clock,
            account=account,
            request_id=request_id,
            idempotency_key=idempotency_key,
        )

    @contextmanager
    def transaction_of(self, object_id: str) -> Iterator[Books]:
        """The books of the account an object lives in."""
        with self.transaction(self.store.account_of(object_id) or PLATFORM_ACCOUNT) as books:
            yield books

    def run_due(self) -> int:
        """Do what the agenda has for the time that has come, one transaction each. Returns how much."""
        done = 0
        while self._run_one_due():
            done += 1
        return done

    def _run_one_due(self) -> bool:
        with self.store.transaction():
            due = agenda.take_due(self.books())
            if due is None:
                return False
            action, account, payload = due
            try:
                with self.store.savepoint():
                    agenda.ACTIONS[action](self.books(account), payload)
            except ApiError:
                # The object moved on before its time came (a lost dispute, a refund canceled): nothing to do.
                pass
        self.on_commit()
        return True

    def seconds_to_next_due(self) -> float | None:
        """Real seconds until the agenda has something to do."""
        row = self.store.db.execute("SELECT min(due_at) AS due FROM agenda").fetchone()
        if row["due"] is None:
            return None
        return max(0.0, row["due"] - time.time() - self.clock.offset)

    async def pause(self, seconds: float) -> None:
        """Hold a request, in real seconds, or until the server stops."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.closing.wait(), seconds)

    def reset(self) -> None:
        """Forget everything."""
        with self.store.transaction():
            self.store.clear()
