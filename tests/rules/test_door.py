"""What a scanner types, and whether it is the day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kagibag_app.features.orders.rules import on_its_day, written_ticket


@pytest.mark.parametrize(
    "typed",
    [
        "T-4MQ7-ZB2X-9HCE", "t-4mq7-zb2x-9hce", "t4mq7zb2x9hce", "4MQ7 ZB2X 9HCE", "4mq7zb2x9hce",
        "Tß4MQ7ßZB2Xß9HCE", " T-4MQ7-ZB2X-9HCE\t",
    ],
)  # fmt: skip
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert written_ticket(typed) == "T-4MQ7-ZB2X-9HCE"


def test_a_code_without_its_prefix_may_begin_with_the_same_letter() -> None:
    assert written_ticket("TMQ7-ZB2X-9HCE") == "T-TMQ7-ZB2X-9HCE"
    assert written_ticket("T-TMQ7-ZB2X-9HCE") == "T-TMQ7-ZB2X-9HCE"


@pytest.mark.parametrize("typed", ["", "T-4MQ7", "KB-7F3K-9Q2M", "4MQ7ZB2X9HCE00", "x" * 5000])
def test_what_can_be_no_code_is_none(typed: str) -> None:
    assert written_ticket(typed) == ""


def test_the_day_is_counted_in_the_event_s_zone_to_its_end_after_midnight() -> None:
    # 28 March, 21:00 to 02:30 in Berlin, across the change of the clocks at 02:00.
    night = {
        "opens_at": datetime(2026, 3, 28, 20, tzinfo=UTC),
        "ends_at": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        "zone": "Europe/Berlin",
    }
    on = [
        on_its_day(datetime(2026, 3, day, hour, minute, tzinfo=UTC), **night)
        for day, hour, minute in ((27, 22, 59), (27, 23, 0), (28, 20, 30), (29, 21, 59), (29, 22, 0))
    ]
    assert on == [False, True, True, True, False]
