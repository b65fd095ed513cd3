"""The dialogs of the desk: a ticket, a ticket about to become void, the buyer's address."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.order.desk_state import OrderDeskState
from kagibag_app.web.admin.order.rows import TicketLine
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.dialog import consequence, dialog
from kagibag_app.web.components.fields import checkbox, text_area, text_field
from kagibag_app.web.components.statuses import TICKET
from kagibag_app.web.components.values import Content, Handler, Text, each, when

_T = OrderDeskState.ticket_ask
_E = OrderDeskState.email_ask
_SHOWN = OrderDetailState.face.id
_MAY = OrderDetailState.may


def desk_dialogs() -> rx.Component:
    """All of them; each shows only over the order that it was opened for."""
    return rx.fragment(_ticket(), _void(), _email())


def _ticket() -> rx.Component:
    """What can be done with a ticket, as it stands now."""

    def of_line(line: TicketLine) -> rx.Component:
        return when(line.ticket == _T.id, _ticket_acts(line))

    return dialog(
        rx.fragment(_T.name, " ", rx.el.span(_T.code, class_name="mono regular")),
        each(OrderDetailState.tickets, of_line),
        open=rx.cond(_T.voiding, False, (_T.order == _SHOWN) & (_T.id != "")),
        on_open_change=OrderDeskState.close,
        footer=[_leave("Close")],
    )


def _ticket_acts(line: TicketLine) -> rx.Component:
    busy = OrderDeskState.busy == line.ticket
    enter = _act(
        "Check in", "Lets somebody in; the ticket counts as used.", OrderDeskState.check_in(line.ticket), busy=busy
    )  # fmt: skip
    undo = _act(
        "Undo check-in", "The ticket can be used again.", OrderDeskState.undo_check_in(line.ticket), busy=busy
    )
    resend = _act(
        "Send the link",
        "The buyer gets a mail with the link to this ticket.",
        OrderDeskState.resend_ticket(line.ticket),
        busy=busy,
    )
    void = _act(
        "Void…", "Nobody can use it any more. No money moves.", OrderDeskState.ask_void(line.ticket), danger=True
    )  # fmt: skip
    door = rx.match(line.door, ("in", enter), ("undo", undo), rx.fragment())
    return rx.el.div(
        rx.el.p(
            badge_for(line.status, TICKET),
            when(line.remark, rx.el.span(line.remark, class_name="mute")),
            class_name="row wrap",
        ),
        rx.el.ul(
            when(_MAY.check_in, door),
            when(_MAY.resend & (line.status != "void"), resend),
            when(_MAY.void & (line.status != "void"), void),
            class_name="act-list",
        ),
        class_name="stack-m",
        key=line.id,
    )


def _act(
    label: str, about: str, on_click: Handler, *, busy: rx.Var[bool] | bool = False, danger: bool = False
) -> rx.Component:  # fmt: skip
    press = button(
        label, on_click=on_click, kind="danger-quiet" if danger else "secondary", busy=busy, once=True
    )
    return rx.el.li(rx.el.span(about, class_name="mute"), press)


def _void() -> rx.Component:
    busy = OrderDeskState.busy == _T.id
    form = rx.el.form(
        text_area(
            "Reason",
            name="reason",
            id="void-reason",
            rows=2,
            max_length=200,
            hint="Shown to the buyer and on the timeline.",
            required=True,
        ),
        checkbox("Put the seat back on sale", name="put_back", default_checked=True),
        on_submit=OrderDeskState.void,
        id="void",
        key=_T.id,
        class_name="stack-m",
    )
    return dialog(
        rx.fragment("Void ticket ", rx.el.span(_T.code, class_name="mono"), "?"),
        _consequences(
            ("ticket-x", "Nobody can use it any more; its link says so at once."),
            ("banknote", "No money moves. To give money back, refund the ticket instead: that voids it too."),
        ),
        form,
        _problem(),
        open=(_T.order == _SHOWN) & (_T.id != "") & _T.voiding,
        on_open_change=OrderDeskState.close,
        footer=[
            _leave("Keep the ticket"),
            button("Void ticket", kind="danger", submit=True, form="void", busy=busy, once=True),
        ],
        alert=True,
    )


def _email() -> rx.Component:
    form = rx.el.form(
        text_field(
            "New address",
            name="email",
            id="new-email",
            type="email",
            default_value=_E.typed,
            auto_complete="off",
            max_length=254,
            required=True,
            error=OrderDeskState.problem,
        ),
        on_submit=OrderDeskState.correct_email,
        id="correct-email",
        key=_E.order,
    )
    return dialog(
        "Correct the buyer's address",
        form,
        _consequences(
            ("unlink", "The links in every mail sent before stop working at once, whoever holds them."),
            ("mail", "New links to the order and its tickets go to the new address."),
            ("shield", "The old address is told that it was corrected, without the new one."),
        ),
        open=_E.order == _SHOWN,
        on_open_change=OrderDeskState.close,
        footer=[
            _leave("Leave it"),
            button(
                "Correct email",
                kind="primary",
                submit=True,
                form="correct-email",
                busy=OrderDeskState.busy == "email",
                once=True,
            ),
        ],
        alert=True,
    )


def _problem() -> rx.Component:
    return rx.el.div(when(OrderDeskState.problem, callout(OrderDeskState.problem, tone="bad")), role="alert")


def _consequences(*lines: tuple[str, Text]) -> Content:
    return rx.el.ul(*(consequence(icon, text) for icon, text in lines), class_name="consequences")


def _leave(words: str) -> rx.Component:
    return rx.el.button(
        words, type="button", on_click=OrderDeskState.close(False), class_name="btn btn-secondary"
    )
