"""What is being typed about a request, and the question before it is decided. Pure."""

from __future__ import annotations

from dataclasses import replace

from kagibag_app import l10n
from kagibag_app.features.refunds.rules import check_amount
from kagibag_app.features.refunds.rules.limits import Alone
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


def fresh_draft(found: RequestDetail, alone: Alone) -> Draft:
    """Return an empty draft with the amount that the policy gave, or that somebody approved first."""
    begun = Draft(request=found.id, amount=decimal_text(found.suggested_minor, found.currency))
    message = found.first.message if found.first else ""
    keep = found.first is not None and found.first.keep_tickets
    return judged(
        replace(begun, keep=keep, message=message, round=f"{found.id}-{found.version}"), found, alone
    )


def judged(draft: Draft, found: RequestDetail, alone: Alone) -> Draft:
    """Return the draft with what its amount means now; the texts stay as they are.

    Args:
        alone: What the member may give back without a second person.
    """
    try:
        amount = read_amount(draft.amount, found)
    except DomainError as error:
        return replace(draft, act="Refund", problem=error.message, remark="")
    act = "Confirm" if found.first else "Approve" if alone.needs_second(amount) else "Refund"
    remark = alone.sentence(found.currency) if act == "Approve" else ""
    return replace(draft, act=f"{act} {l10n.money(amount, found.currency)}", problem="", remark=remark)


def typed_minor(draft: Draft, found: RequestDetail) -> int | None:
    """Return the typed amount when it can be refunded."""
    try:
        return read_amount(draft.amount, found)
    except DomainError:
        return None


def refund_question(
    found: RequestDetail, amount_minor: int, message: str, alone: Alone, *, keep: bool
) -> Question:
    """Return what is asked before a request is approved."""
    amount = l10n.money(amount_minor, found.currency)
    if not found.first and alone.needs_second(amount_minor):
        return Question(
            kind="refund",
            title=f"Approve {amount} for {found.buyer_name} as the first of two?",
            act=f"Approve {amount}",
            money=f"No money moves yet. {alone.sentence(found.currency)}",
            tickets="The tickets stay as they are until then.",
            mail=f"Owners and the other managers are told by email, {found.buyer_name} is not.",
        )
    ends = " The order is cancelled then." if found.cancels_order else ""
    return Question(
        kind="refund",
        title=f"{'Confirm and refund' if found.first else 'Refund'} {amount} to {found.buyer_name}?",
        act=f"Refund {amount}",
        money=f"{amount} goes back to {_method(found)}, usually within 5–10 days.",
        tickets=f"{_tickets(found)} be used from now on; void once Stripe accepts the refund.{ends}"
        if found.ends and not keep
        else "The tickets stay valid: whoever holds them is let in.",
        mail=_mail(found, message),
        after="A refund can't be taken back." + _kept_fee(found),
    )


def decline_question(found: RequestDetail, message: str) -> Question:
    """Return what is asked before a request is declined."""
    amount = l10n.money(found.amount_minor, found.currency)
    own = found.made_by != ""
    return Question(
        kind="decline",
        title=f"Decline {amount} for {found.buyer_name}?",
        act=f"Decline {amount}",
        money="No money moves.",
        tickets="The tickets stay valid.",
        mail=f"{found.buyer_name} knows nothing of it and gets no email; {found.made_by} reads your message here."
        if own
        else f"{found.buyer_name} gets your message by email.",
        after="" if found.reply or own else "They can answer once, which opens the request again.",
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
    return "1 ticket can't" if found.ends == 1 else f"{found.ends} tickets can't"


def _mail(found: RequestDetail, message: str) -> str:
    return f"{found.buyer_name} is told by email{', with your message' if message.strip() else ''}."


def _kept_fee(found: RequestDetail) -> str:
    fees = found.fees
    if not fees.total_minor or fees.currency != found.currency:
        return ""
    borne = l10n.money(fees.total_minor, found.currency)
    who = "Stripe and the platform keep" if fees.platform_minor else "Stripe keeps"
    return f" {who} {borne} of fees, which you bear."
