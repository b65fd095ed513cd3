"""The dialogs that move money: what goes back, what stays, and the question before an order is cancelled."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.order.money_state import OrderMoneyState
from kagibag_app.web.admin.order.rows import RefundChoice
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.dialog import confirm_dialog, consequence, dialog
from kagibag_app.web.components.fields import amount_field, checkbox, radio, text_area, text_field
from kagibag_app.web.components.values import Content, Handler, Number, Text, each, when

_R = OrderMoneyState.refund_ask
_C = OrderMoneyState.cancel_ask
_FACE = OrderDetailState.face

# What is in the fields at this moment, read in the browser: nothing typed is ever behind. Ticks share one name.
_TYPED = rx.Var(
    "(form => { if (!form) return {}; const typed = new FormData(form); const all = Object.fromEntries(typed);"
    " if (form.elements.namedItem('tickets')) all.tickets = typed.getAll('tickets').join(' ');"
    " return all; })(document.getElementById('refund'))"
).to(dict[str, str])


def money_dialogs() -> rx.Component:
    """All of them; each shows only over the order that it was opened for."""
    return rx.fragment(_refund(), _cancel(), _retry())


def _refund() -> rx.Component:
    act = button(
        _R.act,
        kind="primary",
        on_click=[OrderMoneyState.press(_TYPED), OrderMoneyState.refund(_TYPED, _R.act)],
        busy=OrderMoneyState.busy,
        disabled=rx.cond(_R.ready, False, True),
        once=True,
    )
    return dialog(
        _R.title,
        when(_R.blocked, callout(_R.blocked), _refund_form()),
        _stale(_R.version),
        _problem(),
        open=(_R.order != "") & (_R.order == _FACE.id),
        on_open_change=OrderMoneyState.close,
        footer=[_leave(_R.blocked), when(_R.blocked, rx.fragment(), act)],
        alert=True,
        wide=True,
    )


def _refund_form() -> rx.Component:
    kept = OrderMoneyState.keep(_TYPED)

    def way(words: Content, value: str) -> rx.Component:
        return radio(words, name="way", value=value, default_checked=_R.way == value, on_change=kept)

    whole = rx.fragment("All that is left, ", rx.el.b(_R.whole, class_name="nowrap"))
    return rx.el.form(
        rx.el.fieldset(
            rx.el.legend("What goes back", class_name="vh"),
            way(whole, "whole"),
            way("Chosen tickets", "tickets"),
            way("An amount", "amount"),
            class_name="row wrap row-loose",
        ),
        rx.match(_R.way, ("tickets", _choices(kept)), ("amount", _amount(kept)), rx.fragment()),
        rx.match(_R.way, ("amount", rx.fragment()), _keep(kept)),
        rx.el.div(when(_R.ready, _meaning()), aria_live="polite"),
        text_area(
            "Message to the buyer",
            name="message",
            id="refund-message",
            remark="optional",
            rows=2,
            max_length=2000,
            default_value=_R.message,
            on_blur=kept,
        ),
        text_field(
            "Note",
            name="note",
            id="refund-note",
            remark="private",
            max_length=2000,
            default_value=_R.note,
            on_blur=kept,
        ),
        # Enter in a field only says what it means; money moves by the button alone.
        on_submit=kept,
        id="refund",
        key=_R.round,
        class_name="stack-m",
    )


def _keep(kept: Handler) -> rx.Component:
    return rx.fragment(
        rx.el.input(type="hidden", name="keep_shown", value="1"),
        checkbox("Keep the tickets valid", name="keep", default_checked=_R.keep, on_change=kept),
    )


def _choices(kept: Handler) -> rx.Component:
    def choice(ticket: RefundChoice) -> rx.Component:
        about = rx.el.span(
            rx.el.span(ticket.name, class_name="med"),
            " ",
            rx.el.span(ticket.code, class_name="mono mute"),
            when(ticket.remark, rx.el.span(" ", ticket.remark, class_name="mute cap")),
        )
        tick = rx.el.input(
            type="checkbox",
            name="tickets",
            value=ticket.id,
            default_checked=ticket.ticked,
            disabled=rx.cond(ticket.selectable, False, True),
            on_change=kept,
        )
        return rx.el.label(
            tick,
            about,
            rx.el.span(ticket.amount, class_name="num"),
            class_name="ticket-choice",
            key=ticket.id,
        )

    error = rx.el.p(_R.problem, class_name="error")
    return rx.el.fieldset(
        rx.el.legend("Tickets to refund", class_name="vh"),
        each(_R.choices, choice),
        rx.el.div(when(_R.problem, error), aria_live="polite"),
        class_name="ticket-choices",
    )


def _amount(kept: Handler) -> rx.Component:
    return rx.el.div(
        amount_field(
            "Amount",
            _R.symbol,
            name="amount",
            id="refund-amount",
            hint=_R.limit,
            error=_R.problem,
            default_value=_R.amount,
            on_change=kept,
        ),
        class_name="amount-field",
    )


def _meaning() -> rx.Component:
    return rx.el.ul(
        when(_R.waits, consequence("users", _R.waits)),
        consequence("undo-2", _R.money),
        consequence("wallet", _R.stays),
        consequence("ticket", _R.tickets),
        consequence("mail", _R.mail),
        class_name="consequences",
    )


def _cancel() -> rx.Component:
    typed = rx.Var("Object.fromEntries(new FormData(document.getElementById('cancel') ?? undefined))").to(
        dict[str, str]
    )
    form = rx.el.form(
        text_area(
            "Message to the buyer",
            name="message",
            id="cancel-message",
            remark="optional",
            rows=2,
            max_length=2000,
            default_value=_C.message,
        ),
        id="cancel",
        key=_C.order,
    )
    parts = rx.el.ul(
        each(_C.parts, lambda part: consequence("chevron-right", part)), class_name="consequences"
    )
    act = button(
        _C.act,
        kind="danger",
        on_click=[OrderMoneyState.press(typed), OrderMoneyState.cancel(typed, _C.act)],
        busy=OrderMoneyState.busy,
        once=True,
    )
    return dialog(
        _C.title,
        when(_C.blocked, callout(_C.blocked), rx.fragment(parts, form)),
        _stale(_C.version),
        _problem(),
        open=(_C.order != "") & (_C.order == _FACE.id),
        on_open_change=OrderMoneyState.close,
        footer=[_leave(_C.blocked, "Keep the order"), when(_C.blocked, rx.fragment(), act)],
        alert=True,
    )


def _retry() -> rx.Component:
    asked = OrderMoneyState.retry_ask
    return confirm_dialog(
        asked.title,
        open=(asked.order != "") & (asked.order == _FACE.id),
        consequences=(
            consequence("rotate-cw", asked.money),
            consequence("mail", "The buyer is told by email once the money has been sent."),
            consequence("info", "If the reason is still there, it fails again and you are told."),
        ),
        act=asked.act,
        on_act=OrderMoneyState.retry,
        on_close=OrderMoneyState.close,
        busy=OrderMoneyState.busy,
        error=OrderMoneyState.problem,
        safe="Leave it",
    )


def _stale(version: Number) -> rx.Component:
    """Said when the order changed while the dialog is open: nothing is decided about what one does not see."""
    again = button("Look again", size="s", on_click=OrderMoneyState.look_again)
    changed = callout("The order changed meanwhile. What you typed stays. ", again)
    # During the act the change is one's own.
    foreign = rx.cond(OrderMoneyState.busy, False, version != _FACE.version)
    return rx.el.div(when(foreign, changed), role="status")


def _problem() -> rx.Component:
    return rx.el.div(
        when(OrderMoneyState.problem, callout(OrderMoneyState.problem, tone="bad")), role="alert"
    )


def _leave(blocked: Text, words: str = "Not now") -> rx.Component:
    return rx.el.button(
        rx.cond(blocked, "Close", words),
        type="button",
        on_click=OrderMoneyState.close(False),
        auto_focus=True,
        class_name="btn btn-secondary",
    )
