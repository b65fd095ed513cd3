"""The list of disputes and the page of one: deadlines, what is at stake, and who sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.disputes import service
from kagibag_app.features.disputes.tables import Dispute
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.live import topics
from kagibag_app.settings import StripeMode
from kagibag_app.web.admin.dispute.state import DisputeState
from kagibag_app.web.admin.disputes.state import DisputesState
from kagibag_app.web.admin.elapsed import age, ago, left, oldest
from tests.services.shop import PLATFORM
from tests.services.stripe_snapshots import balance, captured, dispute
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Person, Tab, member, organizer
from tests.web.test_admin_refunds import watching

NOW = datetime(2026, 4, 14, 14, 42, tzinfo=UTC)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


async def disputed(desk: Desk, number: int = 1, status: str = "needs_response", **changes: Any) -> Dispute:
    """A buyer's bank disputes a payment of its own, answerable for almost a week."""
    known = await desk.shop.rows(Dispute, stripe_id=f"du_{number}")
    if known:
        (payment,) = await desk.shop.rows(Payment, id=known[0].payment_id)
    else:
        _, payment = await captured(desk.shop, slug=f"night-{number}")
    fields = {
        "due_by": desk.shop.now + timedelta(days=6, hours=9, minutes=5),
        "created": desk.shop.now,
    } | changes
    snapshot = replace(dispute(payment, status), dispute_id=f"du_{number}", **fields)
    lines = tuple(replace(line, id=f"{line.id}_{number}", created=desk.shop.now) for line in snapshot.balance)
    snapshot = replace(snapshot, balance=lines)
    await desk.runtime.store.run(lambda tx: service.record_gateway_dispute(tx, snapshot, account=PLATFORM))
    return (await desk.shop.rows(Dispute, stripe_id=f"du_{number}"))[0]


async def people(desk: Desk, role: Role = Role.VIEWER) -> Person:
    """A member of the desk's organizer."""
    return await member(desk.runtime, desk.shop.organizer_id, role)


async def open_list(desk: Desk, person: Person, **query: str) -> Tab:
    """A tab that shows the list."""
    tab = desk.browser.tab("/admin/disputes", person=person, query=query)
    await tab.call(DisputesState.load)
    return tab


async def open_one(desk: Desk, person: Person, public_id: str) -> Tab:
    """A tab that shows one dispute."""
    tab = desk.browser.tab(f"/admin/disputes/{public_id}", person=person, query={"dispute": public_id})
    await tab.call(DisputeState.load)
    return tab


@pytest.mark.parametrize(
    ("span", "narrow", "sentence", "remaining"),
    [
        (timedelta(seconds=20), "now", "just now", "less than a minute"),
        (timedelta(minutes=1), "1 min", "1 minute ago", "1 minute"),
        (timedelta(minutes=38), "38 min", "38 minutes ago", "38 minutes"),
        (timedelta(hours=3, minutes=5), "3 h", "3 hours ago", "3 hours 5 minutes"),
        (timedelta(days=1), "1 d", "1 day ago", "1 day"),
        (timedelta(days=6, hours=9), "6 d", "6 days ago", "6 days 9 hours"),
    ],
)
def test_spans_read_as_people_say_them(span: timedelta, narrow: str, sentence: str, remaining: str) -> None:
    assert (age(NOW - span, NOW), ago(NOW - span, NOW), left(NOW + span, NOW)) == (
        narrow,
        sentence,
        remaining,
    )
    assert oldest(NOW - span, NOW) == sentence.removesuffix(" ago").replace("just now", "less than a minute")


async def test_an_empty_list_says_what_will_appear(desk: Desk) -> None:
    tab = await open_list(desk, await people(desk))

    assert tab.vars["listing"].empty_title == "No open disputes"
    assert tab.vars["listing"].remark == "None needs a response"


async def test_the_list_counts_down_with_the_exact_time_in_the_organizers_zone(desk: Desk) -> None:
    made = await disputed(desk)
    tab = await open_list(desk, await people(desk))
    (line,) = tab.vars["lines"]

    assert (line.amount, line.reason, line.status) == ("$84.00", "Product not received", "needs_response")
    assert line.deadline.text.startswith("6 days 9 hours left")
    assert line.deadline.exact.endswith((" EST", " EDT"))
    assert (line.href, line.deadline.tone) == (f"/admin/disputes/{made.public_id}", "bad")
    order = (await desk.shop.rows(Order, id=made.order_id))[0]
    assert (line.order_number, line.order_href) == (order.number, f"/admin/orders/{order.number}")
    assert tab.vars["listing"].remark == "1 needs a response"
    assert tab.vars["counts"].disputes == 1


async def test_tabs_show_open_won_and_lost_with_their_counts(desk: Desk) -> None:
    for number, status in enumerate(("needs_response", "under_review", "won", "lost"), 1):
        await disputed(desk, number, status)
    person = await people(desk)
    found = {}
    for word in ("open", "won", "lost", "all"):
        tab = await open_list(desk, person, tab=word)
        found[word] = [line.status for line in tab.vars["lines"]]
    assert found["open"] == ["needs_response", "under_review"]
    assert (found["won"], found["lost"], len(found["all"])) == (["won"], ["lost"], 4)
    assert [(row.label, row.count) for row in tab.vars["tabs"]] == [
        ("Open", "2"), ("Won", "1"), ("Lost", "1"), ("All", "4"),
    ]  # fmt: skip
    assert tab.vars["counts"].disputes == 1


async def test_what_the_address_cannot_mean_is_left_out(desk: Desk) -> None:
    await disputed(desk)
    tab = await open_list(desk, await people(desk), tab="prevented", after="<b>")

    assert "tab, after" in tab.vars["notice"]
    assert len(tab.vars["lines"]) == 1


async def test_the_list_changes_by_itself(desk: Desk) -> None:
    tab = await open_list(desk, await people(desk))
    await disputed(desk)
    await tab.push(DisputesState.refresh)

    assert [line.buyer for line in tab.vars["lines"]] == ["Maren Okafor"]


async def test_both_screens_watch_what_they_show(desk: Desk) -> None:
    made, person = await disputed(desk), await people(desk)
    with watching() as watched:
        await open_list(desk, person)
        await open_one(desk, person, made.public_id)

    organizer_id = desk.shop.organizer_id
    own = topics.member(person.user_id)
    assert watched == [{topics.disputes(organizer_id), topics.refunds(organizer_id), own}] * 2


async def test_a_chargeback_shows_its_deadline_stakes_and_what_it_blocks(desk: Desk) -> None:
    made = await disputed(desk)
    tab = await open_one(desk, await people(desk), made.public_id)
    shown = tab.vars["dispute"]

    assert shown.heading == "$84.00 · Product not received"
    assert (shown.answerable, shown.blocks, shown.refund_now) == (True, True, "Blocked while it is open")
    assert shown.until.text.startswith("6 days 9 hours left")
    assert [(bar.label, bar.amount) for bar in tab.vars["bars"]] == [
        ("Captured", "$84.00"), ("Disputed", "−$84.00"), ("Dispute fee", "−$15.00"), ("If lost", "−$15.00"),
        ("If won", "$69.00"),
    ]  # fmt: skip
    assert [step.text for step in tab.vars["events"]] == [
        "$99.00 withdrawn", "Dispute opened over $84.00",
    ]  # fmt: skip
    assert [(step.label, step.state) for step in tab.vars["tracker"]] == [
        ("Opened", "done"), ("Your answer", "now"), ("Bank reviews", "todo"), ("Outcome", "todo"),
    ]  # fmt: skip


async def test_refunds_and_the_dispute_are_added_up(desk: Desk) -> None:
    made = await disputed(desk)
    async with desk.runtime.store.transaction() as tx:
        payment = await tx.session.get_one(Payment, made.payment_id)
        payment.committed_minor = 4200
    tab = await open_one(desk, await people(desk), made.public_id)

    assert tab.vars["dispute"].combined == (
        "Refunds of $42.00 and the dispute together take $126.00 of $84.00 captured."
    )
    amounts = {bar.label: bar.amount for bar in tab.vars["bars"]}
    assert (amounts["Refunded"], amounts["If lost"], amounts["If won"]) == ("−$42.00", "−$57.00", "$27.00")


@pytest.mark.parametrize(
    ("status", "label", "state", "left_over"),
    [("won", "Won", "done", "$69.00"), ("lost", "Lost", "failed", "−$15.00")],
)
async def test_a_decided_dispute_says_how_it_ended(
    desk: Desk, status: str, label: str, state: str, left_over: str
) -> None:
    await disputed(desk)
    made = await disputed(desk, status=status)
    tab = await open_one(desk, await people(desk), made.public_id)

    assert (tab.vars["tracker"][-1].label, tab.vars["tracker"][-1].state) == (label, state)
    assert (tab.vars["bars"][-1].label, tab.vars["bars"][-1].amount) == ("Left of it", left_over)
    assert tab.vars["events"][0].text == f"Dispute closed: {status}"
    assert (tab.vars["dispute"].blocks, tab.vars["dispute"].answerable) == (False, False)


async def test_money_that_comes_back_is_on_the_timeline(desk: Desk) -> None:
    await disputed(desk)
    back = balance("txn_back", 8400, 0, type="adjustment")
    made = await disputed(desk, status="won", balance=(back,))
    tab = await open_one(desk, await people(desk), made.public_id)

    assert "$84.00 reinstated" in [step.text for step in tab.vars["events"]]


async def test_a_missed_deadline_is_said(desk: Desk) -> None:
    made = await disputed(desk)
    desk.runtime.clock.advance(timedelta(days=7))
    person = await people(desk)
    tab = await open_one(desk, person, made.public_id)

    assert tab.vars["dispute"].until.text == "Deadline passed"
    assert tab.vars["tracker"][1].label == "No answer sent"


async def test_an_inquiry_blocks_nothing(desk: Desk) -> None:
    made = await disputed(desk, status="warning_needs_response")
    tab = await open_one(desk, await people(desk), made.public_id)

    assert (tab.vars["dispute"].kind, tab.vars["dispute"].blocks) == ("Inquiry", False)
    assert "may settle it" in tab.vars["dispute"].blocked


async def test_the_answer_leads_to_the_sandbox_or_to_stripe(desk: Desk) -> None:
    made, person = await disputed(desk), await people(desk)
    tab = await open_one(desk, person, made.public_id)
    assert tab.vars["dispute"].stripe_href == desk.runtime.settings.sandbox_url
    assert tab.vars["dispute"].stripe_label == "Open the sandbox"

    desk.runtime.settings = desk.runtime.settings.model_copy(update={"stripe_mode": StripeMode.TEST})
    tab = await open_one(desk, person, made.public_id)
    assert tab.vars["dispute"].stripe_href == "https://dashboard.stripe.com/test/disputes/du_1"


@pytest.mark.parametrize("claim", ["", "dp_none", "../orders"])
async def test_an_unknown_dispute_is_not_found(desk: Desk, claim: str) -> None:
    await disputed(desk)
    tab = await open_one(desk, await people(desk), claim)

    assert (await tab.state(DisputeState)).phase == "missing"


async def test_another_organizers_dispute_is_neither_listed_nor_found(desk: Desk) -> None:
    made = await disputed(desk)
    stranger = await member(desk.runtime, await organizer(desk.runtime, "other"), Role.OWNER)
    listed = await open_list(desk, stranger, tab="all")
    tab = await open_one(desk, stranger, made.public_id)

    assert (await listed.state(DisputesState)).lines == []
    assert (await tab.state(DisputeState)).phase == "missing"
    assert "Maren" not in repr([update.delta for update in (*tab.sent, *listed.sent)])


async def test_an_anonymous_tab_is_sent_to_the_login_and_back(desk: Desk) -> None:
    made = await disputed(desk)
    tab = desk.browser.tab(f"/admin/disputes/{made.public_id}", query={"dispute": made.public_id})
    await tab.call(DisputeState.load)
    await tab.call(DisputesState.load)

    assert len(tab.redirects) == 2
    assert all(path.startswith("/admin/login?next=%2Fadmin%2Fdisputes%2F") for path in tab.redirects)
    assert "Maren" not in repr([update.delta for update in tab.sent])


async def test_the_page_follows_its_dispute(desk: Desk) -> None:
    made = await disputed(desk)
    tab = await open_one(desk, await people(desk), made.public_id)
    await disputed(desk, status="under_review", submission_count=1)
    await tab.push(DisputeState.refresh)

    assert tab.vars["dispute"].status == "under_review"
    assert [(step.label, step.state) for step in tab.vars["tracker"]][1:3] == [
        ("Answer sent", "done"), ("Bank reviews", "now"),
    ]  # fmt: skip
