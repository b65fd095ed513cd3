"""What mails say: the same in HTML and text, exact, and nothing of what was typed gets out of its place."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from kagibag_app.features.messages.documents import (
    Links,
    LogLinks,
    MailLinks,
    order_reference,
    render,
    subject_line,
)
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.views import RenderedMail
from kagibag_app.storage.secrets import AccessLinks, LinkPurpose
from tests.outgoing import CARD, KEYS

ACCESS = AccessLinks(KEYS)
LINKS: Links = MailLinks("https://tickets.example.com", ACCESS)
LINK_CARD = {k: CARD[k] for k in ("number", "public_id", "link_version", "event_title", "starts_at", "zone")}
REQUEST = {
    "public_id": "rrq_1", "amount_minor": 4200, "category": "cannot_attend",
    "reason_text": "I broke my leg.\nSorry!", "tickets": 1,
}  # fmt: skip
PARAMS: dict[Template, dict[str, Any]] = {
    Template.CONFIRMATION: {},
    Template.ORDER_LINKS: {"orders": [LINK_CARD, LINK_CARD | {"number": "KB-AAAA-BBBB", "public_id": "ord_two"}]},
    Template.REFUND_REQUESTED: {"request": REQUEST, "member": "Dana Moreau"},
    Template.REFUND_RECEIVED: {"amount_minor": 4200, "again": False},
    Template.REFUND_WITHDRAWN: {},
    Template.REFUND_AWAITS_SECOND: {
        "amount_minor": 4200, "by": "Dana Moreau", "request_public_id": "rrq_1", "why": "It is a lot.", "member": "Ada Lind",
    },
    Template.REFUND_APPROVED: {"amount_minor": 4200, "message": "Get well soon."},
    Template.REFUND_DECLINED: {"amount_minor": 4200, "message": "It is too late for that."},
    Template.REFUND_STARTED: {"amount_minor": 4200, "message": "Sorry for the noise.", "tickets": ["TK-1", "TK-2"]},
    Template.REFUNDED: {
        "amount_minor": 4200, "refund_public_id": "rf_1", "bank_reference": "74ABC", "method": "Visa •••• 4242",
    },
    Template.REFUND_FAILED: {"amount_minor": 4200, "reason": "The card was closed.", "request_public_id": "rrq_1"},
    Template.REFUND_CAME_BACK: {"amount_minor": 4200, "tickets_void": True},
    Template.REFUND_RETURNED: {
        "amount_minor": 4200, "refund_public_id": "rf_1", "way": "bank transfer", "reference": "RF18 5390",
        "message": "Sorry for the wait.",
    },
    Template.REFUND_TO_ALLOCATE: {"amount_minor": 4200, "stripe_id": "re_1"},
    Template.BULK_REFUND_FINISHED: {
        "organizer": "Night Owl", "run": "br_1", "words": "all orders of Night Harbour", "acting": "Dana Moreau",
        "refunded": 2, "cancelled": 1, "failed": 1, "skipped": 3, "amounts": {"USD": 8400, "JPY": 1200},
        "failed_amounts": {"USD": 4200}, "awaiting_second": 2, "awaiting_amounts": {"USD": 16800},
    },
    Template.TICKETS_REVIVED: {"tickets": [CARD["tickets"][0]], "message": "See you there."},
    Template.LATE_PAYMENT: {"amount_minor": 12070},
    Template.ORDER_CANCELLED: {"amount_minor": 12070, "message": "The hall was flooded.", "was_paid": True},
    Template.TICKET_LINK: {"ticket": CARD["tickets"][0]},
    Template.EMAIL_CORRECTED: {"masked": "m•••@example.com"},
    Template.NOTE_MENTION: {"author": "Dana Moreau", "text": "She called.\nPlease call back.", "member": "Ada Lind"},
    Template.DISPUTE_OPENED: {
        "amount_minor": 12070, "reason": "product_not_received", "due_at": "2026-06-01T03:59:00+00:00",
        "dispute_public_id": "dsp_1",
    },
    Template.WEBHOOK_DISABLED: {"endpoint": {"name": "CRM sync", "public_id": "we_1"}, "why": "failing"},
    Template.INVITATION: {
        "invitation": {"public_id": "inv_1", "version": 2}, "organizer": "Night Owl", "inviter": "Dana Moreau",
        "role": "support", "may": "Reads everything.", "expires_at": "2026-06-01T03:59:00+00:00", "zone": "America/New_York",
    },
}  # fmt: skip


class Reader(HTMLParser):
    """Reads a mail as a person does: words, and where links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self._skip = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links; leave out what is not read."""
        self.tags.append(tag)
        values = dict(attrs)
        if tag == "a":
            self.links.append(values["href"] or "")
        if tag in ("style", "title") or values.get("class") in ("preview", "hidden"):
            self._skip = tag

    def handle_endtag(self, tag: str) -> None:
        """Read on after what was left out."""
        if tag == self._skip:
            self._skip = ""

    def handle_data(self, data: str) -> None:
        """Collect words."""
        if not self._skip:
            self.words += words(data)


def words(text: str) -> list[str]:
    """Return the words of a text, without addresses of links and without punctuation."""
    return re.findall(r"[\w$−€¥•@.'’-]*\w", re.sub(r"https://\S+", "", text))


def make(template: Template, params: dict[str, Any] | None = None, **card: Any) -> RenderedMail:
    """Render a mail with changes."""
    return render(template, {"order": CARD | card} | (PARAMS[template] if params is None else params), LINKS)


@pytest.mark.parametrize("template", list(Template))
def test_html_and_text_say_the_same(template: Template) -> None:
    mail = make(template)
    read = Reader(mail.html)
    assert set(read.words) - {"Order"} == set(words(mail.text)) - {"Order"}
    assert sorted(read.links) == sorted(re.findall(r"https://\S+", mail.text))
    assert bool(read.links) == (template is not Template.EMAIL_CORRECTED)


@pytest.mark.parametrize("template", list(Template))
def test_mail_needs_nothing_from_elsewhere(template: Template) -> None:
    html = make(template).html
    assert set(Reader(html).tags) & {"img", "script", "link", "iframe", "form"} == set()
    assert "url(" not in html
    assert "@import" not in html
    assert html.count("<style") == 1
    assert "prefers-color-scheme" in html


@pytest.mark.parametrize("template", list(Template))
def test_subject_is_one_line_and_names_stay_text_when_they_are_hostile(template: Template) -> None:
    hostile = "<script>alert(1)</script>\r\nBcc: all@example.com\x00\u2028"
    hostile_orders = [LINK_CARD | {"event_title": hostile}] * 2
    changes: dict[Template, dict[str, Any]] = {
        Template.ORDER_LINKS: {"orders": hostile_orders},
        Template.WEBHOOK_DISABLED: {"endpoint": {"name": hostile, "public_id": "we_1"}, "why": "gone"},
        Template.INVITATION: {"inviter": hostile, "organizer": hostile},
        Template.BULK_REFUND_FINISHED: {"organizer": hostile, "words": hostile, "acting": hostile},
    }
    names = {"event_title": hostile, "buyer_name": hostile, "organizer_name": hostile}
    mail = make(template, PARAMS[template] | changes.get(template, {}), **names)
    assert not re.search(r"[\r\n\0\u2028]", mail.subject)
    assert "script" not in Reader(mail.html).tags
    assert "&lt;script&gt;" in mail.html
    assert len(mail.subject) <= 200


def test_only_the_mail_of_a_succeeded_refund_says_refunded() -> None:
    saying = {
        template for template in Template
        if template is not Template.ORDER_LINKS and re.search("refunded", f"{make(template)}", re.IGNORECASE)
    }  # fmt: skip
    assert saying == {Template.REFUNDED}


def test_confirmation_shows_lines_discount_total_and_each_ticket() -> None:
    mail = make(Template.CONFIRMATION)
    for expected in (
        "Order KB-7F3K-9Q2M", "When: Fri 15 May 2026, 19:30–23:00 EDT, doors 18:30",
        "Where: The Foundry Hall, 88 Valley St, Providence, RI", "2 × General admission: $84.00",
        "1 × Balcony seat: $58.00", "Subtotal: $142.00", "Discount HARBOUR15: −$21.30", "Total paid: $120.70",
        f"https://tickets.example.com/order/{ACCESS.token(LinkPurpose.ORDER, 'ord_first', 3)}",
    ):  # fmt: skip
        assert expected in mail.text
    for ticket in CARD["tickets"]:
        token = ACCESS.token(LinkPurpose.TICKET, ticket["public_id"], 3)
        assert (
            f"{ticket['type_name']}, {ticket['code']}\nOpen ticket: https://tickets.example.com/ticket/{token}"
            in mail.text
        )
    for label, name in (
        ("Add to calendar", "event.ics"),
        ("Tickets (PDF)", "tickets.pdf"),
        ("Receipt (PDF)", "receipt.pdf"),
    ):
        token = ACCESS.token(LinkPurpose.ORDER, "ord_first", 3)
        assert f"{label}: https://tickets.example.com/api/order/{token}/{name}" in mail.text
    assert "Stripe sandbox" not in mail.text


def test_confirmation_of_a_free_order_says_that_nothing_was_charged() -> None:
    mail = make(
        Template.CONFIRMATION, discount_minor=14200, total_minor=0, doors_at=None, venue="", address=""
    )
    assert "Total: $0.00" in mail.text
    assert "Nothing was charged." in mail.text
    assert "doors" not in mail.text
    assert "Where: To be announced" in mail.text


def test_confirmation_leaves_the_discount_out_when_there_is_none() -> None:
    mail = make(Template.CONFIRMATION, discount_minor=0, discount_code="", total_minor=14200)
    assert "Discount" not in mail.text


@pytest.mark.parametrize(
    ("currency", "locale", "shown"),
    [("JPY", "en", "¥12,070"), ("KWD", "en", "KWD 12.070"), ("EUR", "de", "120,70 €")],
)
def test_money_is_exact_in_its_currency_and_locale(currency: str, locale: str, shown: str) -> None:
    mail = make(Template.CONFIRMATION, currency=currency, locale=locale)
    assert f"Total paid: {shown}" in mail.text.replace("\xa0", " ")


def test_sandbox_mail_says_so_in_both_forms() -> None:
    mail = render(Template.CONFIRMATION, {"order": CARD}, LINKS, sandbox=True)
    assert mail.text.startswith("Stripe sandbox.")
    assert "Stripe sandbox." in mail.html


def test_organizers_mails_lead_to_the_page_that_decides() -> None:
    pages = {
        Template.REFUND_REQUESTED: "refunds?request=rrq_1", Template.REFUND_FAILED: "refunds?request=rrq_1",
        Template.DISPUTE_OPENED: "disputes/dsp_1", Template.WEBHOOK_DISABLED: "webhooks?endpoint=we_1",
    }  # fmt: skip
    for template, page in pages.items():
        assert Reader(make(template).html).links == [f"https://tickets.example.com/admin/{page}"]
    unasked = make(
        Template.REFUND_FAILED, PARAMS[Template.REFUND_FAILED] | {"request_public_id": "", "reason": ""}
    )
    assert Reader(unasked.html).links == ["https://tickets.example.com/admin/orders/KB-7F3K-9Q2M"]
    assert "Stripe gave no reason." in unasked.text


def test_request_shows_the_reason_and_what_the_buyer_wrote() -> None:
    text = make(Template.REFUND_REQUESTED).text
    assert "Maren Okafor asks for $42.00 back" in text
    assert "Reason: Cannot attend" in text
    assert "Tickets: 1 of 3" in text
    assert "> I broke my leg.\n> Sorry!" in text
    silent = make(Template.REFUND_REQUESTED, {"request": REQUEST | {"reason_text": ""}})
    assert "wrote" not in silent.text


def test_dispute_names_its_deadline_in_a_named_zone() -> None:
    assert "Answer by: 31 May 2026, 23:59 EDT" in make(Template.DISPUTE_OPENED).text
    open_ended = make(
        Template.DISPUTE_OPENED, PARAMS[Template.DISPUTE_OPENED] | {"due_at": None, "reason": ""}
    )
    assert "Answer by: No deadline given" in open_ended.text
    assert "Reason: Not given" in open_ended.text


def test_refunded_leaves_out_what_is_not_known() -> None:
    mail = make(Template.REFUNDED, PARAMS[Template.REFUNDED] | {"bank_reference": "", "method": ""})
    assert "Bank reference" not in mail.text
    assert "Goes to: The card or account you paid with" in mail.text


def test_decision_without_a_message_quotes_nobody() -> None:
    assert "wrote" not in make(Template.REFUND_DECLINED, {"amount_minor": 4200, "message": ""}).text


def test_subject_and_reference_name_the_order() -> None:
    one = {"orders": [LINK_CARD]}
    assert subject_line(Template.ORDER_LINKS, one) == "Your order KB-7F3K-9Q2M"
    assert subject_line(Template.ORDER_LINKS, PARAMS[Template.ORDER_LINKS]) == "Your 2 orders"
    assert order_reference(one) == {"number": "KB-7F3K-9Q2M", "public_id": "ord_first"}
    assert order_reference({"order": CARD}) == {"number": "KB-7F3K-9Q2M", "public_id": "ord_first"}
    assert order_reference({}) == {}


def test_a_reader_of_the_log_does_not_get_the_link_to_a_team() -> None:
    params = PARAMS[Template.INVITATION]
    token = ACCESS.token(LinkPurpose.INVITATION, "inv_1", 2)
    assert token in make(Template.INVITATION).text
    shown = render(Template.INVITATION, params, LogLinks("https://tickets.example.com", ACCESS))
    assert "/admin/join/" in shown.text
    assert token.rpartition(".")[2] not in shown.text + shown.html
