"""The test cards and what each of them does.

Source: docs.stripe.com/testing
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What happens to a payment made with a card."""

    PAID = "paid"
    DECLINED = "declined"
    AUTHENTICATE = "authenticate"
    DISPUTE = "dispute"
    INQUIRY = "inquiry"
    FRAUD_WARNING = "fraud_warning"
    REFUND_FAILS = "refund_fails"
    REFUND_PENDING = "refund_pending"


@dataclass(frozen=True)
class TestCard:
    """One magic card.

    Attributes:
        number: sixteen digits.
        payment_method: Stripe's ready-made PaymentMethod id for it.
        outcome: what happens.
        label: a few words for the hosted page.
        code: error code of a decline.
        decline_code: the bank's reason for a decline.
        reason: reason of the dispute it opens.
    """

    __test__ = False

    number: str
    payment_method: str
    outcome: Outcome
    label: str
    code: str = ""
    decline_code: str = ""
    reason: str = ""

    @property
    def brand(self) -> str:
        """Card network, in Stripe's spelling."""
        return "mastercard" if self.number.startswith("5") else "visa"

    @property
    def spaced(self) -> str:
        """The number in groups of four, as it is printed on a card."""
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]


CARDS = (
    TestCard("4242424242424242", "pm_card_visa", Outcome.PAID, "Visa, succeeds"),
    TestCard("5555555555554444", "pm_card_mastercard", Outcome.PAID, "Mastercard, succeeds"),
    TestCard("4000002760003184", "pm_card_authenticationRequired", Outcome.AUTHENTICATE,
             "3-D Secure, always"),
    TestCard("4000002500003155", "pm_card_authenticationRequiredOnSetup", Outcome.AUTHENTICATE,
             "3-D Secure"),
    TestCard("4000000000000002", "pm_card_chargeDeclined", Outcome.DECLINED, "Declined",
             "card_declined", "generic_decline"),
    TestCard("4000000000009995", "pm_card_chargeDeclinedInsufficientFunds", Outcome.DECLINED,
             "Declined, insufficient funds", "card_declined", "insufficient_funds"),
    TestCard("4000000000000069", "pm_card_chargeDeclinedExpiredCard", Outcome.DECLINED,
             "Declined, expired card", "expired_card", "expired_card"),
    TestCard("4000000000005126", "pm_card_refundFail", Outcome.REFUND_FAILS, "Pays; a refund fails later"),
    TestCard("4000000000007726", "pm_card_pendingRefund", Outcome.REFUND_PENDING,
             "Pays; a refund is pending first"),
    TestCard("4000000000000259", "pm_card_createDispute", Outcome.DISPUTE, "Pays; disputed as fraudulent",
             reason="fraudulent"),
    TestCard("4000000000002685", "pm_card_createDisputeProductNotReceived", Outcome.DISPUTE,
             "Pays; disputed as not received", reason="product_not_received"),
    TestCard("4000000000001976", "pm_card_createDisputeInquiry", Outcome.INQUIRY, "Pays; the bank inquires",
             reason="fraudulent"),
    TestCard("4000000000005423", "pm_card_createIssuerFraudRecord", Outcome.FRAUD_WARNING,
             "Pays; early fraud warning"),
)  # fmt: skip

DECLINE_MESSAGES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
}
BY_PAYMENT_METHOD = {card.payment_method: card for card in CARDS}
BY_NUMBER = {card.number: card for card in CARDS}


def passes_luhn(number: str) -> bool:
    """Whether a card number's check digit is right."""
    digits = [int(d) for d in reversed(number)]
    total = sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits))
    return total % 10 == 0
