"""What is asked before money of an order goes back or the order is cancelled, and what is being typed meanwhile. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from kagibag_app import l10n
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.refunds.rules import check_amount
from kagibag_app.features.refunds.rules.limits import Alone
from kagibag_app.features.refunds.views import OrderRefundOptions, TicketChoice
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.kit.money import parse_decimal
from kagibag_app.web.admin.order.rows import CancelAsk, RefundAsk, RefundChoice, RefundLine, RetryAsk

WHOLE, TICKETS, AMOUNT = "whole", "tickets", "amount"
_WAYS = (WHOLE, TICKETS, AMOUNT)
_FIGURES = re.compile(r"[\d.,\s]")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the refund dialog.

    Attributes:
        way: ``whole``, ``tickets`` or ``amount``.
        tickets: Public ids of the ticked ones.
        amount: As typed.
        keep: No ticket ends.
    """

    way: str = WHOLE
    tickets: tuple[str, ...] = ()
    amount: str = ""
    message: str = ""
    note: str = ""
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to give back: these tickets, or this amount, or with neither all that is left. Minor units."""

    returned_minor: int
    tickets: list[str] | None = None
    amount_minor: int | None = None


def read_typed(form: Mapping[str, str], before: Typed) -> Typed:
    """Read the dialog's form; fields that are out of sight keep what was in them."""
    way = form.get("way", before.way)
    return Typed(
        way=way if way in _WAYS else before.way,
        tickets=tuple(form["tickets"].split()) if "tickets" in form else before.tickets,
        amount=form.get("amount", before.amount),
        message=form.get("message", before.message),
        note=form.get("note", before.note),
        keep=form.get("keep") == "on" if "keep_shown" in form else before.keep,
    )


def choose(options: OrderRefundOptions, typed: Typed) -> Chosen:
    """Return what is typed as a decision.

    Raises:
        DomainError: It can't be refunded; the sentence says why.
    """
    if options.blocked:
        raise DomainError(options.blocked, code="blocked")
    if typed.way == TICKETS:
        ticked = [choice for choice in options.tickets if choice.id in typed.tickets and choice.selectable]
        if not ticked:
            raise BadInput("Choose at least one ticket.", field="tickets")
        total = min(sum(choice.refundable_minor for choice in ticked), options.limit_minor)
        return Chosen(total, tickets=[choice.id for choice in ticked])
    if typed.way == AMOUNT:
        minor = check_amount(
            parse_decimal(typed.amount.strip(), options.currency),
            limit_minor=options.limit_minor,
            currency=options.currency,
        )
        return Chosen(minor, amount_minor=minor)
    return Chosen(options.limit_minor)


def refund_ask(
    options: OrderRefundOptions,
    typed: Typed,
    *,
    order: str,
    buyer: str,
    symbol: str,
    round: int,
    alone: Alone,
) -> RefundAsk:
    """Return the refund dialog: what may be chosen, and what the present choice means.

    Args:
        order: Public id.
        symbol: The currency's, before the amount's field.
        round: Changes when the fields have to begin anew.
        alone: What the member may give back without a second person.
    """
    asked = RefundAsk(
        order=order,
        version=options.version,
        title=f"Refund {buyer}",
        blocked=options.blocked,
        whole=l10n.money(options.limit_minor, options.currency),
        symbol=symbol,
        limit=f"At most {l10n.money(options.limit_minor, options.currency)}.",
        choices=[_choice(choice, typed, options.currency) for choice in options.tickets],
        way=typed.way,
        amount=typed.amount,
        message=typed.message,
        note=typed.note,
        keep=typed.keep,
        round=f"{order}-{round}",
    )
    try:
        chosen = choose(options, typed)
    except DomainError as error:
        return replace(asked, act="Refund", problem=_problem(error, typed))
    return _meaning(asked, options, typed, chosen, buyer, alone)


def cancel_ask(
    options: OrderRefundOptions, *, order: str, number: str, message: str, alone: Alone
) -> CancelAsk:
    """Return the question before an order is cancelled."""
    preview = options.cancel
    waits = preview.amount_minor > 0 and alone.needs_second(preview.amount_minor)
    return CancelAsk(
        order=order,
        version=options.version,
        title=f"Cancel order {number}?",
        blocked=preview.blocked,
        parts=[alone.sentence(options.currency), *preview.parts] if waits else preview.parts,
        act=f"Ask a second person: {preview.label[:1].lower()}{preview.label[1:]}"
        if waits
        else preview.label,
        message=message,
    )


def retry_ask(line: RefundLine, *, order: str, buyer: str) -> RetryAsk:
    """Return the question before a failed refund is sent again."""
    amount = line.amount.removeprefix(l10n.MINUS)
    return RetryAsk(
        order=order,
        refund=line.id,
        title=f"Send {amount} to {buyer} again?",
        act=f"Refund {amount} again",
        money=f"A new refund of {amount} goes to Stripe. The failed one stays on record.",
    )


def currency_symbol(currency: str) -> str:
    """Return what stands before an amount's field: ``$``, ``KWD``."""
    return _FIGURES.sub("", l10n.money(0, currency))


def _problem(error: DomainError, typed: Typed) -> str:
    """An empty field is no mistake yet."""
    return "" if typed.way == AMOUNT and not typed.amount.strip() else error.message


def _choice(choice: TicketChoice, typed: Typed, currency: str) -> RefundChoice:
    return RefundChoice(
        id=choice.id,
        name=choice.type_name,
        code=choice.code,
        amount=l10n.money(choice.refundable_minor, currency),
        ticked=choice.selectable and choice.id in typed.tickets,
        selectable=choice.selectable,
        remark=choice.why_not or _remark(choice),
    )


def _remark(choice: TicketChoice) -> str:
    if choice.requested:
        return "the buyer asks for it back"
    return {TicketStatus.CHECKED_IN: "used at the door", TicketStatus.VOID: "void"}.get(
        TicketStatus(choice.status), ""
    )


def _meaning(
    asked: RefundAsk, options: OrderRefundOptions, typed: Typed, chosen: Chosen, buyer: str, alone: Alone
) -> RefundAsk:
    amount = l10n.money(chosen.returned_minor, options.currency)
    left = options.limit_minor - chosen.returned_minor
    stays = (
        f"{l10n.money(left, options.currency)} of this order can still be refunded afterwards."
        if left
        else "Nothing of this order is left to refund then."
    )
    waits = alone.needs_second(chosen.returned_minor)
    later = " once it is confirmed" if waits else ""
    return replace(
        asked,
        act=f"Ask a second person: refund {amount}" if waits else f"Refund {amount}",
        ready=True,
        waits=alone.sentence(options.currency) if waits else "",
        money=f"{amount} goes back to {options.method or 'the way it was paid'}, usually within 5–10 days. "
        "It can't be taken back.",
        stays=f"{stays} {_borne(options)}",
        tickets=_tickets(options, chosen, keep=typed.keep),
        mail=f"{buyer} is told by email{later}{', with your message' if typed.message.strip() else ''}.",
    )


def _borne(options: OrderRefundOptions) -> str:
    """Say what the organizer bears: what neither Stripe nor the platform gives back."""
    fees = options.fees
    if not fees.total_minor or fees.currency != options.currency:
        return "Stripe keeps its fee."
    stripe = l10n.money(fees.stripe_minor, options.currency)
    if not fees.platform_minor:
        return f"You bear Stripe's fee of {stripe}, which it keeps."
    platform = l10n.money(fees.platform_minor, options.currency)
    return f"You bear Stripe's fee of {stripe} and the platform's of {platform}: neither is returned."


def _tickets(options: OrderRefundOptions, chosen: Chosen, *, keep: bool) -> str:
    if keep and (chosen.tickets is not None or chosen.returned_minor == options.limit_minor):
        return "The tickets stay valid: whoever holds them is let in."
    if chosen.tickets is None and chosen.returned_minor < options.limit_minor:
        return "The tickets stay as they are."
    ended = [choice for choice in options.tickets if chosen.tickets is None or choice.id in chosen.tickets]
    live = [choice for choice in ended if choice.status != TicketStatus.VOID]
    if not live:
        return "No ticket is valid any more; none changes."
    one = len(live) == 1
    used = sum(choice.status == TicketStatus.CHECKED_IN for choice in live)
    seats = (
        f" {'Its seat goes' if one else 'Their seats go'} back on sale."
        if options.puts_back
        else f" {'Its seat does' if one else 'Their seats do'} not go back on sale."
    )
    return (
        f"{'1 ticket' if one else f'{len(live)} tickets'} can't be used from now on and "
        f"{'is' if one else 'are'} void once Stripe accepts the refund.{_used(used)}{seats}"
        f"{_requested(ended)}"
    )


def _used(used: int) -> str:
    return f" {used} of them {'was' if used == 1 else 'were'} used at the door." if used else ""


def _requested(ended: list[TicketChoice]) -> str:
    return " The buyer's own request is closed." if any(choice.requested for choice in ended) else ""
