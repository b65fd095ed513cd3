"""kill -9 of every process in the middle of a refund; what is left is found again and nothing is paid twice."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

# The killed process holds the refund's job until its lease is over; on a busy machine the next look comes later still.
LEASE_ENDS = 180


@pytest.fixture
def fragile(demo_data: Path, tmp_path: Path) -> Iterator[Installation]:
    """An installation of this test's own, to be killed."""
    shutil.copytree(demo_data, tmp_path / "fragile")
    installation = Installation(tmp_path / "fragile")
    installation.start()
    yield installation
    installation.kill()


@pytest.mark.parametrize("moment", ["timeout_before", "timeout_after"])
def test_fault_3_and_4_kill_between_approve_and_record_refunds_exactly_once(
    fragile: Installation, new_page: NewPage, moment: str
) -> None:
    """``timeout_before``: Stripe has the request and has not acted; ``timeout_after``: it has acted and not answered."""
    organizer = new_page()
    people.login(organizer, fragile, "/admin/refunds")
    fragile.sandbox("fault", kind=moment, path="/v1/refunds", method="POST", n=1, seconds=600)
    before = _refunds(fragile)
    people.approve(organizer, "Elena Duarte")
    _until(
        lambda: (
            any(r["path"] == "/v1/refunds" for r in _held(fragile)) or len(_refunds(fragile)) > len(before)
        )
    )
    fragile.kill()

    fragile.start()
    _until(lambda: len(_refunds(fragile)) == len(before) + 1, seconds=LEASE_ENDS)
    organizer.goto(f"{fragile.url}/admin/refunds?tab=refunded")
    expect(people.queue_row(organizer, "Elena Duarte")).to_be_visible(timeout=60_000)
    made = [r for r in _refunds(fragile) if r["id"] not in {b["id"] for b in before}]
    assert [(r["amount"], r["status"]) for r in made] == [(11200, "succeeded")]
    assert fragile.audit() == []


def test_fault_25_sigterm_in_the_middle_of_a_refund_lets_it_finish_and_refunds_once(
    fragile: Installation, new_page: NewPage
) -> None:
    organizer = new_page()
    people.login(organizer, fragile, "/admin/refunds")
    before = {refund["id"] for refund in _refunds(fragile)}
    fragile.sandbox("fault", kind="delay", path="/v1/refunds", method="POST", n=1, seconds=4)
    people.approve(organizer, "Elena Duarte")
    time.sleep(0.5)
    assert fragile.stop() == 0

    fragile.start()
    _until(lambda: len(_refunds(fragile)) == len(before) + 1, seconds=LEASE_ENDS)
    organizer.goto(f"{fragile.url}/admin/refunds?tab=refunded")
    expect(people.queue_row(organizer, "Elena Duarte")).to_be_visible(timeout=60_000)
    made = [refund for refund in _refunds(fragile) if refund["id"] not in before]
    assert [(refund["amount"], refund["status"]) for refund in made] == [(11200, "succeeded")]
    assert fragile.audit() == []


def _refunds(installation: Installation) -> list[dict]:
    return installation.sandbox_objects("refund")


def _held(installation: Installation) -> list[dict]:
    return [r for r in installation.sandbox_requests() if r["method"] == "POST"]


def _until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
