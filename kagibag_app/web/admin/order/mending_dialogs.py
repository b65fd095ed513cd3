"""The dialogs beside an order's refunds: returned outside Stripe, tickets valid again, which tickets a refund was about."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.refunds.rules.outside import RETURN_WAYS
from kagibag_app.web.admin.order.mending_state import OrderMendingState, ShareLine
from kagibag_app.web.admin.order.rows import RefundLine
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.dialog import consequence, dialog
from kagibag_app.web.components.fields import amount_field, checkbox, select_field, text_area, text_field
from kagibag_app.web.components.values import each, when

_A = OrderMendingState.ask


def mending_dialogs() -> rx.Component:
    """All of them; each shows only over the order that it was opened for."""
    return rx.fragment(_outside(), _revive(), _allocate())


def mending_acts(refund: RefundLine) -> rx.Component:
    """What a member can do about a refund, under its state."""
    return rx.fragment(
        when(
            refund.may_return,
            button("Returned outside Stripe…", size="s", on_click=OrderMendingState.open_outside(refund.id)),
        ),
        when(
            refund.may_revive,
            button("Make tickets valid…", size="s", on_click=OrderMendingState.open_revive(refund.id)),
        ),
        when(
            refund.to_allocate,
            button("Allocate…", size="s", on_click=OrderMendingState.open_allocate(refund.id)),
        ),
    )


def _outside() -> rx.Component:
    form = rx.el.form(
        select_field(
            "How it went back",
            [(str(way), words[:1].upper() + words[1:]) for way, words in RETURN_WAYS.items()],
            name="way",
        ),
        text_field(
            "Reference", name="reference", id="return-reference", required=True, max_length=200,
            hint="What the buyer can find it by. It goes into the email.",
        ),
        _message("return-message"),
        on_submit=OrderMendingState.return_outside,
        id="outside",
        class_name="stack-m",
    )  # fmt: skip
    return _ask(
        "outside",
        form,
        consequence("banknote", "Record it once you have sent the money. Kagibag and Stripe send nothing."),
        consequence(
            "circle-check",
            _A.money,
            " counts as refunded, and can't go back through Stripe any more. The request is closed.",
        ),
        consequence("ticket", "Its tickets are void."),
        consequence("mail", "The buyer is told by email how it went back, with the reference."),
        consequence("info", "This can't be taken back."),
    )


def _revive() -> rx.Component:
    form = rx.el.form(
        _message("revive-message"), on_submit=OrderMendingState.revive, id="revive", class_name="stack-m"
    )
    return _ask(
        "revive",
        form,
        consequence("ticket", _A.tickets, " let somebody in again, if their seats are still free."),
        consequence(
            "banknote",
            "No money moves. A failed request for these tickets is closed: the buyer keeps them instead.",
        ),
        consequence("mail", "The buyer is told by email."),
    )


def _allocate() -> rx.Component:
    form = rx.el.form(
        each(OrderMendingState.shares, _share),
        checkbox("Make the tickets with an amount void", name="void"),
        on_submit=OrderMendingState.allocate,
        id="allocate",
        key=_A.title,
        class_name="stack-m",
    )
    return _ask(
        "allocate",
        form,
        consequence("banknote", "No money moves: it went back at Stripe already."),
        consequence("list-checks", "The amounts below have to sum to ", _A.money, "."),
        consequence(
            "ticket", "Tickets stay valid unless you make them void; a void one lets nobody in any more."
        ),
    )


def _share(line: ShareLine) -> rx.Component:
    return amount_field(rx.Var.create(f"{line.name} {line.code}"), _A.symbol, name=line.field, hint=line.most)


def _message(id: str) -> rx.Component:
    return text_area(
        "Message to the buyer", name="message", id=id, remark="optional", rows=2, max_length=2000
    )


def _ask(kind: str, form: rx.Component, *consequences: rx.Component) -> rx.Component:
    leave = rx.el.button(
        "Not now",
        type="button",
        on_click=OrderMendingState.close(False),
        auto_focus=True,
        class_name="btn btn-secondary",
    )
    confirm = button(_A.act, kind="primary", submit=True, form=kind, busy=OrderMendingState.busy, once=True)
    problem = when(OrderMendingState.problem, callout(OrderMendingState.problem, tone="bad"))
    return dialog(
        _A.title,
        rx.el.ul(*consequences, class_name="consequences"),
        form,
        rx.el.div(problem, role="alert"),
        open=(_A.kind == kind) & (_A.order == OrderDetailState.face.id),
        on_open_change=OrderMendingState.close,
        footer=[leave, confirm],
        alert=True,
    )
