"""Disputes, early fraud warnings, and the balance, through the SDK."""

import pytest
import stripe

from kagibag_app.sandbox.errors import ApiError
from tests.sandbox.conftest import Receiver, Shop


async def balance(shop: Shop) -> int:
    """What is left of all movements."""
    found = await shop.client.v1.balance_transactions.list_async(params={"limit": 100})
    return sum(transaction.net for transaction in found.data)


async def test_chargeback_takes_amount_and_fee_when_opened(shop: Shop, receiver: Receiver) -> None:
    charge = await shop.charge()
    before = await balance(shop)
    opened = shop.sandbox.open_dispute(charge=charge.id, reason="product_not_received")
    dispute = await shop.client.v1.disputes.retrieve_async(opened["id"])
    assert (dispute.status, dispute.amount, dispute.is_charge_refundable) == ("needs_response", 5000, False)
    assert dispute.evidence_details.due_by == dispute.created + 7 * 86_400
    assert [(t.amount, t.fee) for t in dispute.balance_transactions] == [(-5000, 1500)]
    assert await balance(shop) == before - 6500
    assert (await shop.client.v1.charges.retrieve_async(charge.id)).disputed
    await shop.sandbox.flush_webhooks()
    assert receiver.types[3:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


async def test_refund_is_refused_when_chargeback_is_open_or_lost(shop: Shop) -> None:
    charge = await shop.charge()
    dispute = shop.sandbox.open_dispute(payment_intent=str(charge.payment_intent))
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await shop.refund(charge)
        assert refused.value.code == "charge_disputed"
        if dispute["status"] == "needs_response":
            dispute = shop.sandbox.lose_dispute(dispute["id"])


async def test_funds_come_back_when_chargeback_is_won(shop: Shop, receiver: Receiver) -> None:
    charge = await shop.charge()
    before = await balance(shop)
    dispute = shop.sandbox.open_dispute(charge=charge.id)
    assert shop.sandbox.win_dispute(dispute["id"])["status"] == "won"
    assert await balance(shop) == before - 1500
    await shop.sandbox.flush_webhooks()
    assert receiver.types[-2:] == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]
    assert (await shop.refund(charge)).status == "succeeded"
    with pytest.raises(ApiError, match="already closed"):
        shop.sandbox.lose_dispute(dispute["id"])


async def test_close_loses_the_chargeback_when_accepted(shop: Shop) -> None:
    charge = await shop.charge()
    dispute = shop.sandbox.open_dispute(charge=charge.id, amount=2000)
    closed = await shop.client.v1.disputes.close_async(dispute["id"])
    assert (closed.status, closed.amount) == ("lost", 2000)
    found = await shop.client.v1.disputes.list_async(params={"charge": charge.id})
    assert [d.id for d in found.data] == [dispute["id"]]


async def test_inquiry_moves_no_money_and_ends_when_fully_refunded(shop: Shop) -> None:
    charge = await shop.charge("pm_card_createDisputeInquiry")
    shop.sandbox.advance(2)
    [inquiry] = shop.sandbox.objects("dispute")
    assert (inquiry["status"], inquiry["balance_transactions"]) == ("warning_needs_response", [])
    with pytest.raises(ApiError, match="neither won nor lost"):
        shop.sandbox.win_dispute(inquiry["id"])
    await shop.refund(charge, 1000)
    assert shop.sandbox.objects("dispute")[0]["status"] == "warning_needs_response"
    await shop.refund(charge)
    assert shop.sandbox.objects("dispute")[0]["status"] == "warning_closed"


async def test_inquiry_becomes_chargeback_when_escalated(shop: Shop) -> None:
    charge = await shop.charge()
    inquiry = shop.sandbox.open_dispute(charge=charge.id, kind="inquiry")
    escalated = shop.sandbox.escalate_dispute(inquiry["id"])
    assert (escalated["status"], escalated["is_charge_refundable"]) == ("needs_response", False)
    assert len(escalated["balance_transactions"]) == 1


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("pm_card_createDispute", "fraudulent"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received"),
    ],
)
async def test_dispute_opens_by_itself_when_card_is_made_for_it(shop: Shop, method: str, reason: str) -> None:
    await shop.charge(method)
    assert shop.sandbox.objects("dispute") == []
    shop.sandbox.advance(2)
    assert [d["reason"] for d in shop.sandbox.objects("dispute")] == [reason]


async def test_early_fraud_warning_is_sent_when_card_is_made_for_it(shop: Shop, receiver: Receiver) -> None:
    charge = await shop.charge("pm_card_createIssuerFraudRecord")
    shop.sandbox.advance(2)
    await shop.sandbox.flush_webhooks()
    assert receiver.events[-1].type == "radar.early_fraud_warning.created"
    assert receiver.events[-1].data.object["charge"] == charge.id


async def test_evidence_is_staged_then_submitted_when_updated(shop: Shop) -> None:
    charge = await shop.charge()
    dispute = shop.sandbox.open_dispute(charge=charge.id)
    staged = await shop.client.v1.disputes.update_async(
        dispute["id"], params={"evidence": {"customer_name": "Maren Okafor"}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    submitted = await shop.client.v1.disputes.update_async(
        dispute["id"], params={"evidence": {"service_date": "2026-05-15"}}
    )
    assert (submitted.status, submitted.evidence_details.submission_count) == ("under_review", 1)
    assert submitted.evidence.customer_name == "Maren Okafor"
    assert shop.sandbox.win_dispute(dispute["id"])["status"] == "won"


async def test_fees_are_rounded_half_up_when_charged(shop: Shop) -> None:
    for amount, fee in ((5000, 175), (1050, 60), (1051, 60), (1500, 74)):
        charge = await shop.charge(amount=amount)
        transaction = await shop.client.v1.balance_transactions.retrieve_async(
            str(charge.balance_transaction)
        )
        assert (transaction.type, transaction.fee, transaction.net) == ("charge", fee, amount - fee)


async def test_balance_transactions_are_filtered_when_listed(shop: Shop) -> None:
    charge = await shop.charge()
    shop.sandbox.advance(100)
    refund = await shop.refund(charge, 1000)
    listed = shop.client.v1.balance_transactions.list_async
    assert [t.amount for t in (await listed(params={"source": refund.id})).data] == [-1000]
    assert [t.amount for t in (await listed(params={"type": "charge"})).data] == [5000]
    recent = await listed(params={"created": {"gt": charge.created}})
    assert [t.amount for t in recent.data] == [-1000]
