"""Deciding in the queue: asked once, decided as asked, never twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.tables import Refund, RefundNote, RefundRequest
from kagibag_app.web.admin.refunds.state import RefundsState
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Tab
from tests.web.test_admin_refunds import asked, open_queue, people, request_now, typed


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


async def reviewing(desk: Desk) -> tuple[Tab, RefundRequest]:
    """A manager's tab with one request under review."""
    request = await asked(desk)
    return await open_queue(desk, await people(desk), request=request.public_id), request


async def fail(desk: Desk, request: RefundRequest) -> None:
    """Let the request's refund have come back from the bank."""
    async with desk.runtime.store.transaction() as tx:
        failure = {"status": "failed", "failure_message": "The card has expired.", "settled_at": tx.now}
        await tx.session.execute(
            sa.update(Refund).where(col(Refund.request_id) == request.id).values(**failure)
        )
        await tx.session.execute(
            sa.update(RefundRequest).where(col(RefundRequest.id) == request.id).values(status="failed")
        )
        await tx.session.execute(sa.update(Payment).values(committed_minor=0))


async def test_a_refund_is_asked_about_with_its_consequences_and_made_as_asked(desk: Desk) -> None:
    tab, request = await reviewing(desk)
    await tab.call(RefundsState.ask_refund, typed(request, amount="20.5", message="Sorry", note="Shift"))
    question = tab.vars["question"]
    assert (question.kind, question.title) == ("refund", "Refund $20.50 to Maren Okafor?")
    assert (question.act, "Visa •••• 4242" in question.money) == ("Refund $20.50", True)
    assert question.mail == "Maren Okafor is told by email, with your message."
    assert (await request_now(desk, request.public_id)).status == "open"

    # What is in the fields meanwhile changes nothing about what was asked.
    await tab.call(RefundsState.keep, typed(request, amount="1"))
    await tab.call(RefundsState.refund)

    (refund,) = await desk.shop.rows(Refund)
    assert (refund.amount_minor, refund.currency) == (2050, "USD")
    decided = await request_now(desk, request.public_id)
    assert (decided.status, decided.decision_message) == ("approved", "Sorry")
    assert [note.text for note in await desk.shop.rows(RefundNote)] == ["Shift"]
    assert tab.toasts == ["$20.50 is on its way to Stripe"]
    assert (tab.vars["question"].kind, tab.vars["busy"]) == ("", False)
    assert tab.vars["review"].decision.startswith("Manager Person approved $20.50 on ")
    assert tab.vars["lines"] == []


async def test_nothing_is_refunded_twice_when_the_button_is_pressed_twice(desk: Desk) -> None:
    tab, request = await reviewing(desk)
    await tab.call(RefundsState.ask_refund, typed(request))
    await tab.call(RefundsState.refund)
    await tab.call(RefundsState.refund)

    assert len(await desk.shop.rows(Refund)) == 1
    assert len(tab.toasts) == 1


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("", "digits"), ("abc", "digits"), ("-1", "digits"), ("1e3", "digits"), ("1,50", "digits"), ("0", "above zero"),
        ("10.001", "2 digits"), ("42.01", "At most 42.00 USD"), ("999999999999999", "At most"),
    ],
)  # fmt: skip
async def test_an_amount_is_refused_when_it_cannot_be_refunded(desk: Desk, amount: str, says: str) -> None:
    tab, request = await reviewing(desk)
    await tab.call(RefundsState.keep, typed(request, amount=amount))
    assert says in tab.vars["draft"].problem
    assert tab.vars["draft"].act == "Refund"
    await tab.call(RefundsState.ask_refund, typed(request, amount=amount))

    assert says in tab.toasts[0]
    assert (await tab.state(RefundsState)).question.kind == ""


async def test_nothing_is_asked_when_the_form_is_of_another_request(desk: Desk) -> None:
    tab, _ = await reviewing(desk)
    other = await asked(desk)
    await tab.call(RefundsState.ask_refund, typed(other))
    await tab.call(RefundsState.keep, typed(other, amount="1"))

    assert "Another request was shown" in tab.toasts[0]
    assert (await tab.state(RefundsState)).draft.amount == "40.00"


async def test_a_question_stays_open_while_its_request_is_shown_again_and_closes_with_it(desk: Desk) -> None:
    tab, request = await reviewing(desk)
    other = await asked(desk)
    await tab.call(RefundsState.ask_refund, typed(request))
    await tab.call(RefundsState.load)
    assert (await tab.state(RefundsState)).question.kind == "refund"
    tab.query["request"] = other.public_id
    await tab.call(RefundsState.load)
    assert (await tab.state(RefundsState)).question.kind == ""


async def test_nothing_is_decided_when_nothing_was_asked(desk: Desk) -> None:
    tab, request = await reviewing(desk)
    await tab.call(RefundsState.refund)
    await tab.call(RefundsState.decline, {"answer": "No."})
    await tab.call(RefundsState.ask_decline, typed(request))
    await tab.call(RefundsState.refund)

    assert (await request_now(desk, request.public_id)).status == "open"


async def test_closing_the_question_leaves_the_request_as_it_was(desk: Desk) -> None:
    tab, request = await reviewing(desk)
    await tab.call(RefundsState.ask_refund, typed(request))
    await tab.call(RefundsState.close, False)
    await tab.call(RefundsState.refund)

    assert (await request_now(desk, request.public_id)).status == "open"


async def test_declining_needs_a_message_and_sends_it(desk: Desk) -> None:
    tab, request = await reviewing(desk)
    await tab.call(RefundsState.ask_decline, typed(request, message="Begun"))
    assert tab.vars["question"].message == "Begun"
    await tab.call(RefundsState.decline, {"answer": "  "})
    assert (tab.vars["problem"], tab.vars["busy"]) == ("Please fill this in.", False)
    await tab.call(RefundsState.decline, {"answer": "The doors open on time."})

    decided = await request_now(desk, request.public_id)
    assert (decided.status, decided.decision_message) == ("declined", "The doors open on time.")
    assert tab.vars["review"].answer == "The doors open on time."
    assert tab.toasts == ["Request declined"]


async def test_the_second_of_two_reads_who_decided(desk: Desk) -> None:
    tab, request = await reviewing(desk)
    other = await open_queue(desk, await people(desk), request=request.public_id)
    await tab.call(RefundsState.ask_refund, typed(request))
    await other.call(RefundsState.ask_decline, typed(request))
    await tab.call(RefundsState.refund)
    await other.call(RefundsState.decline, {"answer": "No."})

    assert "Manager Person approved $40.00 of this request on" in other.vars["overtaken"]
    assert (other.vars["question"].kind, other.vars["review"].status) == ("", "approved")
    assert (await request_now(desk, request.public_id)).status == "approved"


async def test_a_disputed_payment_can_be_declined_and_not_refunded(desk: Desk) -> None:
    request = await asked(desk)
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(Payment).values(open_chargeback=True))
    tab = await open_queue(desk, await people(desk), request=request.public_id)
    shown = tab.vars["review"]
    assert (shown.undecided, shown.refundable) == (True, False)
    assert "disputed" in shown.blocked
    assert tab.vars["lines"][0].flag == "Disputed"
    await tab.call(RefundsState.ask_refund, typed(request))
    await tab.call(RefundsState.refund)
    assert "disputed" in tab.vars["problem"]
    await tab.call(RefundsState.ask_decline, typed(request))
    await tab.call(RefundsState.decline, {"answer": "The bank decides."})

    assert (await request_now(desk, request.public_id)).status == "declined"
    assert await desk.shop.rows(Refund) == []


async def test_a_failed_refund_says_why_and_is_sent_again(desk: Desk) -> None:
    tab, request = await reviewing(desk)
    await tab.call(RefundsState.ask_refund, typed(request))
    await tab.call(RefundsState.refund)
    await fail(desk, request)
    await tab.push(RefundsState.refresh)
    shown = tab.vars["review"]
    assert (shown.failed, shown.failure) == (True, "The card has expired.")
    assert tab.vars["refunds"][0].failure == "The card has expired."
    await tab.call(RefundsState.ask_retry)
    assert tab.vars["question"].title == "Send $40.00 to Maren Okafor again?"
    await tab.call(RefundsState.retry)

    first, second = await desk.shop.rows(Refund)
    assert (second.retry_of, second.amount_minor, second.status) == (first.id, 4000, "created")
    assert first.idempotency_key != second.idempotency_key
    assert tab.toasts[-1] == "$40.00 is sent again"


async def test_the_password_is_asked_for_when_it_was_typed_too_long_ago(desk: Desk) -> None:
    tab, request = await reviewing(desk)
    desk.runtime.clock.advance(timedelta(minutes=16))
    await tab.call(RefundsState.keep, typed(request, amount="12.00", message="Kept"))
    await tab.call(RefundsState.ask_refund, typed(request, amount="12.00"))
    state = await tab.state(RefundsState)
    assert (state.confirm_wanted, state.question.kind) == (True, "")

    # The page is loaded anew after the password; what was typed is still there.
    await tab.call(RefundsState.load)
    assert (tab.vars["draft"].amount, tab.vars["draft"].message) == ("12.00", "Kept")


async def test_a_note_is_added_by_support_and_kept_with_its_author(desk: Desk) -> None:
    request = await asked(desk)
    tab = await open_queue(desk, await people(desk, Role.SUPPORT), request=request.public_id)
    await tab.call(RefundsState.add_note, {"request": request.public_id, "text": "  Called her back. "})
    assert [(note.author, note.text) for note in tab.vars["notes"]] == [
        ("Support Person", "Called her back.")
    ]
    assert tab.vars["note_round"] == 1
    await tab.call(RefundsState.add_note, {"request": request.public_id, "text": " "})

    assert tab.vars["note_error"] == "Please fill this in."
    assert len(await desk.shop.rows(RefundNote)) == 1


async def test_amounts_follow_the_currency(desk: Desk) -> None:
    request = await asked(desk)
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(Order).values(currency="JPY"))
        await tx.session.execute(sa.update(Payment).values(currency="JPY"))
        await tx.session.execute(sa.update(RefundRequest).values(currency="JPY"))
    tab = await open_queue(desk, await people(desk), request=request.public_id)

    assert (tab.vars["review"].symbol, tab.vars["draft"].amount) == ("¥", "4000")
    assert tab.vars["draft"].act == "Refund ¥4,000"
    await tab.call(RefundsState.keep, typed(request, amount="40.00"))
    assert "0 digits" in tab.vars["draft"].problem
