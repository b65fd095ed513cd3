"""Refunds: made, settled, failed later, canceled.

Source: docs.stripe.com/refunds
"""

from typing import Any

from kagibag_app.sandbox import balance, charges, disputes
from kagibag_app.sandbox.books import ABSENT, Body, Books, new_id
from kagibag_app.sandbox.cards import Outcome
from kagibag_app.sandbox.currency import amount_text
from kagibag_app.sandbox.errors import ApiError, invalid
from kagibag_app.sandbox.metadata import merged

SETTLES_AFTER = 5
WAITS_FOR_FUNDS = "insufficient_funds"
FAILURE_REASONS = (
    "expired_or_canceled_card", "lost_or_stolen_card", "charge_for_pending_refund_disputed",
    "insufficient_funds", "declined", "merchant_request", "unknown",
)  # fmt: skip
REFERENCE_PREFIX = "74208473"
REFERENCE_TYPE = "acquirer_reference_number"


def create(books: Books, params: dict[str, Any]) -> Body:
    """`POST /v1/refunds`.

    Raises:
        ApiError: nothing to refund, too much, or the charge is charged back.
    """
    charge = _charge_to_refund(books, params)
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if "amount" in params and amount <= 0:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    metadata = merged({}, params.get("metadata"))
    _check_refundable(books, charge, amount, left)
    return _issue(books, charge, amount, params.get("reason"), metadata)


def _charge_to_refund(books: Books, params: dict[str, Any]) -> Body:
    if params.get("payment_intent"):
        intent = books.get("payment_intent", params["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise ApiError(
                400,
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
                param="payment_intent",
            )
        return books.get("charge", intent["latest_charge"])
    if params.get("charge"):
        charge = books.get("charge", params["charge"], "charge")
        if not charge["paid"]:
            raise ApiError(
                400,
                f"Charge {charge['id']} has not succeeded; there is nothing to refund.",
                code="charge_not_refundable",
                param="charge",
            )
        return charge
    raise invalid(
        "One of the following params should be provided for this request: payment_intent or charge."
    )


def _check_refundable(books: Books, charge: Body, amount: int, left: int) -> None:
    if disputes.blocks_refund(books, charge):
        raise ApiError(
            400,
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if left <= 0:
        raise ApiError(
            400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if amount > left:
        asked, rest = amount_text(amount, charge["currency"]), amount_text(left, charge["currency"])
        raise ApiError(
            400,
            f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})",
            param="amount",
        )


def _issue(books: Books, charge: Body, amount: int, reason: str | None, metadata: dict[str, str]) -> Body:
    outcome = charges.card_of(books, charge).outcome
    short = balance.is_short(books)
    pending = short or outcome is Outcome.REFUND_PENDING
    refund = books.add(
        "refund",
        new_id("re"),
        amount=amount,
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        reason=reason,
        metadata=metadata,
        status="pending" if pending else "succeeded",
        destination_details={
            "type": "card",
            "card": {"type": "refund", "reference_status": "pending", "reference_type": REFERENCE_TYPE},
        },
        **({"pending_reason": WAITS_FOR_FUNDS if short else "processing"} if pending else {}),
    )
    books.change(refund, balance_transaction=balance.refunded(books, refund)["id"])
    refunded = charge["amount_refunded"] + amount
    previous = books.change(charge, amount_refunded=refunded, refunded=refunded >= charge["amount"])
    books.emit("refund.created", refund)
    books.emit("charge.refunded", charge, previous)
    if not short:
        _plan_outcome(books, refund, outcome)
    if not pending:
        _arrive(books, refund)
    if charge["refunded"]:
        disputes.resolve_inquiries(books, charge)
    return refund


def _plan_outcome(books: Books, refund: Body, outcome: Outcome) -> None:
    if outcome is Outcome.REFUND_PENDING:
        books.later(SETTLES_AFTER, "settle_refund", refund=refund["id"])
    if outcome is Outcome.REFUND_FAILS:
        books.later(SETTLES_AFTER, "fail_refund", refund=refund["id"])


def _arrive(books: Books, refund: Body) -> None:
    """The bank named its reference for the money."""
    card = {
        "type": "refund",
        "reference": f"{REFERENCE_PREFIX}{books.store.position(refund['id']) or 0:015}",
        "reference_status": "available",
        "reference_type": REFERENCE_TYPE,
    }
    previous = books.change(
        refund, status="succeeded", pending_reason=ABSENT, destination_details={"type": "card", "card": card}
    )
    _tell(books, refund, previous)


def _tell(books: Books, refund: Body, previous: Body) -> None:
    books.emit("refund.updated", refund, previous)
    books.emit("charge.refund.updated", refund, previous)


def settle(books: Books, refund: Body) -> None:
    """A refund that waited arrives.

    Raises:
        ApiError: it is not waiting.
    """
    _require(refund, "settle", "pending", "requires_action")
    _arrive(books, refund)


def send_those_that_waited(books: Books) -> None:
    """The account has funds again: what was kept back for want of them arrives."""
    for refund in books.find("refund", status="pending"):
        if refund.get("pending_reason") == WAITS_FOR_FUNDS:
            _arrive(books, refund)


def fail(books: Books, refund: Body, reason: str = "expired_or_canceled_card") -> None:
    """The bank sends the money back; this happens to refunds that had succeeded, too.

    Raises:
        ApiError: unknown reason, or the refund has failed or was canceled already.
    """
    if reason not in FAILURE_REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(FAILURE_REASONS)}", "reason")
    _require(refund, "fail", "pending", "requires_action", "succeeded")
    previous = _take_back(books, refund, status="failed", failure_reason=reason)
    books.emit("refund.failed", refund, previous)
    _tell(books, refund, previous)


def hold_for_action(books: Books, refund: Body) -> None:
    """The buyer has to do something before the money can arrive.

    Raises:
        ApiError: the refund is not pending.
    """
    _require(refund, "hold", "pending")
    _tell(books, refund, books.change(refund, status="requires_action", pending_reason=ABSENT))


def cancel(books: Books, params: dict[str, Any], refund_id: str) -> Body:
    """`POST /v1/refunds/{refund}/cancel`."""
    refund = books.get("refund", refund_id)
    _require(refund, "cancel", "requires_action")
    _tell(books, refund, _take_back(books, refund, status="canceled"))
    return refund


def _take_back(books: Books, refund: Body, **fields: Any) -> Body:
    """Book the money back and undo the refund's mark on its charge."""
    transaction = balance.refund_returned(books, refund)
    charge = books.get("charge", refund["charge"])
    books.change(charge, amount_refunded=charge["amount_refunded"] - refund["amount"], refunded=False)
    return books.change(
        refund, failure_balance_transaction=transaction["id"], pending_reason=ABSENT, **fields
    )


def update(books: Books, params: dict[str, Any], refund_id: str) -> Body:
    """`POST /v1/refunds/{refund}`: only metadata can change."""
    refund = books.get("refund", refund_id)
    previous = books.change(refund, metadata=merged(refund["metadata"], params.get("metadata")))
    _tell(books, refund, previous)
    return refund


def _require(refund: Body, verb: str, *statuses: str) -> None:
    if refund["status"] not in statuses:
        raise ApiError(
            400,
            f"You cannot {verb} a refund with a status of {refund['status']}.",
            code="charge_not_refundable",
        )
