"""Why a refund failed, in plain words.

Source: docs.stripe.com/refunds ("Failed refunds"), docs.stripe.com/error-codes.
"""

from __future__ import annotations

NEVER_REACHED = "never_reached_stripe"
NOT_SENT = "not_sent"
CHARGE_DISPUTED = "charge_disputed"
ALREADY_REFUNDED = "charge_already_refunded"

# After these refusals Stripe is looked at before anything is concluded.
LOOK_FIRST = frozenset({CHARGE_DISPUTED, ALREADY_REFUNDED})

_SENTENCES = {
    NEVER_REACHED: "The request never reached Stripe. A new one was made by itself.",
    NOT_SENT: "Stripe could not be reached for three days. Nothing was sent; you can try again.",
    CHARGE_DISPUTED: "The buyer has disputed the payment at the bank. Answer the dispute; the bank decides who gets the money.",
    ALREADY_REFUNDED: "Stripe says that the whole payment has been refunded already. Check it in Stripe before you try again.",
    "lost_or_stolen_card": "The card was reported lost or stolen, so the bank sent the money back.",
    "expired_or_canceled_card": "The card has expired or was cancelled, so the bank sent the money back.",
    "charge_for_pending_refund_disputed": "The buyer disputed the payment while the refund was on its way.",
    "insufficient_funds": "The balance at Stripe was too low to pay the refund. Add funds in Stripe, then try again.",
    "balance_insufficient": "The balance at Stripe is too low to pay the refund. Add funds in Stripe, then try again.",
    "declined": "The buyer's bank declined the refund.",
    "merchant_request": "The refund was stopped in Stripe on your request.",
    "unknown": "The bank returned the money without saying why.",
    "amount_too_large": "Stripe says that less than this amount is left of the payment.",
    "refund_disputed_payment": "The payment is disputed, so Stripe refused the refund.",
    "resource_missing": "Stripe does not know this payment. Check that the right Stripe account is connected.",
    "authentication_error": "Stripe did not accept the account's key. Check the Stripe settings, then try again.",
    "permission_error": "The Stripe key may not make refunds. Check its permissions, then try again.",
}


def failure_sentence(code: str, message: str = "") -> str:
    """Return one sentence on why a refund failed.

    Args:
        code: Stripe's code or one of ours.
        message: Stripe's own sentence, used when we have none for the code.
    """
    known = _SENTENCES.get(code)
    if known is not None:
        return known
    return (
        f"Stripe refused the refund: {message}" if message else "Stripe refused the refund without a reason."
    )
