"""What is being typed about a request, and the question before it is decided. Pure."""

from __future__ import annotations

from dataclasses import replace

from kagibag_app import l10n
from kagibag_app.features.refunds.rules import check_amount
from kagibag_app.features.refunds.views import RequestDetail
from kagibag_app.kit.errors import DomainError
from kagibag_app.kit.money import decimal_text, parse_decimal
from kagibag_app.web.admin.refunds.rows import Draft, Question


def read_amount(text: str, found: RequestDetail) -> int:
    """Return the typed amount in minor units.

    Raises:
        DomainError: It can't be read or can't be refunded; the sentence says which.
    """
    return check_amount(
        parse_decimal(text.strip(), found.currency), limit_minor=found.limit_minor, currency=found.currency
    )


def fresh_draft(found: RequestDetail) -> Draft:
    """Return an empty draft with the amount that the policy gave."""
    begun = Draft(request=found.id, amount=decimal_text(found.suggested_minor, found.currency))
    return judged(replace(begun, round=f"{found.id}-{found.version}"), found)


def judged(draft: Draft, found: RequestDetail) -> Draft:
    """Return the draft with what its amount means now; the texts stay as they are."""
    try:
        amount = read_amount(draft.amount, found)
    except DomainError as error:
        return replace(draft, act="Refund", problem=error.message)
    return replace(draft, act=f"Refund {l10n.money(amount, found.currency)}", problem="")


def typed_minor(draft: Draft, found: RequestDetail) -> int | None:
    """Return the typed amount when it can be refunded."""
    try:
        return read_amount(draft.amount, found)
    except DomainError:
        return None


def refund_question(found: RequestDetail, amount_minor: int, message: str) -> Question:
    """Return what is asked before a request is approved."""
    amount = l10n.money(amount_minor, found.currency)
    return Question(
        kind="refund",
        title=f"Refund {amount} to {found.buyer_name}?",
        act=f"Refund {amount}",
        money=f"{amount} goes back to {_method(found)}, usually within 5–10 days.",
        tickets=f"{_tickets(found)} be used from now on; void once Stripe accepts the refund.",
        mail=_mail(found, message),
        after="A refund can't be taken back." + _kept_fee(found),
    )


def decline_question(found: RequestDetail, message: str) -> Question:
    """Return what is asked before a request is declined."""
    amount = l10n.money(found.amount_minor, found.currency)
    return Question(
        kind="decline",
        title=f"Decline {amount} for {found.buyer_name}?",
        act=f"Decline {amount}",
        money="No money moves.",
        tickets="The tickets stay valid.",
        mail=f"{found.buyer_name} gets your message by email.",
        after="" if found.reply else "They can answer once, which opens the request again.",
        message=message,
    )


def retry_question(found: RequestDetail) -> Question:
    """Return what is asked before a failed refund is sent again."""
    amount = l10n.money(found.approved_minor or found.amount_minor, found.currency)
    return Question(
        kind="retry",
        title=f"Send {amount} to {found.buyer_name} again?",
        act=f"Refund {amount} again",
        money=f"A new refund of {amount} goes to {_method(found)}. The failed one stays on record.",
        tickets=f"{_tickets(found)} be used meanwhile.",
        mail=f"{found.buyer_name} is told by email once the money has been sent.",
        after="If the reason is still there, it fails again and you are told.",
    )


def _method(found: RequestDetail) -> str:
    return found.method or "the original payment method"


def _tickets(found: RequestDetail) -> str:
    asked = sum(ticket.asked for ticket in found.tickets)
    return "1 ticket can't" if asked == 1 else f"{asked} tickets can't"


def _mail(found: RequestDetail, message: str) -> str:
    return f"{found.buyer_name} is told by email{', with your message' if message.strip() else ''}."


def _kept_fee(found: RequestDetail) -> str:
    if not found.fee_minor or found.fee_currency != found.currency:
        return ""
    return f" Stripe keeps its fee of {l10n.money(found.fee_minor, found.currency)}."
