"""Why a refund failed and what to do about it, in plain words.

Source: docs.stripe.com/refunds ("Failed refunds"), docs.stripe.com/error-codes.
"""

from __future__ import annotations

NEVER_REACHED = "never_reached_stripe"
NOT_SENT = "not_sent"
CHARGE_DISPUTED = "charge_disputed"
ALREADY_REFUNDED = "charge_already_refunded"

# After these refusals Stripe is looked at before anything is concluded.
LOOK_FIRST = frozenset({CHARGE_DISPUTED, ALREADY_REFUNDED})

_RETURN_ANOTHER_WAY = (
    "Sending it again to this card will not help: return the money another way and record that here."
)
_ADD_FUNDS = "Add funds in Stripe, then try again."
_BANK_DECIDES = (
    "The bank decides now who gets the money: answer the dispute, don't pay it back a second time."
)

# Every reason that Stripe documents for a failed refund, refusals of its API, and our own words:
# why, then what to do about it.
_SENTENCES = {
    NEVER_REACHED: "The request never reached Stripe. A new one was made by itself.",
    NOT_SENT: "Stripe could not be reached for three days. Nothing was sent; you can try again.",
    CHARGE_DISPUTED: f"The buyer has disputed the payment at the bank. {_BANK_DECIDES}",
    "refund_disputed_payment": f"The buyer has disputed the payment at the bank. {_BANK_DECIDES}",
    ALREADY_REFUNDED: "Stripe says that the whole payment has been refunded already. Check it in Stripe before you try again.",
    "lost_or_stolen_card": f"The card was reported lost or stolen, so the bank sent the money back. {_RETURN_ANOTHER_WAY}",
    "expired_or_canceled_card": f"The card has expired or was cancelled, so the bank sent the money back. {_RETURN_ANOTHER_WAY}",
    "charge_for_pending_refund_disputed": f"The buyer disputed the payment while the refund was on its way. {_BANK_DECIDES}",
    "insufficient_funds": f"The balance at Stripe was too low to pay the refund. {_ADD_FUNDS}",
    "balance_insufficient": f"The balance at Stripe is too low to pay the refund. {_ADD_FUNDS}",
    "declined": (
        "The buyer's bank declined the refund. Try again once; if that fails too, ask the buyer for another way to "
        "return the money, and record it here."
    ),
    "merchant_request": "The refund was stopped in Stripe on your request. Try again if the buyer is still to get the money.",
    "canceled": "The refund was canceled at Stripe. Try again if the buyer is still to get the money.",
    "unknown": (
        "The bank returned the money without saying why. Try again once; if that fails too, ask the buyer for another "
        "way to return the money, and record it here."
    ),
    "amount_too_large": (
        "Stripe says that less than this amount is left of the payment. See in Stripe what was refunded; a new try takes "
        "what is left."
    ),
    "charge_expired_for_refund": f"The payment is too old to be refunded by Stripe. {_RETURN_ANOTHER_WAY}",
    "resource_missing": "Stripe does not know this payment. Check that the right Stripe account is connected, then try again.",
    "authentication_error": "Stripe did not accept the account's key. Check the Stripe settings, then try again.",
    "permission_error": "The Stripe key may not make refunds. Check its permissions, then try again.",
    "account_invalid": "The Stripe account is not connected any more. Connect it in the settings, then try again.",
}
# Stripe keeps such a refund and sends it by itself when there are funds: it is pending, not failed.
WAITS_FOR_FUNDS = "insufficient_funds"
WAITING_FOR_FUNDS = (
    "The balance at Stripe is too low, so Stripe keeps this refund and sends it by itself as soon as there are funds. "
    "Add funds in Stripe; don't send it a second time."
)


def failure_sentence(code: str, message: str = "") -> str:
    """Return why a refund failed and what to do about it, in plain words.

    Args:
        code: Stripe's code or one of ours.
        message: Stripe's own sentence, used when we have none for the code.
    """
    known = _SENTENCES.get(code)
    if known is not None:
        return known
    if not message:
        return "Stripe refused the refund without a reason. Look at the payment in Stripe, then try again."
    return f"Stripe refused the refund: {message}"
