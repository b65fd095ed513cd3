"""The request under review: what was asked and why, the tickets, the money, the order and its buyer."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.refunds.rows import NoteLine, RefundLine, TicketLine, WarningLine
from kagibag_app.web.admin.refunds.state import RefundsState
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import button, link
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.data_list import fact, facts
from kagibag_app.web.components.fields import text_field
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.statuses import REFUND, REFUND_REQUEST, TICKET
from kagibag_app.web.components.table import cell, column, neighbours, nothing, row, scroll_region, table
from kagibag_app.web.components.timeline import exact_time
from kagibag_app.web.components.values import each, when
from kagibag_app.web.components.waterfall import waterfall

_R = RefundsState.review


def review() -> rx.Component:
    """Everything needed to decide."""
    return rx.fragment(
        _top(),
        _head(),
        rx.el.div(when(RefundsState.others, _others()), role="status"),
        rx.el.div(
            when(
                RefundsState.overtaken,
                rx.el.div(callout(RefundsState.overtaken), style={"margin_top": "12px"}),
            ),
            role="status",
        ),
        rx.el.div(
            rx.el.div(
                _decision(),
                _reason(),
                each(RefundsState.warnings, _warning),
                _tickets(),
                when(RefundsState.bars, _money()),
                when(RefundsState.refunds, _refunds()),
            ),
            rx.el.div(_rule(), _order(), _buyer(), _notes()),
            class_name="detail-columns",
        ),
    )


def _others() -> rx.Component:
    return rx.el.p(icon("eye", 14), RefundsState.others, class_name="small mute row")


def _top() -> rx.Component:
    place = rx.fragment(rx.el.span("·"), rx.el.span(_R.place))
    turn = neighbours("request", on_previous=RefundsState.go(-1), on_next=RefundsState.go(1))
    return rx.el.div(
        link(_R.order_number, _R.order_href, class_name="mono"),
        when(_R.place, place),
        rx.el.span(turn, class_name="push"),
        class_name="detail-top",
    )


def _head() -> rx.Component:
    amount = rx.el.span(_R.amount, class_name="nowrap")
    heading = rx.el.div(
        rx.el.h2(_R.lead, " ", amount, id="request"),
        badge_for(_R.status, REFUND_REQUEST),
        class_name="detail-head",
    )
    asked = exact_time(_R.asked, _R.asked_iso, _R.asked_exact)
    return rx.fragment(heading, rx.el.p(_R.facts, " · asked ", asked, class_name="mute"))


def _decision() -> rx.Component:
    answer = rx.el.p(_R.answer, class_name="quote")
    reply = rx.fragment(rx.el.p(_R.first_name, " answered:"), rx.el.p(_R.reply, class_name="quote"))
    said = rx.el.div(
        rx.el.h3("Decision"),
        rx.el.p(_R.decision),
        when(_R.answer, answer),
        when(_R.reply, reply),
        class_name="small",
    )
    return rx.fragment(when(_R.first, _first()), when(_R.decision, said), when(_R.failed, _failed()))


def _first() -> rx.Component:
    back = button(
        rx.cond(_R.mine, "Take it back", "Send it back"),
        icon="corner-up-left",
        on_click=RefundsState.send_back,
        size="s",
        once=True,
    )
    return callout(
        _R.first,
        when(RefundsState.decides, rx.el.div(back, class_name="row wrap")),
        title="Waits for a second person.",
    )


def _failed() -> rx.Component:
    again = button("Try again", icon="rotate-cw", on_click=RefundsState.ask_retry, size="s")
    otherwise = link("Returned another way, or tickets valid again", _R.mend_href)
    return callout(
        _R.failure,
        " The buyer has not got the money.",
        when(RefundsState.decides, rx.el.div(again, otherwise, class_name="row wrap")),
        title="The refund failed.",
        tone="bad",
    )


def _reason() -> rx.Component:
    words = rx.fragment(rx.el.span(" · ", class_name="mute"), "“", _R.reason, "”")
    quote = rx.el.p(rx.el.span(_R.category, class_name="mute"), when(_R.reason, words), class_name="quote")
    return rx.el.div(rx.el.h3("Reason"), quote)


def _warning(line: WarningLine) -> rx.Component:
    return callout(line.text, title=line.title)


def _tickets() -> rx.Component:
    columns = [
        column("Ticket"),
        column("State"),
        column("Paid", numeric=True, class_name="hide-s"),
        column("Kept fee", numeric=True, class_name="hide-s"),
        column("Refund", numeric=True),
    ]
    rows = rx.foreach(RefundsState.tickets, _ticket)
    listed = table(columns, rows, caption="Tickets of the order, those asked for first")
    return rx.el.div(rx.el.h3("What is refunded"), scroll_region("Tickets of this request", listed))


def _ticket(line: TicketLine) -> rx.Component:
    ink = rx.cond(line.asked, "", "mute")
    name = rx.el.span(
        line.name, " ", rx.el.span(line.code, class_name="mono mute cap nowrap"), class_name=ink
    )
    strong = rx.cond(line.asked, "med", "mute")
    return row(
        cell(name),
        cell(badge_for(line.status, TICKET)),
        cell(rx.el.span(line.paid, class_name=ink), numeric=True, class_name="hide-s"),
        cell(
            when(line.kept, rx.el.span(line.kept, class_name="mute"), nothing()),
            numeric=True,
            class_name="hide-s",
        ),
        cell(when(line.refund, rx.el.span(line.refund, class_name=strong), nothing()), numeric=True),
        key=line.id,
    )


def _money() -> rx.Component:
    fee = rx.el.p(RefundsState.fee, class_name="hint")
    return rx.el.div(
        rx.el.h3("Where the money is"), waterfall(RefundsState.bars), when(RefundsState.fee, fee)
    )


def _refunds() -> rx.Component:
    return rx.el.div(
        rx.el.h3("Refunds"), rx.el.ul(rx.foreach(RefundsState.refunds, _refund), class_name="stack-m")
    )


def _refund(line: RefundLine) -> rx.Component:
    stripe = rx.fragment(" · ", rx.el.span(line.stripe_id, class_name="mono"))
    bank = rx.fragment(" · bank reference ", rx.el.span(line.bank_reference, class_name="mono"))
    return rx.el.li(
        rx.el.div(
            rx.el.span(line.amount, class_name="med"), badge_for(line.status, REFUND), class_name="row wrap"
        ),
        rx.el.p(line.about, when(line.stripe_id, stripe), when(line.bank_reference, bank), class_name="hint"),
        when(line.failure, rx.el.p(line.failure, class_name="toned", data_tone="bad")),
        when(line.note, rx.el.p(line.note)),
        key=line.id,
        class_name="small",
    )


def _rule() -> rx.Component:
    return when(
        _R.rule,
        rx.el.div(
            rx.el.h3("Rule"),
            rx.el.p(_R.rule, class_name="small med"),
            when(_R.later, rx.el.p(_R.later, class_name="hint")),
            when(_R.person, rx.el.p("Left to a person: ", _R.person, class_name="hint")),
        ),
    )


def _order() -> rx.Component:
    code = rx.fragment(" after ", rx.el.span(_R.code, class_name="mono"))
    lines = facts(
        fact("Placed", _R.placed),
        fact("Paid", _R.paid, when(_R.code, code)),
        when(_R.method, fact("Method", _R.method)),
        fact("Checked in", _R.checked_in),
        fact("Dispute", _R.dispute),
        narrow=True,
    )
    return rx.el.div(rx.el.h3("Order"), lines)


def _buyer() -> rx.Component:
    lines = facts(
        fact("Email", _R.email),
        fact("Orders", _R.orders),
        fact("Refunds", _R.refunds),
        fact("Disputes", _R.disputes),
        narrow=True,
    )
    return rx.el.div(rx.el.h3("Buyer"), lines)


def _notes() -> rx.Component:
    add = rx.el.form(
        rx.el.input(type="hidden", name="request", value=_R.id),
        text_field(
            "New note",
            name="text",
            id="new-note",
            error=RefundsState.note_error,
            remark="private",
            max_length=2000,
        ),
        rx.el.div(button("Add note", submit=True, size="s", once=True), class_name="row"),
        on_submit=RefundsState.add_note,
        key=rx.Var.create(f"{_R.id}-{RefundsState.note_round}"),
        class_name="stack-s",
    )
    fold = rx.el.details(
        rx.el.summary(icon("sticky-note", 14), "Write a note", class_name="btn btn-secondary btn-s"), add
    )
    written = rx.el.ul(rx.foreach(RefundsState.notes, _note), class_name="stack-m")
    none = rx.el.p("No notes yet. Buyers never see them.", class_name="hint")
    return rx.el.div(
        rx.el.h3("Private notes"),
        when(RefundsState.notes, written, none),
        when(RefundsState.writes_notes, fold),
        class_name="stack-s",
    )


def _note(line: NoteLine) -> rx.Component:
    by = rx.el.p(line.author, " · ", exact_time(line.at, line.iso, line.at), class_name="hint")
    return rx.el.li(rx.el.p(line.text, class_name="small"), by)
