"""Times typed in a zone, in ordinary nights and in those in which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.local_time import local_text, read_local, read_maybe_local

BERLIN = "Europe/Berlin"
ZONES = (BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "UTC")


def test_a_time_is_read_in_its_zone() -> None:
    read = read_local("2026-05-15T19:30", BERLIN, field="starts_at")
    assert (read.at, read.remark) == (datetime(2026, 5, 15, 17, 30, tzinfo=UTC), "")
    assert local_text(read.at, BERLIN) == "2026-05-15T19:30"
    assert (read_maybe_local("", BERLIN, field="x"), local_text(None, BERLIN)) == (None, "")


def test_a_time_that_clocks_jump_over_is_refused_with_both_neighbours() -> None:
    with pytest.raises(BadInput) as caught:
        read_local("2026-03-29T02:30", BERLIN, field="sales_start")
    assert caught.value.field == "sales_start"
    assert caught.value.message == (
        "02:30 does not exist on 29 Mar 2026 in Europe/Berlin: clocks go forward by 60 minutes. "
        "Choose 01:30 or 03:30 instead."
    )
    with pytest.raises(BadInput, match="by 30 minutes"):
        read_local("2026-10-04T02:15", "Australia/Lord_Howe", field="sales_start")


def test_a_time_that_comes_twice_is_the_first_and_says_so() -> None:
    read = read_local("2026-10-25T02:30", BERLIN, field="sales_end")
    assert read.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert "comes twice; the first of the two is meant, 00:30 UTC" in read.remark


def test_a_field_that_was_not_changed_keeps_the_second_of_two() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert local_text(second, BERLIN) == "2026-10-25T02:30"
    assert read_local("2026-10-25T02:30", BERLIN, field="x", kept=second).at == second
    assert read_local("2026-10-25T03:30", BERLIN, field="x", kept=second).at == second + timedelta(hours=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-30T10:00",
        "15.5.2026",
        "2026-05-15",
        "x" * 1000,
        "0001-01-01T00:00",
        None,
        "²026-05-15T10:00",
    ],
)
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(BadInput, match="Choose a date and a time"):
        read_local(text, BERLIN, field="starts_at")


@given(
    st.integers(10_520_000, 34_180_000).map(lambda minutes: datetime.fromtimestamp(60 * minutes, UTC)),
    st.sampled_from(ZONES),
)
def test_every_moment_comes_back_or_is_the_later_of_two(moment: datetime, zone: str) -> None:
    read = read_local(local_text(moment, zone), zone, field="x")
    second = moment.astimezone(ZoneInfo(zone)).fold == 1
    assert (read.at < moment) == second == (read.at != moment)
    assert bool(read.remark) >= second
    assert read_local(local_text(moment, zone), zone, field="x", kept=moment).at == moment
