"""Which order states follow which, how lists are filtered, and what the outside is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kagibag_app.features.events.rules import TYPE_NAME_BYTES, check_type_name
from kagibag_app.features.orders import rules
from kagibag_app.features.orders.payloads import mail_card, order_paid
from kagibag_app.features.orders.rules import (
    ORDER_MOVES,
    TICKET_MOVES,
    OrderStatus,
    StatusFilter,
    TicketStatus,
)
from kagibag_app.features.orders.views import LineGroup, LineView, OrderEvent, OrderView, TicketView
from kagibag_app.kit.errors import BadInput

EVENT = OrderEvent(
    "ev_1", "Night Harbour Sessions", "harbour", "2026-05-15T23:30:00+00:00", "2026-05-16T03:00:00+00:00", "",
    "America/New_York", "The Foundry Hall", "88 Valley St", "published", "Lantern Row",
)  # fmt: skip
LINE = LineView("li_1", "General admission", 4200, 630, 3570, "tk_1")
TICKET = TicketView(
    "tk_1", "T-4MQ7-ZB2X-9HCE", "valid", "General admission", "li_1", 3570, 1, 1, False, "", "", ""
)
ORDER = OrderView(
    id="or_1", number="KB-7F3K-9Q2M", status="paid", source="stripe", refund_state="none", dispute_state="none",
    buyer_name="Maren Okafor", buyer_email="maren.okafor@example.com", currency="USD", subtotal_minor=4200,
    discount_minor=630, total_minor=3570, refunded_minor=0, discount_code="HARBOUR15", discount_kind="percent",
    discount_value=1500, locale="en", version=2, placed_at="2026-04-03T00:14:00+00:00", hold_until="",
    paid_at="2026-04-03T00:15:00+00:00", cancelled_at="", event=EVENT,
    groups=[LineGroup("General admission", 1, 4200, 4200)], lines=[LINE], tickets=[TICKET],
)  # fmt: skip


def test_every_status_has_a_row_of_moves() -> None:
    assert set(ORDER_MOVES.moves) == set(OrderStatus)
    assert set(TICKET_MOVES.moves) == set(TicketStatus)


def test_an_unknown_filter_shows_all_orders() -> None:
    assert StatusFilter.read("disputed") == StatusFilter.DISPUTED
    for wrong in ("sold", "", None, 7, ["paid"]):
        assert StatusFilter.read(wrong) == StatusFilter.ALL


def test_every_choice_of_the_filter_is_about_one_state() -> None:
    conditions = {choice: rules.condition_of(choice) for choice in StatusFilter}
    assert conditions[StatusFilter.ALL] is None
    assert conditions[StatusFilter.PAID] == ("status", "paid")
    assert conditions[StatusFilter.REFUNDED] == ("refund_state", "full")
    assert conditions[StatusFilter.DISPUTED] == ("dispute_state", "open")
    about_status = {value for name, value in filter(None, conditions.values()) if name == "status"}
    assert about_status == {status.value for status in OrderStatus}


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("KB-7F3K-9Q2M", "KB7F3K9Q2M"),
        ("kb7f3k9q2m", "KB7F3K9Q2M"),
        ("7f3k", "7F3K"),
        ("ilo0", "1100"),
        ("7f3", ""),
        ("%%%%", ""),
        ("席席席席", ""),
    ],
)
def test_a_number_is_found_in_any_spelling(typed: str, part: str) -> None:
    assert rules.number_part(typed) == part


def test_a_search_is_one_clean_line() -> None:
    assert rules.search_text(" maren\x00\n@ex ") == "maren @ex"
    for wrong in ("x" * 255, 7, None):
        with pytest.raises(BadInput):
            rules.search_text(wrong)


def test_emails_compare_and_mask() -> None:
    assert rules.email_key(" Maren@Example.COM ") == "maren@example.com"
    assert rules.mask_email("maren.okafor@example.com") == "m•••@example.com"


def test_order_paid_tells_all_and_grants_nothing() -> None:
    told = order_paid(ORDER)
    assert told["number"] == "KB-7F3K-9Q2M"
    assert told["buyer"] == {"name": "Maren Okafor", "email": "maren.okafor@example.com"}
    assert told["event"]["zone"] == "America/New_York"
    assert (told["currency"], told["amount_exponent"]) == ("USD", 2)
    assert told["lines"] == [
        {"id": "li_1", "ticket_type": "General admission", "list": 4200, "discount": 630, "net": 3570}
    ]
    assert told["discount"] == {"code": "HARBOUR15", "kind": "percent", "value": 1500, "amount": 630}
    assert (told["subtotal"], told["discount_total"], told["total"]) == (4200, 630, 3570)
    assert told["tickets"] == [
        {"id": "tk_1", "code": "T-4MQ7-ZB2X-9HCE", "status": "valid", "line_id": "li_1"}
    ]
    assert "link" not in json.dumps(told)


def test_order_paid_has_no_discount_when_no_code_was_used() -> None:
    plain = replace(ORDER, discount_code="", discount_minor=0, subtotal_minor=3570)
    assert order_paid(plain)["discount"] is None


def test_order_paid_stays_below_twenty_kilobytes_when_an_order_is_as_large_as_can_be() -> None:
    name = check_type_name("席" * (TYPE_NAME_BYTES // 3))
    line = replace(LINE, id="li_" + "x" * 26, name=name, list_minor=99_999_990, net_minor=99_999_360)
    ticket = replace(TICKET, id="tk_" + "x" * 26, line_id=line.id)
    event = replace(EVENT, id="ev_" + "x" * 26, title="席" * 120, venue="席" * 120)
    largest = replace(
        ORDER,
        event=event,
        buyer_name="席" * 100,
        buyer_email="x" * 254,
        lines=[line] * 50,
        tickets=[ticket] * 50,
    )
    body = json.dumps(order_paid(largest), ensure_ascii=False, separators=(",", ":"))
    assert len(body.encode()) < 19_700  # the envelope needs the rest


def test_the_mail_card_shows_list_prices_by_type_and_names_what_links_derive_from() -> None:
    card = mail_card(ORDER, link_version=3)
    assert card["lines"] == [{"name": "General admission", "quantity": 1, "amount_minor": 4200}]
    assert (card["public_id"], card["link_version"], card["doors_at"]) == ("or_1", 3, None)
    assert card["tickets"] == [
        {"code": "T-4MQ7-ZB2X-9HCE", "type_name": "General admission", "public_id": "tk_1"}
    ]
