"""Disputes: chargebacks and inquiries, from opening to the bank's decision.

Source: docs.stripe.com/disputes/how-disputes-work
"""

from typing import Any

from kagibag_app.sandbox import balance
from kagibag_app.sandbox.books import Body, Books, new_id
from kagibag_app.sandbox.clock import DAY
from kagibag_app.sandbox.errors import ApiError, invalid
from kagibag_app.sandbox.metadata import merged

ANSWER_WITHIN = 7 * DAY
REASONS = (
    "fraudulent", "product_not_received", "product_unacceptable", "credit_not_processed", "duplicate",
    "subscription_canceled", "unrecognized", "general", "noncompliant", "customer_initiated",
    "debit_not_authorized", "bank_cannot_process", "incorrect_account_details", "insufficient_funds", "check_returned",
)  # fmt: skip
KINDS = ("chargeback", "inquiry")
NETWORK_REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1", "duplicate": "12.6.1"}
CLOSED = ("won", "lost", "warning_closed", "prevented")


def open_dispute(
    books: Books,
    charge: Body,
    *,
    reason: str = "fraudulent",
    kind: str = "chargeback",
    amount: int | None = None,
) -> Body:
    """The buyer's bank questions a charge.

    Args:
        books: the call's books.
        charge: a paid charge.
        reason: one of `REASONS`.
        kind: `chargeback` takes the money at once, `inquiry` only asks.
        amount: disputed amount in smallest units; by default what was not refunded.

    Raises:
        ApiError: unknown reason or kind, an impossible amount, or the charge took no money.
    """
    if reason not in REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(REASONS)}", "reason")
    if kind not in KINDS:
        raise invalid(f"Invalid kind: must be one of {', '.join(KINDS)}", "kind")
    if not charge["paid"]:
        raise ApiError(400, f"Charge {charge['id']} took no money; there is nothing to dispute.")
    disputed = amount or charge["amount"] - charge["amount_refunded"] or charge["amount"]
    if not 0 < disputed <= charge["amount"]:
        raise invalid("The disputed amount must be between 1 and the amount of the charge.", "amount")
    dispute = _add(books, charge, reason, kind == "inquiry", disputed)
    books.change(charge, disputed=True)
    books.emit("charge.dispute.created", dispute)
    if kind == "chargeback":
        _withdraw(books, dispute)
    return dispute


def _add(books: Books, charge: Body, reason: str, inquiry: bool, amount: int) -> Body:
    brand = charge["payment_method_details"]["card"]["brand"]
    evidence = dict.fromkeys(books.spec.fields("dispute_evidence")) | {"enhanced_evidence": {}}
    return books.add(
        "dispute",
        new_id("du"),
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        evidence=evidence,
        evidence_details={
            "due_by": books.now + ANSWER_WITHIN,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=inquiry,
        payment_intent=charge["payment_intent"],
        payment_method_details={
            "type": "card",
            "card": {
                "brand": brand,
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": brand,
                "network_reason_code": NETWORK_REASON_CODES.get(reason, "13.3"),
            },
        },
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )


def _withdraw(books: Books, dispute: Body) -> None:
    taken = balance.dispute_withdrawn(books, dispute)
    books.change(dispute, balance_transactions=[*dispute["balance_transactions"], taken])
    books.emit("charge.dispute.funds_withdrawn", dispute)


def win(books: Books, dispute: Body) -> None:
    """The bank decides for the merchant and gives the money back.

    Raises:
        ApiError: it is an inquiry, or decided already.
    """
    _require_open_chargeback(dispute)
    previous = books.change(dispute, status="won", is_charge_refundable=True)
    given = balance.dispute_reinstated(books, dispute)
    books.change(dispute, balance_transactions=[*dispute["balance_transactions"], given])
    books.emit("charge.dispute.funds_reinstated", dispute)
    books.emit("charge.dispute.closed", dispute, previous)


def lose(books: Books, dispute: Body) -> None:
    """The bank decides for the buyer; the money stays withdrawn.

    Raises:
        ApiError: it is an inquiry, or decided already.
    """
    _require_open_chargeback(dispute)
    books.emit("charge.dispute.closed", dispute, books.change(dispute, status="lost"))


def close(books: Books, dispute: Body) -> None:
    """The merchant accepts a chargeback, or an inquiry ends without consequence.

    Raises:
        ApiError: decided already.
    """
    if not dispute["status"].startswith("warning"):
        lose(books, dispute)
        return
    _require_open(dispute)
    books.emit("charge.dispute.closed", dispute, books.change(dispute, status="warning_closed"))


def escalate(books: Books, dispute: Body) -> None:
    """An inquiry becomes a chargeback.

    Raises:
        ApiError: it is no open inquiry.
    """
    _require_open(dispute)
    if not dispute["status"].startswith("warning"):
        raise ApiError(400, f"Dispute {dispute['id']} is a chargeback already.")
    card = {**dispute["payment_method_details"]["card"], "case_type": "chargeback"}
    details = {**dispute["evidence_details"], "due_by": books.now + ANSWER_WITHIN}
    previous = books.change(
        dispute,
        status="needs_response",
        is_charge_refundable=False,
        evidence_details=details,
        payment_method_details={"type": "card", "card": card},
    )
    books.emit("charge.dispute.updated", dispute, previous)
    _withdraw(books, dispute)


def update(books: Books, params: dict[str, Any], dispute_id: str) -> Body:
    """`POST /v1/disputes/{dispute}`: keep metadata and evidence; `submit` defaults to true."""
    dispute = books.get("dispute", dispute_id, "dispute")
    _require_open(dispute)
    evidence = {**dispute["evidence"], **{k: v or None for k, v in (params.get("evidence") or {}).items()}}
    has_evidence = any(value for name, value in evidence.items() if name != "enhanced_evidence")
    submitted = "evidence" in params and has_evidence and params.get("submit", True)
    count = dispute["evidence_details"]["submission_count"] + (1 if submitted else 0)
    details = {**dispute["evidence_details"], "has_evidence": has_evidence, "submission_count": count}
    status = dispute["status"].replace("needs_response", "under_review") if submitted else dispute["status"]
    previous = books.change(
        dispute,
        evidence=evidence,
        evidence_details=details,
        status=status,
        metadata=merged(dispute["metadata"], params.get("metadata")),
    )
    books.emit("charge.dispute.updated", dispute, previous)
    return dispute


def accept(books: Books, params: dict[str, Any], dispute_id: str) -> Body:
    """`POST /v1/disputes/{dispute}/close`."""
    dispute = books.get("dispute", dispute_id, "dispute")
    close(books, dispute)
    return dispute


def warn_of_fraud(books: Books, charge: Body) -> Body:
    """The card's issuer suspects fraud, before any dispute."""
    warning = books.add(
        "radar.early_fraud_warning",
        new_id("issfr"),
        actionable=True,
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        fraud_type="made_with_lost_card",
    )
    books.emit("radar.early_fraud_warning.created", warning)
    return warning


def blocks_refund(books: Books, charge: Body) -> bool:
    """Whether a chargeback, open or lost, forbids refunding the charge."""
    return any(not dispute["is_charge_refundable"] for dispute in books.find("dispute", charge=charge["id"]))


def resolve_inquiries(books: Books, charge: Body) -> None:
    """A full refund ends the inquiries about its charge."""
    for dispute in books.find("dispute", charge=charge["id"]):
        if dispute["status"].startswith("warning") and dispute["status"] not in CLOSED:
            close(books, dispute)


def _require_open(dispute: Body) -> None:
    if dispute["status"] in CLOSED:
        raise ApiError(400, "This dispute is already closed")


def _require_open_chargeback(dispute: Body) -> None:
    _require_open(dispute)
    if dispute["status"].startswith("warning"):
        raise ApiError(400, "An inquiry is neither won nor lost; close or escalate it.")
