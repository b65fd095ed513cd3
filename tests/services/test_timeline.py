"""The record: every kind has its sentence, the buyer sees her part, nothing of another organizer's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kagibag_app.features.orders.rules import DisputeState, OrderStatus, RefundState
from kagibag_app.features.timeline import queries, service, views
from kagibag_app.features.timeline.rules import AuditKind, EntryKind
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.features.timeline.views import words
from kagibag_app.kit.actor import STRIPE, SYSTEM, Actor, ActorKind, attendee
from kagibag_app.storage.transaction import Transaction
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]

NOW = datetime(2026, 4, 9, tzinfo=UTC)
DANA = Actor(ActorKind.MEMBER, organizer_id=1, user_id=3, role="owner", name="Dana Moreau")


@pytest.mark.parametrize("kind", list(EntryKind))
def test_every_kind_has_a_sentence_that_stands_without_any_data(kind: EntryKind) -> None:
    said = views.sentence(kind, old_state="pending", new_state="paid")
    assert kind in words._SENTENCES
    assert said == said.strip()
    assert "{" not in said
    assert "  " not in said


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        (EntryKind.ORDER_STATUS, OrderStatus),
        (EntryKind.REFUND_STATE, RefundState),
        (EntryKind.DISPUTE_STATE, DisputeState),
    ],
)
def test_every_state_has_a_sentence_of_its_own(kind: EntryKind, states: type[OrderStatus]) -> None:
    said = {views.sentence(kind, new_state=state) for state in states}
    assert len(said) == len(list(states))
    assert not any(text.startswith("Now ") for text in said)


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        (EntryKind.PAYMENT_CAPTURED, {"amount_minor": 3370, "currency": "USD", "card": "Visa"}, "$33.70 paid with Visa"),
        (EntryKind.REFUND_APPROVED, {"amount_minor": 6400, "currency": "JPY"}, "Refund of ¥6,400 approved"),
        (EntryKind.TICKETS_ISSUED, {"tickets": 1}, "1 ticket issued"),
        (EntryKind.TICKETS_VOIDED, {"tickets": ["a", "b"]}, "2 tickets voided"),
        (EntryKind.DISPUTE_CLOSED, {"outcome": "won"}, "Dispute closed: won"),
        (EntryKind.REFUND_STARTED, {"amount_minor": 6400, "currency": "JPY"}, "Refund of ¥6,400 started"),
        (EntryKind.CANCEL_STARTED, {"amount_minor": 3370, "currency": "USD"},
         "Cancelling the order: $33.70 goes back first"),
        (EntryKind.CANCEL_STARTED, {"message": "Sorry"}, "Cancelling the order: its payment page is closed first"),
        (EntryKind.TICKET_CHECKED_IN, {"ticket": "T-4MQ7"}, "Ticket T-4MQ7 used at the door"),
        (EntryKind.EMAIL_CORRECTED, {"before": "a@b.example", "after": "c@d.example"},
         "Email address corrected from a@b.example to c@d.example"),
        (EntryKind.NOTE_ADDED, {"message": "x", "mentions": ["Dana", "Noor"]}, "Note for Dana, Noor"),
        (EntryKind.MAIL_SENT, {"subject": "{amount} {0} $1"}, "Mail sent: {amount} {0} $1"),
    ],
)  # fmt: skip
def test_a_sentence_shows_its_data_as_it_is(kind: EntryKind, facts: dict[str, object], said: str) -> None:
    assert views.sentence(kind, data=facts) == said


def test_states_read_as_people_say_them_and_an_unknown_kind_shows_its_name() -> None:
    assert views.sentence(EntryKind.ORDER_STATUS, old_state="pending", new_state="paid") == "Order completed"
    assert views.sentence("of_a_newer_version") == "Of a newer version"


@pytest.mark.parametrize(
    ("kind", "facts", "detail"),
    [
        (EntryKind.TICKETS_VOIDED, {"tickets": list("abcdef"), "reason": "refunded"}, "a, b, c, d and 2 more: refunded"),
        (EntryKind.DISPUTE_FUNDS_WITHDRAWN, {"fee_minor": 1500, "currency": "USD"}, "Dispute fee: $15.00"),
        (EntryKind.DISPUTE_UPDATED, {"status": "under_review", "submissions": 1}, "Under review, 1 answer sent"),
        (EntryKind.REFUND_FAILED, {"reason": "Expired card.", "tickets_stay_void": True},
         "Expired card. Its tickets stay void until somebody makes them valid again."),
        (EntryKind.LATE_PAYMENT, {"why": "no_capacity"}, "Its seats were sold meanwhile."),
        (EntryKind.MAIL_FAILED, {"error": "Mailbox full", "message": "msg_1"}, "Mailbox full"),
    ],
)  # fmt: skip
def test_a_detail_says_what_there_is_to_know(kind: EntryKind, facts: dict[str, object], detail: str) -> None:
    assert views.detail(kind, facts) == detail


def test_what_stripe_reports_out_of_turn_is_said() -> None:
    assert "out of turn" in views.detail(EntryKind.REFUND_SUCCEEDED, {}, unexpected=True)


def test_addresses_are_masked_in_every_text_for_those_who_may_not_read_them() -> None:
    row = views.TimelineRow(
        1, EntryKind.NOTE_ADDED, NOW, "member", "Dana", "", "",
        {"message": "Write to elena@example.com, not <e.b@example.com>.", "reason": "o@example.com"}, False, False,
    )  # fmt: skip
    assert row.said == "Write to e•••@example.com, not <e•••@example.com>."
    assert row.detail == "o•••@example.com"
    corrected = replace(
        row,
        kind=EntryKind.EMAIL_CORRECTED,
        data={"before": "mraen@example.com", "after": "maren@example.org"},
    )
    assert corrected.text == "Email address corrected from m•••@example.com to m•••@example.org"


@pytest.mark.parametrize(
    "kind",
    [
        EntryKind.NOTE_ADDED, EntryKind.EMAIL_CORRECTED, EntryKind.CANCEL_STARTED, EntryKind.CANCEL_DROPPED,
        EntryKind.REFUND_FAILED, EntryKind.MAIL_SENT,
    ],
)  # fmt: skip
def test_what_is_the_organizers_business_is_not_the_buyers(kind: EntryKind) -> None:
    assert kind not in views.PUBLIC_KINDS


async def test_entries_are_read_newest_first_with_time_and_name(shop: Shop) -> None:
    async def work(tx: Transaction) -> None:
        for actor, kind, data in (
            (
                attendee(shop.organizer_id, "Elena"),
                EntryKind.ORDER_PLACED,
                {"total_minor": 100, "currency": "USD"},
            ),
            (STRIPE, EntryKind.PAYMENT_ATTEMPT_FAILED, {"reason": "Card declined"}),
            (DANA, EntryKind.NOTE_ADDED, {"message": "Called her <b>today</b>"}),
        ):
            service.record(tx, actor, organizer_id=shop.organizer_id, order_id=7, kind=kind, data=data)
            await tx.session.flush()

    await shop.store.run(work)
    async with shop.store.read() as session:
        found = await queries.for_order(session, shop.organizer_id, order_id=7)
        public = await queries.for_order(session, shop.organizer_id, order_id=7, public=True)
        foreign = await queries.for_order(session, shop.organizer_id + 1, order_id=7)
    rows = found.rows
    assert [row.actor for row in rows] == ["Dana Moreau", "Stripe", "Elena (buyer)"]
    assert [row.said for row in rows] == ["Called her <b>today</b>", "", ""]
    assert [row.detail for row in rows] == ["", "Card declined", ""]
    assert rows[2].text == "Order placed for $1.00"
    assert all(row.at.utcoffset() == timedelta(0) for row in rows)
    assert [row.kind for row in public.rows] == ["payment_attempt_failed", "order_placed"]
    assert (foreign.rows, foreign.more) == ([], False)


async def test_a_version_of_an_order_has_one_entry(shop: Shop) -> None:
    async def work(tx: Transaction) -> None:
        for _ in range(2):
            service.record_state(
                tx, SYSTEM, organizer_id=shop.organizer_id, order_id=7, kind=EntryKind.ORDER_STATUS, old="pending",
                new="paid", version=2, unexpected=True,
            )  # fmt: skip

    with pytest.raises(IntegrityError):
        await shop.store.run(work)
    async with shop.store.read() as session:
        assert (await queries.for_order(session, shop.organizer_id, order_id=7)).rows == []


async def test_a_long_history_shows_its_newest_entries_and_says_that_there_are_more(shop: Shop) -> None:
    async def work(tx: Transaction) -> None:
        for number in range(7):
            service.record(
                tx,
                SYSTEM,
                organizer_id=shop.organizer_id,
                order_id=7,
                kind=EntryKind.NOTE_ADDED,
                data={"message": str(number)},
            )

    await shop.store.run(work)
    async with shop.store.read() as session:
        newest = await queries.for_order(session, shop.organizer_id, order_id=7, limit=5)
        whole = await queries.for_order(session, shop.organizer_id, order_id=7, limit=7)
    assert ([row.said for row in newest.rows], newest.more) == (["6", "5", "4", "3", "2"], True)
    assert (len(whole.rows), whole.more) == (7, False)


async def test_acts_outside_orders_are_audited_with_who_did_them(shop: Shop) -> None:
    async def work(tx: Transaction) -> None:
        service.audit(
            tx, DANA, kind=AuditKind.WEBHOOK_CREATED, organizer_id=shop.organizer_id, subject="we_1"
        )

    await shop.store.run(work)
    async with shop.store.read() as session:
        (entry,) = (await session.scalars(sa.select(AuditEntry))).all()
    assert (entry.kind, entry.subject, entry.actor_kind, entry.actor_id) == (
        "webhook_created",
        "we_1",
        "member",
        3,
    )
