"""Parts render what they promise, for plain values and for values known only in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args

import pytest
import reflex as rx
from reflex_components_lucide.icon import LUCIDE_ICON_LIST

from kagibag_app.features.disputes.rules import DisputeEventKind, DisputeStatus
from kagibag_app.features.messages.rules import MessageStatus
from kagibag_app.features.orders.rules import OrderStatus, TicketStatus
from kagibag_app.features.payments.rules import PaymentStatus
from kagibag_app.features.refunds.rules.states import RefundStatus, RequestStatus
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.webhooks.rules import DeliveryStatus, EndpointStatus
from kagibag_app.web import routes
from kagibag_app.web.components import statuses
from kagibag_app.web.components.badge import Look, badge_for, count, label_for
from kagibag_app.web.components.buttons import button, link, link_button
from kagibag_app.web.components.dialog import confirm_dialog, consequence
from kagibag_app.web.components.fields import amount_field, text_field
from kagibag_app.web.components.price_table import PriceLine, price_table
from kagibag_app.web.components.qr import qr
from kagibag_app.web.components.shell import KEYS
from kagibag_app.web.components.steps import Step, steps
from kagibag_app.web.components.ticket_stub import ticket_stub
from kagibag_app.web.components.values import Tone, choose, each, when
from kagibag_app.web.components.waterfall import Bar

TABLES = {name: table for name, table in vars(statuses).items() if name.isupper()}


@dataclass(frozen=True, slots=True)
class Line:
    """A row inside a row."""

    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """A row as a screen's State holds it."""

    number: str
    status: str
    lines: tuple[Line, ...]


def rendered(component: rx.Component) -> str:
    return str(component.render())


def elements(component: rx.Component) -> Iterator[dict[str, Any]]:
    """Every element of the rendered tree."""
    waiting: list[Any] = [component.render()]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, dict):
            yield node
            waiting += node.get("children", [])


def props(component: rx.Component, name: str) -> list[list[str]]:
    return [node["props"] for node in elements(component) if node.get("name") == f'"{name}"']


@pytest.mark.parametrize("name", sorted(TABLES))
def test_status_has_an_icon_that_exists_and_a_known_tone(name: str) -> None:
    looks: dict[str, Look] = TABLES[name]
    icons = {icon.replace("_", "-") for icon in LUCIDE_ICON_LIST}
    assert {look.icon for look in looks.values()} <= icons
    assert {look.tone for look in looks.values()} <= set(get_args(Tone))
    assert all(look.label for look in looks.values())


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (statuses.ORDER, OrderStatus),
        (statuses.REFUND_REQUEST, RequestStatus),
        (statuses.REFUND, RefundStatus),
        (statuses.DISPUTE, DisputeStatus),
        (statuses.DISPUTE_EVENT, DisputeEventKind),
        (statuses.PAYMENT, PaymentStatus),
        (statuses.TICKET, TicketStatus),
        (statuses.DELIVERY, DeliveryStatus),
        (statuses.ENDPOINT, EndpointStatus),
        (statuses.MAIL, MessageStatus),
        (statuses.TIMELINE, EntryKind),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_status_table_has_a_look_for_every_word_of_its_enum(
    table: dict[str, Look], words: type[StrEnum]
) -> None:
    assert {word.value for word in words} - set(table) == set()


def test_badge_says_the_word_when_the_status_is_known() -> None:
    assert "Completed" in rendered(badge_for("paid", statuses.ORDER))


def test_badge_shows_the_raw_word_when_the_status_is_new() -> None:
    assert "frozen" in rendered(badge_for("frozen", statuses.ORDER))
    assert label_for("frozen", statuses.ORDER) == "frozen"


def test_badge_covers_every_status_when_it_is_decided_in_the_browser() -> None:
    shown = rendered(badge_for(rx.Var("row.status").to(str), statuses.REFUND_REQUEST))
    assert all(look.label in shown for look in statuses.REFUND_REQUEST.values())


def test_count_is_absent_when_there_is_nothing_to_count() -> None:
    assert "count" not in rendered(count(0, "need a decision"))
    assert "need a decision" in rendered(count(7, "need a decision"))


def test_nested_rows_give_their_fields_when_a_var_holds_frozen_dataclasses() -> None:
    orders = rx.Var("state.orders").to(list[Order])

    def row(order: Order) -> rx.Component:
        lines = each(order.lines, lambda line: rx.el.li(line.name))
        return rx.el.div(order.number, badge_for(order.status, statuses.ORDER), lines)

    shown = rendered(each(orders, row))
    assert '"number"' in shown
    assert '"lines"' in shown
    assert '"name"' in shown


def test_when_decides_at_once_for_plain_values() -> None:
    assert "yes" in rendered(when(True, "yes", "no"))
    assert "yes" not in rendered(when("", "yes", "no"))
    assert choose(True, "a", "b") == "a"
    assert isinstance(choose(rx.Var("x").to(bool), "a", "b"), rx.Var)


def test_button_keeps_its_focus_when_busy() -> None:
    (attributes,) = props(button("Refund $33.70", busy=True), "button")
    assert any("aria-busy" in text for text in attributes)
    assert not any(text.startswith("disabled") for text in attributes)


def test_button_names_its_shortcut_when_it_has_one() -> None:
    (attributes,) = props(button("Refund $33.70", key="a"), "button")
    assert any("data-key" in text for text in attributes)
    assert any("aria-keyshortcuts" in text for text in attributes)


def test_link_sends_no_referrer_when_it_leaves_the_product() -> None:
    (attributes,) = props(link("Stripe", "https://dashboard.stripe.com/", external=True), "a")
    assert any("noopener noreferrer" in text for text in attributes)


def test_link_is_followed_by_the_browser_when_it_downloads() -> None:
    assert props(link_button("Receipt", "/files/1", download=True), "a")


def test_field_ties_its_error_to_the_input_when_there_is_one() -> None:
    shown = text_field("Email", name="email", error="The part after @ looks incomplete.")
    (attributes,) = props(shown, "input")
    assert any("aria-invalid" in text and "true" in text for text in attributes)
    assert any("aria-describedby" in text and "email-about" in text for text in attributes)
    assert "looks incomplete" in rendered(shown)


def test_field_is_not_marked_invalid_when_nothing_is_wrong() -> None:
    (attributes,) = props(amount_field("Amount", "$", name="amount", hint="Up to $73.40"), "input")
    assert not any("aria-invalid" in text for text in attributes)


def test_confirm_dialog_puts_the_focus_on_the_safe_button() -> None:
    dialog = confirm_dialog(
        "Refund $33.70 to Maren Okafor?",
        open=True,
        consequences=[consequence("mail", "Maren gets a mail now.")],
        act="Refund $33.70",
        on_act=rx.noop(),
        on_close=lambda opened: rx.console_log(f"{opened}"),
    )
    safe, act = props(dialog, "button")
    assert any("autoFocus:true" in text for text in safe)
    assert not any("autoFocus" in text for text in act)
    assert any("data-once" in text for text in act)


def test_price_table_lets_a_code_be_removed_when_a_handler_is_given() -> None:
    lines = [
        PriceLine("Discount", "−$21.30", code="HARBOUR15"),
        PriceLine("Total", "$120.70", "total", remark="USD"),
    ]
    fixed = price_table(lines, caption="Your order")
    removable = price_table(lines, caption="Your order", on_remove_code=lambda code: rx.console_log(code))
    assert not props(fixed, "button")
    assert "Remove code HARBOUR15" in rendered(removable)


def test_steps_mark_the_current_one() -> None:
    done, now = props(
        steps([Step("Requested", state="done"), Step("At your bank", state="now", icon="landmark")]), "li"
    )
    assert any("aria-current" in text and "step" in text for text in now)
    assert not any("aria-current" in text and "step" in text for text in done)


def test_qr_path_stays_an_attribute_when_it_holds_markup() -> None:
    hostile = '"/><script>alert(1)</script>'
    drawn = qr(hostile, 29, label="QR code of ticket T-1")
    assert [node["name"] for node in elements(drawn)] == ['"svg"', '"path"']


def test_stub_shows_no_code_to_scan_when_the_ticket_is_void() -> None:
    def stub(status: str) -> str:
        facts = [("Doors", "Fri 15 May")]
        return rendered(
            ticket_stub(
                title="Balcony",
                holder="Maren",
                status=status,
                code="T-1",
                qr_path="M0 0h1",
                qr_size=21,
                facts=facts,
            )
        )

    assert "QR code of ticket T-1" in stub("valid")
    assert "QR code" not in stub("void")


def test_bar_is_placed_in_hundredths_of_a_percent() -> None:
    bar = Bar.of("Refunded 13 Apr", "−$47.30", start=7340, length=4730, scale=12070, kind="out")
    assert (bar.start, bar.width) == ("60.81%", "39.18%")


def test_bar_stays_on_the_scale_when_more_was_lost_than_captured() -> None:
    bar = Bar.of("Combined loss", "−$166.20", start=0, length=16620, scale=15120, kind="loss")
    assert (bar.start, bar.width) == ("0.00%", "100.00%")


def test_bar_is_empty_when_nothing_was_captured() -> None:
    assert Bar.of("Captured", "$0.00", start=0, length=0, scale=0).width == "0.00%"


def test_sheet_of_keys_lists_every_key_that_a_page_listens_to() -> None:
    said = {" ".join(pressed) for _, keys in KEYS for pressed, _ in keys}
    listened = {
        key
        for module in routes.pages()
        if module.__name__.startswith("kagibag_app.web.admin.")
        for key in re.findall(r"""["']?data-key["']?\s*:\s*["']([^"']+)["']""", rendered(module.page()))
    }
    # Rows are moved between and opened without a key of their own.
    assert {"/", "?", "n", "p", "a", "d", "g o"} <= listened
    assert listened | {"j", "k", "Enter", "Esc"} == said
