"""A real process over real HTTP, killed without warning."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from kagibag_app.sandbox.store import Store

KEY = "sk_test_sandbox0001"


class Process:
    """A sandbox server that can be killed and started again."""

    def __init__(self, state: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._state = state
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [
            sys.executable,
            "-m",
            "kagibag_app.sandbox",
            "--port",
            str(self.port),
            "--state",
            str(self._state),
        ]
        self._process = subprocess.Popen(command)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.url}/healthz")
                return
            except httpx.TransportError:
                time.sleep(0.05)
        pytest.fail("the sandbox did not start")

    def stop(self, number: int = signal.SIGKILL) -> int:
        """End the process and return its exit code."""
        assert self._process is not None
        os.kill(self._process.pid, number)
        return self._process.wait(10)

    def client(self) -> stripe.StripeClient:
        """Stripe's SDK over HTTP."""
        return stripe.StripeClient(
            KEY, base_addresses={"api": self.url, "files": self.url}, max_network_retries=0
        )

    def control(self, path: str, /, **body: Any) -> dict[str, Any]:
        """A control call."""
        return httpx.post(f"{self.url}/_sandbox/{path}", json=body).raise_for_status().json()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    server = Process(tmp_path / "state" / "sandbox.db")
    server.start()
    yield server
    server.stop()


def test_everything_is_remembered_when_killed(process: Process) -> None:
    client = process.client()
    intent = client.v1.payment_intents.create(
        params={"amount": 5000, "currency": "usd", "payment_method": "pm_card_refundFail", "confirm": True}
    )
    refund = client.v1.refunds.create(
        params={"payment_intent": intent.id, "amount": 100}, options={"idempotency_key": "key-1"}
    )
    process.control("advance", seconds=3)
    process.control("webhooks", mode="hold", copies=2)
    process.control("fault", kind="rate_limit", path="/v1/charges")
    process.stop()
    process.start()
    client = process.client()
    again = client.v1.refunds.create(
        params={"payment_intent": intent.id, "amount": 100}, options={"idempotency_key": "key-1"}
    )
    assert again.id == refund.id
    state = httpx.get(f"{process.url}/_sandbox/state").json()
    assert state["clock_offset"] == 3
    assert (state["webhooks"]["mode"], state["webhooks"]["copies"]) == ("hold", 2)
    with pytest.raises(stripe.RateLimitError):
        client.v1.charges.list()
    process.control("advance", seconds=60)
    assert client.v1.refunds.retrieve(refund.id).status == "failed"


def test_refund_is_made_once_when_killed_before_its_answer(process: Process) -> None:
    client = process.client()
    intent = client.v1.payment_intents.create(
        params={"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    form = {"payment_intent": intent.id, "amount": "100"}
    for kind, made in (("timeout_after", 1), ("delay", 0)):
        key = {"authorization": f"Bearer {KEY}", "idempotency-key": kind}
        before = len(client.v1.refunds.list().data)
        process.control("fault", kind=kind, path="/v1/refunds", method="POST", seconds=30)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{process.url}/v1/refunds", data=form, headers=key, timeout=0.3)
        process.stop()
        process.start()
        assert len(client.v1.refunds.list().data) == before + made
        replayed = httpx.post(f"{process.url}/v1/refunds", data=form, headers=key)
        assert replayed.status_code == 200
        assert len(client.v1.refunds.list().data) == before + 1


def test_caller_sees_a_cut_connection_when_the_sandbox_hangs_up(process: Process) -> None:
    process.control("fault", kind="timeout_before", seconds=0)
    with pytest.raises(stripe.APIConnectionError):
        process.client().v1.refunds.list()


def test_server_ends_cleanly_when_told_while_it_holds_an_answer(tmp_path: Path) -> None:
    server = Process(tmp_path / "sandbox.db")
    server.start()
    server.control("fault", kind="timeout_after", seconds=60)
    with ThreadPoolExecutor() as pool:
        held = pool.submit(httpx.get, f"{server.url}/v1/refunds", auth=(KEY, ""), timeout=60)
        time.sleep(0.2)
        assert server.stop(signal.SIGTERM) == 0
        assert held.done() or held.exception(5) is None


def _insert_twice(store: Store, body: dict[str, Any]) -> None:
    for _ in range(2):
        store.insert(body, account="acct_a", created=1)


def test_unfinished_write_is_undone_when_it_fails(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    body = {"id": "re_1", "object": "refund"}
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        _insert_twice(store, body)
    assert store.body("re_1") is None
    with store.transaction():
        with suppress(sqlite3.IntegrityError), store.savepoint():
            _insert_twice(store, body)
        store.insert({**body, "id": "re_2"}, account="acct_a", created=1)
    assert (store.body("re_1"), store.position("re_2")) == (None, 1)
    store.close()
