"""The decision: amount, message and note in a bar that stays in view, and the question before anything happens."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.refunds.state import RefundsState
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.dialog import confirm_dialog, consequence, dialog
from kagibag_app.web.components.fields import amount_field, checkbox, text_area, text_field
from kagibag_app.web.components.values import when

_R = RefundsState.review
_D = RefundsState.draft
_Q = RefundsState.question

# What is in the fields at this moment: it is read in the browser, so that nothing typed is ever behind.
_TYPED = rx.Var("Object.fromEntries(new FormData(document.getElementById('decide')))").to(dict[str, str])


def decision_bar() -> rx.Component:
    """Shown while a request waits, to those whose role decides; others read that somebody else does."""
    waits = rx.cond(
        RefundsState.decides,
        _bar(),
        rx.el.p("A manager or an owner of the organization decides this.", class_name="decide small mute"),
    )
    return when(_R.undecided, waits)


def _bar() -> rx.Component:
    return rx.el.form(
        rx.el.input(type="hidden", name="request", value=_R.id),
        rx.el.div(when(_R.refundable, _amount()), _message(), _note(), class_name="decide-fields"),
        when(_R.refundable & _R.ends, _keep()),
        _acts(),
        on_submit=[RefundsState.keep, RefundsState.ask_refund],
        id="decide",
        key=_D.round,
        aria_label="Decision",
        class_name="decide",
    )


def _amount() -> rx.Component:
    return amount_field(
        "Amount",
        _R.symbol,
        name="amount",
        hint=_R.limit,
        error=_D.problem,
        default_value=_D.amount,
        on_change=RefundsState.keep(_TYPED),
    )


def _keep() -> rx.Component:
    return rx.fragment(
        rx.el.input(type="hidden", name="keep_shown", value="1"),
        checkbox(
            "Keep the tickets valid",
            name="keep",
            default_checked=_D.keep,
            on_change=RefundsState.keep(_TYPED),
        ),
    )


def _message() -> rx.Component:
    return text_field(
        rx.Var.create(f"Message to {_R.first_name}"),
        name="message",
        remark="optional",
        default_value=_D.message,
        max_length=2000,
        placeholder="Goes into the email about this decision",
        on_blur=RefundsState.keep(_TYPED),
    )


def _note() -> rx.Component:
    return text_field(
        "Admin note",
        name="note",
        remark="private",
        default_value=_D.note,
        max_length=2000,
        on_blur=RefundsState.keep(_TYPED),
    )


def _acts() -> rx.Component:
    decline = button(
        "Decline", key="d", on_click=[RefundsState.keep(_TYPED), RefundsState.ask_decline(_TYPED)]
    )
    refund = button(_D.act, kind="primary", key="a", submit=True, disabled=_D.problem != "")
    return rx.el.div(
        rx.el.span(
            when(
                _R.refundable,
                rx.cond(_D.remark, _D.remark, rx.cond(_D.keep, _R.bar_kept, _R.bar)),
                _R.blocked,
            ),
            class_name="hint",
            aria_live="polite",
        ),
        rx.el.span(decline, when(_R.refundable, refund), class_name="push row"),
        class_name="decide-acts",
    )


def questions() -> rx.Component:
    """The three dialogs."""
    return rx.fragment(_refund_question(), _decline_question(), _retry_question())


def _consequences(money: str) -> list[rx.Component]:
    more = consequence("info", _Q.after)
    return [
        consequence(money, _Q.money),
        consequence("ticket", _Q.tickets),
        consequence("mail", _Q.mail),
        when(_Q.after, more),
    ]


def _refund_question() -> rx.Component:
    return confirm_dialog(
        _Q.title,
        open=_Q.kind == "refund",
        consequences=_consequences("undo-2"),
        act=_Q.act,
        on_act=RefundsState.refund,
        on_close=RefundsState.close,
        busy=RefundsState.busy,
        error=RefundsState.problem,
    )


def _retry_question() -> rx.Component:
    return confirm_dialog(
        _Q.title,
        open=_Q.kind == "retry",
        consequences=_consequences("rotate-cw"),
        act=_Q.act,
        on_act=RefundsState.retry,
        on_close=RefundsState.close,
        busy=RefundsState.busy,
        error=RefundsState.problem,
        safe="Leave it",
    )


def _decline_question() -> rx.Component:
    answer = rx.el.form(
        text_area(
            rx.Var.create(f"Message to {_R.first_name}"),
            name="answer",
            default_value=_Q.message,
            error=RefundsState.problem,
            hint="Say why, and what still holds. It goes into the email.",
            max_length=2000,
        ),
        on_submit=RefundsState.decline,
        id="decline",
    )
    keep = rx.el.button(
        "Keep open",
        type="button",
        on_click=RefundsState.close(False),
        auto_focus=True,
        class_name="btn btn-secondary",
    )
    act = button(_Q.act, kind="danger", submit=True, form="decline", busy=RefundsState.busy, once=True)
    return dialog(
        _Q.title,
        rx.el.ul(*_consequences("ban"), class_name="consequences"),
        answer,
        open=_Q.kind == "decline",
        on_open_change=RefundsState.close,
        footer=[keep, act],
        alert=True,
    )
