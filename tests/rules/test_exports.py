"""What an export is asked for and called, and what its words and columns say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.features.orders.rules import (
    DisputeState,
    OrderFilter,
    OrderSort,
    OrderSource,
    OrderStatus,
    RefundState,
    StatusFilter,
)
from kagibag_app.features.orders.views import ExportRow
from kagibag_app.features.reports.documents.words import WORDS
from kagibag_app.features.reports.rules import (
    COLUMNS,
    EXPORT_MOVES,
    ExportFormat,
    ExportStatus,
    Kind,
    file_name,
    filter_document,
    filter_of,
)
from kagibag_app.features.reports.views import days_in_words, in_words
from kagibag_app.kit.errors import BadInput
from kagibag_app.web.components import statuses

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "export.md"
NEW_YORK = "America/New_York"

filters = st.builds(
    OrderFilter,
    status=st.sampled_from(StatusFilter),
    event=st.text(max_size=20),
    placed_from=st.none() | st.datetimes(timezones=st.just(UTC)),
    placed_until=st.none() | st.datetimes(timezones=st.just(UTC)),
    search=st.text(max_size=30),
    source=st.sampled_from(["", *OrderSource]),
    promotion=st.text(max_size=20),
    sort=st.sampled_from(OrderSort),
)


@given(filters)
def test_a_kept_filter_comes_back_as_it_was(chosen: OrderFilter) -> None:
    assert filter_of(filter_document(chosen)) == chosen


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (OrderFilter(), "all of them"),
        (
            OrderFilter(
                status=StatusFilter.PAID,
                event="ev_1",
                placed_from=datetime(2026, 4, 1, 4, tzinfo=UTC),
                placed_until=datetime(2026, 5, 1, 4, tzinfo=UTC),
            ),
            "Night Harbour Sessions, completed, April 2026",
        ),
        (
            OrderFilter(source="free", promotion="pr_1", search="maren", sort=OrderSort.HIGHEST),
            "free, promotion HARBOUR15, search “maren”, the highest total first",
        ),
    ],
)
def test_a_filter_is_said_in_words(chosen: OrderFilter, words: str) -> None:
    assert in_words(chosen, NEW_YORK, event="Night Harbour Sessions", code="HARBOUR15") == words


@pytest.mark.parametrize(
    ("first", "end", "words"),
    [
        (None, None, ""),
        (datetime(2026, 4, 7, 4, tzinfo=UTC), datetime(2026, 4, 8, 4, tzinfo=UTC), "7 Apr 2026"),
        # The day on which clocks go forward has 23 hours.
        (datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC), "8 Mar 2026"),
        (datetime(2025, 12, 1, 5, tzinfo=UTC), datetime(2026, 1, 1, 5, tzinfo=UTC), "December 2025"),
        (datetime(2026, 4, 1, 4, tzinfo=UTC), None, "since 1 Apr 2026"),
        (None, datetime(2026, 4, 8, 4, tzinfo=UTC), "until 7 Apr 2026"),
        (
            datetime(2026, 4, 1, 4, tzinfo=UTC),
            datetime(2026, 4, 3, 16, 30, tzinfo=UTC),
            "1 Apr 2026 – 3 Apr 2026, 12:30 EDT",
        ),
    ],
)
def test_days_are_said_in_the_organizers_zone(
    first: datetime | None, end: datetime | None, words: str
) -> None:
    assert days_in_words(first, end, NEW_YORK) == words


@given(st.text())
def test_attack_11_a_file_name_is_made_of_nothing_that_was_typed(slug: str) -> None:
    name = file_name(slug, datetime(2026, 4, 7, 14, 12, tzinfo=UTC), ExportFormat.XLSX)
    assert name.isascii()
    assert not set(name) & set('/\\"\r\n\0; %')
    assert ".." not in name
    assert name.endswith("-2026-04-07-1412.xlsx")


def test_a_file_name_says_whose_orders_of_when() -> None:
    at = datetime(2026, 4, 7, 14, 12, tzinfo=UTC)
    assert file_name("lantern-row", at, ExportFormat.CSV) == "orders-lantern-row-2026-04-07-1412.csv"


@pytest.mark.parametrize("text", ["pdf", "", "CSV", None, 1])
def test_a_format_that_is_none_is_refused(text: object) -> None:
    with pytest.raises(BadInput):
        ExportFormat.read(text)


def test_every_status_has_its_moves_and_what_is_over_stays_over() -> None:
    assert set(EXPORT_MOVES.moves) == set(ExportStatus)
    for over in (ExportStatus.FINISHED, ExportStatus.FAILED, ExportStatus.CANCELLED):
        assert EXPORT_MOVES.moves[over] == frozenset()


def test_every_column_is_in_the_row_and_in_the_guide() -> None:
    guide = GUIDE.read_text()
    for column in COLUMNS:
        assert (column.field in ExportRow._fields) is (column.kind is not Kind.ZONE)
        assert f"| `{column.name}` | {column.title} |" in guide, column.name
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)


def test_a_file_says_states_as_the_screens_do() -> None:
    screens = {
        "status": statuses.ORDER,
        "refund_state": statuses.REFUND_STATE,
        "dispute_state": statuses.DISPUTE_STATE,
    }
    for field, looks in screens.items():
        assert {word: look.label for word, look in looks.items()}.items() <= WORDS[field].items()
    known = {
        "status": OrderStatus,
        "refund_state": RefundState,
        "dispute_state": DisputeState,
        "source": OrderSource,
    }
    for field, states in known.items():
        assert set(WORDS[field]) == set(states)
