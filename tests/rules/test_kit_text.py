"""What people type becomes safe text, or is refused in a sentence; ids and clocks behave."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.kit import ids
from kagibag_app.kit.clock import Clock, from_unix
from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.text import fold, many_lines, one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Dana\x00 Moreau", "Dana Moreau"),
        ("Dana\ud800 Moreau\udfff", "Dana Moreau"),
        ("Dana\r\nBcc: all@example.com", "Dana Bcc: all@example.com"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("\u2066a\u2069\u200f", "a"),
        ("a\u2028b\x85c\td", "a bc d"),
        ("  Zoë   van  Dijk ", "Zoë van Dijk"),
        ("Zoe\u0308", "Zoë"),
        ("\x1b[31mred\x07", "[31mred"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("👩‍🚀 Ada", "👩‍🚀 Ada"),
    ],
)
def test_attack_9_one_line_holds_no_break_control_or_bidi_character(typed: str, kept: str) -> None:
    assert one_line(typed, field="name") == kept


def test_attack_9_a_long_text_keeps_its_line_breaks_only() -> None:
    assert many_lines("one\r\ntwo\rthree\x00\u202e\n", field="reason") == "one\ntwo\nthree"


@pytest.mark.parametrize("clean", [one_line, many_lines])
def test_attack_9_a_megabyte_is_refused_and_not_repeated(clean: Callable[..., str]) -> None:
    with pytest.raises(BadInput) as refused:
        clean("x" * 1_000_000, field="reason", limit=2000)
    assert "2,000 characters" in refused.value.message
    assert len(refused.value.message) < 100


@pytest.mark.parametrize("clean", [one_line, many_lines])
def test_one_character_more_than_fits_is_refused(clean: Callable[..., str]) -> None:
    assert clean("é" * 20, field="name", limit=20) == "é" * 20
    with pytest.raises(BadInput):
        clean("é" * 21, field="name", limit=20)


@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], {}, b"Dana", float("inf")])
def test_attack_1_what_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(BadInput) as refused:
        one_line(value, field="name")
    assert refused.value.field == "name"


@pytest.mark.parametrize("typed", ["", "   ", "\n\t", "\x00\x01", "\u202e", "\u200b", "\u200b \ufeff"])
def test_a_required_field_needs_something_visible(typed: str) -> None:
    with pytest.raises(BadInput):
        one_line(typed, field="name")
    assert not one_line(typed, field="name", required=False).strip("\u200b\ufeff ")


@given(st.text(alphabet=st.characters(), max_size=300))
def test_whatever_is_typed_can_be_stored_and_cleaning_again_changes_nothing(typed: str) -> None:
    line = one_line(typed, field="name", limit=2000, required=False)
    text = many_lines(typed, field="reason", limit=2000)
    for cleaned in (line, text):
        cleaned.encode("utf-8")
        assert "\x00" not in cleaned
    assert not set("\r\n\t\u2028\u2029") & set(line)
    assert one_line(line, field="name", limit=2000, required=False) == line


def test_folded_texts_are_compared_without_case_accents_and_width() -> None:
    assert fold("Zoë STRAẞE") == fold("ZOE strasse") == "zoe strasse"
    assert fold("ＫＢ") == "kb"


def test_ids_are_random_and_readable() -> None:
    made = {ids.public_id("rf") for _ in range(500)}
    assert len(made) == 500
    assert all(re.fullmatch(r"rf_[0-9a-hjkmnp-tv-z]{26}", one) for one in made)
    assert re.fullmatch(r"KB-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", ids.order_number())
    assert re.fullmatch(r"T(-[0-9A-HJKMNP-TV-Z]{4}){3}", ids.ticket_code())


@pytest.mark.parametrize("typed", ["KB-7F3K-9Q2M", "kb7f3k9q2m", " kb 7f3k 9q2m ", "KB–7F3K–9Q2M"])
def test_a_number_is_found_however_it_is_typed(typed: str) -> None:
    assert ids.normalise_code(typed) == "KB7F3K9Q2M"


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert ids.normalise_code("t-0oIl-1234") == "T00111234"


def test_the_clock_is_utc_and_moves_only_by_its_offset() -> None:
    clock = Clock()
    clock.advance(timedelta(days=2))
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=2)) < timedelta(seconds=5)
    assert from_unix(0) is from_unix(None) is None
    assert from_unix(1_700_000_000) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
