"""When an event and its ticket types can be bought."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kagibag_app.features.events import rules
from kagibag_app.features.events.rules import (
    EVENT_MOVES,
    EventStatus,
    SaleState,
    event_sale,
    overall_sale,
    type_sale,
)
from kagibag_app.kit.errors import BadInput

NOW = datetime(2026, 4, 2, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_every_event_status_has_a_row_of_moves() -> None:
    assert set(EVENT_MOVES.moves) == set(EventStatus)


@pytest.mark.parametrize(
    ("status", "ends_at", "sale"),
    [
        (EventStatus.PUBLISHED, NOW + HOUR, SaleState.ON_SALE),
        (EventStatus.PUBLISHED, NOW, SaleState.CLOSED),
        (EventStatus.DRAFT, NOW + HOUR, SaleState.CLOSED),
        (EventStatus.ENDED, NOW + HOUR, SaleState.CLOSED),
        (EventStatus.CANCELLED, NOW + HOUR, SaleState.CANCELLED),
    ],
)
def test_an_event_sells_while_it_is_published_and_not_over(
    status: EventStatus, ends_at: datetime, sale: SaleState
) -> None:
    assert event_sale(status, ends_at, NOW) == sale


@pytest.mark.parametrize(
    ("start", "end", "left", "sale"),
    [
        (None, None, 3, SaleState.ON_SALE),
        (NOW, NOW + HOUR, 3, SaleState.ON_SALE),
        (NOW + HOUR, None, 3, SaleState.NOT_YET),
        (None, NOW, 3, SaleState.CLOSED),
        (None, None, 0, SaleState.SOLD_OUT),
        (NOW + HOUR, None, 0, SaleState.SOLD_OUT),
        (None, NOW, 0, SaleState.CLOSED),
    ],
)
def test_a_ticket_type_sells_inside_its_window_while_something_is_left(
    start: datetime | None, end: datetime | None, left: int, sale: SaleState
) -> None:
    assert type_sale(SaleState.ON_SALE, sales_start=start, sales_end=end, left=left, now=NOW) == sale
    over = type_sale(SaleState.CLOSED, sales_start=start, sales_end=end, left=left, now=NOW)
    assert over == SaleState.CLOSED


def test_the_event_says_the_best_that_any_ticket_type_offers() -> None:
    sold, soon, on = SaleState.SOLD_OUT, SaleState.NOT_YET, SaleState.ON_SALE
    assert overall_sale(on, [sold, soon, on]) == on
    assert overall_sale(on, [sold, soon]) == soon
    assert overall_sale(on, [sold, SaleState.CLOSED]) == sold
    assert overall_sale(on, []) == SaleState.CLOSED
    assert overall_sale(SaleState.CANCELLED, [on]) == SaleState.CANCELLED


def test_the_sentence_names_what_is_left_when_more_was_wanted() -> None:
    assert rules.sold_out_sentence("Balcony seat", 0).startswith("Balcony seat is sold out.")
    assert rules.sold_out_sentence("Balcony seat", 1).startswith("Only 1 Balcony seat ticket is left.")
    assert rules.sold_out_sentence("Balcony seat", 2).startswith("Only 2 Balcony seat tickets are left.")


def test_an_event_is_refused_when_a_field_makes_no_sense() -> None:
    for slug in ("", "Upper", "two--dashes", "-edge", "späti", "a" * 81):
        with pytest.raises(BadInput):
            rules.check_slug(slug)
    for zone in ("Mars/Olympus", "../etc/passwd", ""):
        with pytest.raises(BadInput):
            rules.check_zone(zone)
    for name in ("", "x" * 61, "席" * 41):
        with pytest.raises(BadInput):
            rules.check_type_name(name)
    for price, code in ((-1, "USD"), (1255, "KWD"), (10**9, "USD")):
        with pytest.raises(BadInput):
            rules.check_price(price, code)
    for count in (0, 1_000_001):
        with pytest.raises(BadInput):
            rules.check_count(count, field="capacity", largest=rules.MAX_CAPACITY)
    with pytest.raises(BadInput):
        rules.check_times(NOW, NOW, None)
    with pytest.raises(BadInput):
        rules.check_times(NOW, NOW + HOUR, NOW + HOUR)
