"""The event page: what it is, which tickets, who buys, what it costs."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.attendee.event.display import TypeRow
from kagibag_app.web.attendee.event.state import EventState
from kagibag_app.web.attendee.parts import loading_page, plain_answer, plain_page
from kagibag_app.web.attendee.screen import phase_of
from kagibag_app.web.components.buttons import button, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.fields import described_by, quantity, text_field
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.price_table import price_table
from kagibag_app.web.components.shell import attendee_page
from kagibag_app.web.components.skeleton import skeleton
from kagibag_app.web.components.values import Text, each, when

FORM = "buy"


def page() -> rx.Component:
    """The page in whichever state it is."""
    return rx.el.div(
        rx.match(
            phase_of(EventState),
            ("shown", _shown()),
            ("missing", _missing()),
            _loading(),
        )
    )


def _shown() -> rx.Component:
    event = EventState.event
    return attendee_page(
        _hero(),
        _notices(),
        rx.el.div(
            rx.el.div(_facts(), _tickets(), when(EventState.selling, _buyer()), class_name="stack-l"),
            when(EventState.selling, _summary()),
            class_name="event-layout",
        ),
        when(EventState.selling, _pay_bar()),
        organizer=event.organizer,
        sandbox=EventState.sandbox,
    )


def _notices() -> rx.Component:
    event = EventState.event
    unpaid = rx.el.div(
        callout(EventState.unpaid, title="Not paid yet:", tone="progress"),
        button("Continue to payment", icon="lock", on_click=EventState.resume, once=True),
        class_name="event-notice event-unpaid",
    )
    closed = rx.el.div(
        callout(event.notice_text, title=event.notice, tone="attention"), class_name="event-notice"
    )
    return rx.el.div(when(EventState.unpaid, unpaid), when(event.notice, closed), role="status")


def _hero() -> rx.Component:
    event = EventState.event
    leaf = rx.el.div(
        rx.el.span(event.weekday),
        rx.el.b(event.day),
        rx.el.span(event.month),
        aria_hidden="true",
        class_name="date-leaf",
    )
    about = rx.el.p(
        when(event.summary, rx.fragment(event.summary, " ")),
        "Presented by ",
        event.organizer,
        ".",
        class_name="mute",
    )
    return rx.el.div(leaf, rx.el.div(rx.el.h1(event.title), about), class_name="event-hero")


def _facts() -> rx.Component:
    event = EventState.event

    def fact(name: str, term: str, first: Text, second: Text) -> rx.Component:
        return rx.el.div(rx.el.dt(icon(name), term), rx.el.dd(first, when(second, rx.el.span(second))))

    return rx.el.dl(
        fact("calendar-days", "When", event.date, event.hours),
        fact("map-pin", "Where", event.venue, event.address),
        fact("undo-2", "Refunds", event.refunds, event.refunds_later),
        class_name="event-facts",
    )


def _tickets() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Tickets", id="tickets"),
        rx.el.ul(each(EventState.types, _ticket_type)),
        aria_labelledby="tickets",
    )


def _ticket_type(kind: TypeRow) -> rx.Component:
    left = rx.el.p(icon("ticket", 14), kind.left, class_name="small toned left", data_tone="attention")
    name = rx.el.div(
        rx.el.h3(kind.name),
        when(kind.description, rx.el.p(kind.description, class_name="small mute")),
        when(kind.left, left),
        class_name="type-name",
    )
    chooser = quantity(
        kind.name,
        kind.quantity,
        on_less=EventState.less(kind.id),
        on_more=EventState.more(kind.id),
        at_least=kind.at_least,
        at_most=kind.at_most,
    )
    return rx.el.li(
        name,
        rx.el.span(kind.price, class_name="num type-price"),
        when(kind.state, rx.el.span(kind.state, class_name="state"), chooser),
        class_name=rx.cond(kind.gone, "ticket-type sold-out", "ticket-type"),
        key=kind.id,
    )


def _buyer() -> rx.Component:
    fields = rx.el.div(
        text_field("Name", name="name", error=EventState.name_error, auto_complete="name", max_length=200),
        text_field(
            "Email",
            name="email",
            type="email",
            error=EventState.email_error,
            hint="Your tickets go to this address.",
            auto_complete="email",
            input_mode="email",
            max_length=254,
        ),
        class_name="two-up",
    )
    # The server says what is wrong, in words; the browser's own bubbles would come first.
    form = rx.el.form(fields, id=FORM, on_submit=EventState.place, no_validate=True, class_name="lg")
    return rx.el.section(
        rx.el.h2("Your details", id="details"), form, aria_labelledby="details", class_name="stack-m"
    )


def _summary() -> rx.Component:
    chosen = rx.fragment(
        price_table(
            EventState.lines, caption="Your order", total="big", on_remove_code=EventState.remove_code
        )
    )
    nothing = rx.el.p("Choose your tickets; the total shows here.", class_name="mute small")
    return rx.el.aside(
        rx.el.h2("Your order"),
        rx.el.div(when(EventState.lines, chosen, nothing), aria_live="polite"),
        _code_form(),
        _problem(),
        _pay(block=True),
        rx.el.p(EventState.summary.terms, class_name="small mute"),
        aria_label="Your order",
        class_name="summary",
    )


def _problem() -> rx.Component:
    """What was answered to the last press comes first; what the sums say stands as long as they say it."""
    said = callout(EventState.problem, tone="bad")
    standing = when(EventState.summary.problem, callout(EventState.summary.problem))
    return rx.el.div(when(EventState.problem, said, standing), role="alert", class_name="summary-problem")


def _code_form() -> rx.Component:
    typed = rx.el.input(
        name="code",
        placeholder=rx.cond(EventState.code, "Another code", "Discount code"),
        auto_complete="off",
        auto_capitalize="characters",
        spell_check=False,
        max_length=40,
        class_name="input",
        **described_by("code", EventState.code_error),
    )
    wrong = rx.el.span(icon("circle-alert", 14), rx.el.span(EventState.code_error), class_name="error")
    return rx.el.form(
        rx.el.label("Discount code", html_for="code", class_name="vh"),
        rx.el.div(typed, button("Apply", submit=True, class_name="btn-beside"), class_name="code-form"),
        rx.el.div(
            when(EventState.code_error, wrong), id="code-about", aria_live="polite", class_name="code-about"
        ),
        on_submit=EventState.apply_code,
        key=EventState.code,
        class_name="lg",
    )


def _pay(**props: Any) -> rx.Component:
    return button(
        EventState.summary.pay_label,
        kind="primary",
        size="l",
        icon="lock",
        submit=True,
        form=FORM,
        busy=EventState.busy,
        disabled=EventState.summary.empty,
        **props,
    )


def _pay_bar() -> rx.Component:
    sums = rx.el.span(
        rx.el.span(EventState.summary.count, class_name="small mute"), rx.el.b(EventState.summary.total)
    )
    return rx.el.div(sums, _pay(), class_name="pay-bar no-print")


def _missing() -> rx.Component:
    text = "The address may be incomplete, or the organizer has not published it yet. Tickets you bought before are not affected."
    find = link_button("Find my order", "/orders/find", size="l", icon="search")
    return plain_page(
        plain_answer("calendar-x", "There is no event here", text, find),
        sandbox=EventState.sandbox,
    )


def _loading() -> rx.Component:
    hero = rx.el.div(
        skeleton("72px", "78px"),
        rx.el.div(skeleton("320px", "32px"), skeleton("240px"), class_name="stack-s"),
        class_name="event-hero",
    )
    lines = [skeleton("100%", "44px") for _ in range(3)]
    layout = rx.el.div(
        rx.el.div(skeleton("100%", "72px"), *lines, class_name="stack-l"),
        skeleton("100%", "280px"),
        class_name="event-layout",
    )
    return loading_page(hero, layout, sandbox=EventState.sandbox)
