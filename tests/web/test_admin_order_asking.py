"""The refund dialog in words: what may be chosen, what a choice means, why it can't be done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kagibag_app.features.refunds.rules.cancelling import CancelOutcome
from kagibag_app.features.refunds.rules.limits import Alone
from kagibag_app.features.refunds.views import CancelPreview, OrderRefundOptions, TicketChoice
from kagibag_app.kit.errors import DomainError
from kagibag_app.web.admin.order import asking
from kagibag_app.web.admin.order.asking import Chosen, Typed
from kagibag_app.web.admin.order.rows import RefundAsk


def ticket(name: str, minor: int = 4200, **changes: Any) -> TicketChoice:
    """A ticket that can be refunded whole."""
    made = TicketChoice(
        id=name, code=f"T-{name}", type_name="General admission", status="valid", paid_minor=4200,
        refundable_minor=minor, selectable=True,
    )  # fmt: skip
    return replace(made, **changes)


CANCEL = CancelPreview(
    True, "", CancelOutcome.REFUNDING, 8400, "Cancel and refund $84.00", ["2 tickets become void."]
)
OPTIONS = OrderRefundOptions(
    version=3, currency="USD", step_minor=1, limit_minor=8400, may_refund=True, blocked="", method="Visa •••• 4242",
    checked_in=0, puts_back=True, cancel=CANCEL, tickets=[ticket("a"), ticket("b")],
)  # fmt: skip


def asked(options: OrderRefundOptions = OPTIONS, **typed: Any) -> RefundAsk:
    """The dialog after something was typed."""
    return asking.refund_ask(
        options,
        Typed(**typed),
        order="ord_1",
        buyer="Maren Okafor",
        alone=Alone(),
        symbol="$",
        round=1,
    )


def test_all_that_is_left_is_asked_for_first_and_the_button_says_how_much() -> None:
    shown = asked()
    assert (shown.act, shown.ready, shown.problem) == ("Refund $84.00", True, "")
    assert shown.money.startswith("$84.00 goes back to Visa •••• 4242")
    assert shown.stays.startswith("Nothing of this order is left")
    assert shown.tickets.startswith("2 tickets can't be used from now on and are void")
    assert shown.tickets.endswith("Their seats go back on sale.")
    assert shown.mail == "Maren Okafor is told by email."


def test_chosen_tickets_give_back_what_is_left_of_each_and_the_rest_stays() -> None:
    shown = asked(way="tickets", tickets=("b",), message="Sorry")
    assert (shown.act, [choice.ticked for choice in shown.choices]) == ("Refund $42.00", [False, True])
    assert shown.stays.startswith("$42.00 of this order can still be refunded")
    assert shown.tickets.startswith("1 ticket can't be used from now on and is void")
    assert shown.mail.endswith("with your message.")
    assert asking.choose(OPTIONS, Typed("tickets", ("b",))) == Chosen(4200, tickets=["b"])


def test_an_amount_leaves_the_tickets_as_they_are_unless_it_is_all() -> None:
    assert asked(way="amount", amount="10.50").tickets == "The tickets stay as they are."
    assert asked(way="amount", amount="84").tickets.startswith("2 tickets can't be used")
    assert asking.choose(OPTIONS, Typed("amount", amount="10.50")) == Chosen(1050, amount_minor=1050)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"way": "tickets"}, "Choose at least one ticket."),
        ({"way": "tickets", "tickets": ("gone",)}, "Choose at least one ticket."),
        ({"way": "amount", "amount": "1e3"}, "Type the amount in digits"),
        ({"way": "amount", "amount": "-5"}, "Type the amount in digits"),
        ({"way": "amount", "amount": "0"}, "Choose an amount above zero"),
        ({"way": "amount", "amount": "84.01"}, "At most 84.00 USD"),
        ({"way": "amount", "amount": " "}, ""),
    ],
)
def test_what_cannot_be_refunded_says_why_and_keeps_what_was_typed(
    typed: dict[str, Any], problem: str
) -> None:
    shown = asked(**typed)
    assert (shown.ready, shown.act) == (False, "Refund")
    assert shown.problem.startswith(problem) if problem else shown.problem == ""
    assert shown.amount == typed.get("amount", "")


def test_a_ticket_that_cannot_be_chosen_says_why_and_is_never_refunded() -> None:
    options = replace(
        OPTIONS,
        tickets=[ticket("a"), ticket("b", 0, selectable=False, why_not="nothing of its price is left.")],
    )
    shown = asked(options, way="tickets", tickets=("a", "b"))
    assert [choice.remark for choice in shown.choices] == ["", "nothing of its price is left."]
    assert shown.act == "Refund $42.00"
    with pytest.raises(DomainError):
        asking.choose(options, Typed("tickets", ("b",)))


def test_used_and_requested_tickets_are_pointed_out() -> None:
    options = replace(OPTIONS, tickets=[ticket("a", status="checked_in"), ticket("b", requested=True)])
    shown = asked(options)
    assert [choice.remark for choice in shown.choices] == ["used at the door", "the buyer asks for it back"]
    assert "1 of them was used at the door." in shown.tickets
    assert shown.tickets.endswith("The buyer's own request is closed.")


def test_a_blocked_order_says_why_and_offers_nothing() -> None:
    shown = asked(replace(OPTIONS, blocked="The bank holds the money.", may_refund=False, limit_minor=0))
    assert (shown.blocked, shown.ready) == ("The bank holds the money.", False)


def test_fields_out_of_sight_keep_what_was_in_them() -> None:
    before = Typed("amount", ("a",), "10.50", "Sorry", "for Noor")
    assert asking.read_typed({"way": "tickets"}, before) == replace(before, way="tickets")
    assert asking.read_typed({"way": "tickets", "tickets": ""}, before).tickets == ()
    assert asking.read_typed({"way": "nonsense"}, before).way == "amount"


@pytest.mark.parametrize(("currency", "symbol"), [("USD", "$"), ("JPY", "¥"), ("KWD", "KWD")])
def test_the_currency_stands_before_the_amount(currency: str, symbol: str) -> None:
    assert asking.currency_symbol(currency) == symbol


def test_cancelling_says_what_happens_and_what_the_button_does() -> None:
    shown = asking.cancel_ask(OPTIONS, order="ord_1", number="KB-1", message="", alone=Alone())
    assert (shown.title, shown.act, shown.parts) == (
        "Cancel order KB-1?", "Cancel and refund $84.00", ["2 tickets become void."],
    )  # fmt: skip
