"""The record: every kind has its sentence, the buyer sees her part, nothing of another organizer's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kagibag_app.features.orders.rules import DisputeState, OrderStatus, RefundState
from kagibag_app.features.timeline import queries, service, views
from kagibag_app.features.timeline.rules import AuditKind, EntryKind
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.kit.actor import STRIPE, SYSTEM, Actor, ActorKind, attendee
from kagibag_app.storage.transaction import Transaction
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]

DANA = Actor(ActorKind.MEMBER, organizer_id=1, user_id=3, role="owner", name="Dana Moreau")


@pytest.mark.parametrize("kind", list(EntryKind))
def test_every_kind_has_a_sentence_that_stands_without_any_data(kind: EntryKind) -> None:
    said = views.sentence(kind, old_state="pending", new_state="paid")
    assert kind in views._SENTENCES
    assert said == said.strip()
    assert "{" not in said
    assert "  " not in said


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (views.ORDER_STATUS_LABELS, OrderStatus),
        (views.REFUND_STATE_LABELS, RefundState),
        (views.DISPUTE_STATE_LABELS, DisputeState),
    ],
)  # fmt: skip
def test_every_state_has_its_label(labels: dict[str, str], kind: type[OrderStatus]) -> None:
    assert set(labels) == set(kind)


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        (EntryKind.PAYMENT_CAPTURED, {"amount_minor": 3370, "currency": "USD", "card": "Visa"}, "$33.70 paid Visa"),
        (EntryKind.REFUND_APPROVED, {"amount_minor": 6400, "currency": "JPY"}, "Refund of ¥6,400 approved"),
        (EntryKind.TICKETS_ISSUED, {"tickets": 1}, "1 ticket issued"),
        (EntryKind.TICKETS_VOIDED, {"tickets": ["a", "b"]}, "2 tickets voided"),
        (EntryKind.DISPUTE_CLOSED, {"outcome": "won"}, "Dispute closed: won"),
        (EntryKind.MAIL_SENT, {"subject": "{amount} {0} $1"}, "Mail sent: {amount} {0} $1"),
    ],
)  # fmt: skip
def test_a_sentence_shows_its_data_as_it_is(kind: EntryKind, facts: dict[str, object], said: str) -> None:
    assert views.sentence(kind, data=facts) == said


def test_states_read_as_people_say_them_and_an_unknown_kind_shows_its_name() -> None:
    assert views.sentence(EntryKind.ORDER_STATUS, old_state="pending", new_state="paid") == "Now completed"
    assert views.sentence("of_a_newer_version") == "Of a newer version"


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
        rows = await queries.for_order(session, shop.organizer_id, order_id=7, zone="America/New_York")
        public = await queries.for_order(session, shop.organizer_id, order_id=7, zone="UTC", public=True)
        foreign = await queries.for_order(session, shop.organizer_id + 1, order_id=7, zone="UTC")
    assert [row.actor for row in rows] == ["Dana Moreau", "Stripe", "Elena (buyer)"]
    assert [row.detail for row in rows] == ["Called her <b>today</b>", "Card declined", ""]
    assert rows[2].text == "Order placed $1.00"
    assert "EST" in rows[0].exact or "EDT" in rows[0].exact
    assert datetime.fromisoformat(rows[0].iso).utcoffset() == datetime.now(UTC).utcoffset()
    assert [row.kind for row in public] == ["payment_attempt_failed", "order_placed"]
    assert foreign == []


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
        assert await queries.for_order(session, shop.organizer_id, order_id=7, zone="UTC") == []


async def test_a_long_history_shows_its_newest_entries(shop: Shop) -> None:
    async def work(tx: Transaction) -> None:
        for number in range(queries.LIMIT + 5):
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
        rows = await queries.for_order(session, shop.organizer_id, order_id=7, zone="UTC")
    assert (len(rows), rows[0].detail) == (queries.LIMIT, str(queries.LIMIT + 4))


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


@pytest.mark.parametrize("state", ["won", "lost", "open"])
def test_states_that_need_a_look_have_a_tone_of_their_own(state: str) -> None:
    assert state in set(DisputeState)
    assert views._look(EntryKind.DISPUTE_STATE, state)[0] in ("good", "bad")
