"""Disputes: what Stripe's word does to them, to the order and to its money."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kagibag_app.features.accounts.tables import Membership, User
from kagibag_app.features.disputes import queries, service
from kagibag_app.features.disputes.rules import (
    EXPECTED_MOVES,
    REASONS,
    STATUS_LABELS,
    DisputeFilter,
    DisputeKind,
    DisputeStatus,
    kind_of,
    order_state,
    reason_label,
    reason_sentence,
)
from kagibag_app.features.disputes.tables import Dispute, DisputeEvent
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.kit.errors import NotFound
from kagibag_app.kit.ids import public_id
from kagibag_app.live import topics
from kagibag_app.ports.payments import DisputeSnapshot
from kagibag_app.sandbox.disputes import REASONS as STRIPES_REASONS
from tests.services.shop import PLATFORM, Shop
from tests.services.stripe_snapshots import CREATED, balance, captured, dispute

pytest_plugins = ["tests.services.shop_fixtures"]


async def _record(shop: Shop, snapshot: DisputeSnapshot) -> bool:
    return await shop.store.run(lambda tx: service.record_gateway_dispute(tx, snapshot, account=PLATFORM))


async def _steps(shop: Shop) -> list[str]:
    return [row.kind for row in await shop.rows(DisputeEvent)]


async def _member(shop: Shop, role: str, name: str) -> None:
    async with shop.store.transaction() as tx:
        user = User(
            public_id=public_id("usr"),
            email=f"{name}@lantern.example",
            name=name,
            password_hash="-",
            created_at=tx.now,
        )
        tx.session.add(user)
        await tx.session.flush()
        tx.session.add(
            Membership(organizer_id=shop.organizer_id, user_id=user.id or 0, role=role, created_at=tx.now)
        )


async def test_a_chargeback_takes_the_money_flags_the_order_and_blocks_refunds(shop: Shop) -> None:
    await _member(shop, "owner", "dana")
    await _member(shop, "support", "sam")
    order, payment = await captured(shop)
    shop.topics.clear()
    for _ in range(3):
        assert await _record(shop, dispute(payment))
    (row,) = await shop.rows(Dispute)
    assert (row.kind, row.status, row.raw_status) == ("chargeback", "needs_response", "needs_response")
    assert (await shop.order(order)).dispute_state == "open"
    assert (await shop.rows(Payment))[0].open_chargeback
    assert await _steps(shop) == ["opened", "funds_withdrawn"]
    booked = [(e.kind, e.settlement_minor, e.presentment_minor) for e in await shop.rows(LedgerEntry)]
    assert booked[2:] == [("dispute", -8400, -8400), ("dispute_fee", -1500, None)]
    mails = await shop.rows(EmailMessage, template="dispute_opened")
    assert [mail.recipient for mail in mails] == ["dana@lantern.example"]
    assert mails[0].params["reason"] == "Product not received"
    assert mails[0].params["due_at"].startswith("2026-04-20T23:59")
    wanted = {topics.disputes(shop.organizer_id), topics.orders(shop.organizer_id), topics.order(order.id)}
    assert wanted <= set(shop.topics)
    await shop.check_books()


@pytest.mark.parametrize(("status", "state"), [("won", "won"), ("lost", "lost")])
async def test_the_order_says_how_it_ended(shop: Shop, status: str, state: str) -> None:
    order, payment = await captured(shop)
    await _record(shop, dispute(payment))
    await _record(shop, dispute(payment, "under_review", submission_count=1, has_evidence=True))
    taken = dispute(payment).balance
    back = balance("txn_back", 8400, -1500, created=CREATED + timedelta(days=60))
    await _record(shop, dispute(payment, status, balance=(*taken, back) if status == "won" else taken))
    (row,) = await shop.rows(Dispute)
    assert row.closed_at is not None
    assert (await shop.order(order)).dispute_state == state
    assert not (await shop.rows(Payment))[0].open_chargeback
    steps = await _steps(shop)
    assert steps[:3] == ["opened", "funds_withdrawn", "updated"]
    assert steps[3:] == (["funds_reinstated", "closed"] if status == "won" else ["closed"])
    disputed = sum(e.settlement_minor for e in await shop.rows(LedgerEntry) if e.cause == "dispute:du_1")
    assert disputed == (0 if status == "won" else -9900)
    await shop.check_books()


async def test_an_inquiry_allows_refunds_until_it_becomes_a_chargeback(shop: Shop) -> None:
    order, payment = await captured(shop)
    await _record(shop, dispute(payment, "warning_needs_response"))
    (row,) = await shop.rows(Dispute)
    assert (row.kind, row.is_charge_refundable) == ("inquiry", True)
    assert not (await shop.rows(Payment))[0].open_chargeback
    assert (await shop.order(order)).dispute_state == "open"
    await _record(shop, dispute(payment))
    (row,) = await shop.rows(Dispute)
    assert row.kind == "chargeback"
    assert (await shop.rows(Payment))[0].open_chargeback
    assert sorted(await _steps(shop)) == ["funds_withdrawn", "opened", "updated"]


async def test_an_inquiry_that_ends_leaves_no_mark(shop: Shop) -> None:
    order, payment = await captured(shop)
    await _record(shop, dispute(payment, "warning_needs_response"))
    await _record(shop, dispute(payment, "warning_closed"))
    assert (await shop.order(order)).dispute_state == "none"
    (entry,) = await shop.rows(TimelineEntry, kind="dispute_closed")
    assert (entry.data["outcome"], entry.unexpected) == ("closed", False)


async def test_a_jump_is_taken_and_marked_when_our_table_has_no_such_move(shop: Shop) -> None:
    order, payment = await captured(shop)
    await _record(shop, dispute(payment, "lost"))
    await _record(shop, dispute(payment, "needs_response"))
    (row,) = await shop.rows(Dispute)
    assert (row.status, row.closed_at) == ("needs_response", None)
    assert (await shop.order(order)).dispute_state == "open"
    marked = [entry.kind for entry in await shop.rows(TimelineEntry) if entry.unexpected]
    assert marked == ["dispute_updated"]


async def test_a_word_we_do_not_know_counts_as_open(shop: Shop) -> None:
    order, payment = await captured(shop)
    await _record(shop, dispute(payment, "arbitration", reason="moon_phase"))
    (row,) = await shop.rows(Dispute)
    assert (row.status, row.raw_status) == ("unknown", "arbitration")
    assert (await shop.order(order)).dispute_state == "open"
    assert reason_label(row.reason) == "Moon phase"
    assert reason_sentence(row.reason)


async def test_nothing_is_recorded_when_the_charge_is_not_ours(shop: Shop) -> None:
    _, payment = await captured(shop)
    assert not await _record(shop, dispute(payment, payment_intent_id="pi_other", charge_id="ch_other"))
    assert await shop.rows(Dispute) == []


async def test_a_dispute_is_found_by_its_charge_when_it_names_no_intent(shop: Shop) -> None:
    _, payment = await captured(shop)
    assert await _record(shop, dispute(payment, payment_intent_id=""))


async def test_one_open_dispute_keeps_the_order_open_when_another_is_lost(shop: Shop) -> None:
    order, payment = await captured(shop)
    await _record(shop, dispute(payment, "lost"))
    second = dispute(payment, dispute_id="du_2", balance=(balance("txn_du2", -100, 1500),), amount_minor=100)
    await _record(shop, second)
    assert (await shop.order(order)).dispute_state == "open"
    await _record(shop, replace(second, status="won"))
    assert (await shop.order(order)).dispute_state == "lost"


async def test_the_list_shows_the_nearest_deadline_first_and_pages_through_all(shop: Shop) -> None:
    _, payment = await captured(shop)
    base = dispute(payment, balance=())
    dues = {"du_b": timedelta(days=3), "du_a": timedelta(days=1), "du_c": timedelta(days=3)}
    for name, days in dues.items():
        await _record(shop, replace(base, dispute_id=name, due_by=CREATED + days))
    await _record(shop, replace(base, dispute_id="du_none", due_by=None))
    for number, status in enumerate(["won", "lost", "won"]):
        closed = replace(
            base, dispute_id=f"du_{number}", status=status, created=CREATED - timedelta(days=number)
        )
        await _record(shop, closed)
    names = {row.public_id: row.stripe_id for row in await shop.rows(Dispute)}
    seen: list[str] = []
    after = ""
    while True:
        async with shop.store.read() as session:
            page = await queries.dispute_page(
                session, shop.organizer_id, show=DisputeFilter.ALL, after=after, limit=2
            )
        seen += [names[row.public_id] for row in page.rows]
        after = page.after
        if not after:
            break
    assert seen == ["du_a", "du_b", "du_c", "du_none", "du_0", "du_1", "du_2"]
    assert page.counts == {"open": 4, "won": 2, "lost": 1, "all": 7}
    async with shop.store.read() as session:
        won = await queries.dispute_page(session, shop.organizer_id, show=DisputeFilter.WON)
        assert [names[row.public_id] for row in won.rows] == ["du_0", "du_2"]
        assert (await queries.dispute_page(session, shop.organizer_id + 1)).rows == ()
        assert (await queries.dispute_page(session, shop.organizer_id, after="dp_none")).counts["open"] == 4


async def test_the_page_shows_what_is_at_stake(shop: Shop) -> None:
    order, payment = await captured(shop)
    await _record(shop, dispute(payment))
    async with shop.store.read() as session:
        (row,) = await queries.for_order(session, shop.organizer_id, order.id)
        view = await queries.dispute_view(session, shop.organizer_id, row.public_id)
        with pytest.raises(NotFound):
            await queries.dispute_view(session, shop.organizer_id + 1, row.public_id)
        assert await queries.for_order(session, shop.organizer_id + 1, order.id) == []
    assert (row.reason_label, row.status_label, row.open) == (
        "Product not received",
        "Needs a response",
        True,
    )
    assert (view.captured_minor, view.withdrawn_minor, view.fee_minor) == (8400, 8400, 1500)
    assert (view.if_lost_minor, view.if_won_minor) == (-1500, 6900)
    assert view.method == "Visa •••• 4242"
    assert view.dashboard_path == "disputes/du_1"
    assert [step.label for step in view.events] == ["Dispute opened", "Funds withdrawn"]


def test_every_status_has_moves_and_a_label() -> None:
    assert set(EXPECTED_MOVES) == set(DisputeStatus) == set(STATUS_LABELS)


def test_every_reason_of_stripes_has_plain_words() -> None:
    assert set(REASONS) == set(STRIPES_REASONS)
    assert len(REASONS) == 15


@pytest.mark.parametrize(
    ("word", "known", "kind"),
    [
        ("warning_needs_response", None, DisputeKind.INQUIRY), ("needs_response", DisputeKind.INQUIRY, DisputeKind.CHARGEBACK),
        ("prevented", None, DisputeKind.INQUIRY), ("prevented", DisputeKind.CHARGEBACK, DisputeKind.CHARGEBACK),
    ],
)  # fmt: skip
def test_an_inquiry_is_told_from_a_chargeback(
    word: str, known: DisputeKind | None, kind: DisputeKind
) -> None:
    assert kind_of(word, known) is kind


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ([], "none"), (["prevented"], "none"), (["inquiry_closed", "won"], "won"), (["won", "lost"], "lost"),
        (["lost", "under_review"], "open"), (["unknown"], "open"),
    ],
)  # fmt: skip
def test_an_orders_state_follows_from_all_its_disputes(statuses: list[str], state: str) -> None:
    assert order_state(statuses) == state
