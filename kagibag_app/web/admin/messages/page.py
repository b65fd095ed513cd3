"""The log of mails beside the one that is open."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.messages.rows import Choice, MailItem
from kagibag_app.web.admin.messages.state import MessagesState
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import link, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.data_list import code_block, fact, facts
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.fields import search_field
from kagibag_app.web.components.shell import page_head
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.statuses import MAIL
from kagibag_app.web.components.tabs import tab, tabs
from kagibag_app.web.components.values import choose, each, when

TYPING_PAUSE_MS = 250
# No scripts, no forms, no way out of the frame; what one presses in a mail opens in a tab of its own.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
KEPT = (
    "Mails are written but not delivered: they are kept here, with working links. "
    "Set KAGIBAG_SMTP_URL to send them for real."
)


def page() -> rx.Component:
    """The screen."""
    return workspace(
        page_head("Messages"),
        rx.cond(MessagesState.phase == "shown", _shown(), skeleton_page("Loading messages")),
        active="messages",
        counts=MessagesState.counts,
        refresh=MessagesState.refresh,
    )


def _shown() -> rx.Component:
    state = MessagesState
    return rx.fragment(
        when(state.keeps, callout(KEPT, title="No mail server is configured.", tone="neutral", icon="inbox")),
        rx.el.div(when(state.notice, callout(state.notice)), role="status"),
        tabs(each(state.choices, _tab), label="Status"),
        rx.el.div(
            rx.el.section(_list(), aria_label="Messages", class_name="split-list"),
            rx.el.section(
                when(state.mail.id, _opened(), _choose()), aria_label="Message", class_name="split-detail"
            ),
            class_name="split",
        ),
    )


def _tab(choice: Choice) -> rx.Component:
    return tab(choice.label, choice.href, current=choice.current, key=choice.label)


def _list() -> rx.Component:
    state = MessagesState
    search = search_field(
        "Search messages",
        placeholder="Recipient",
        default_value=state.search,
        on_change=state.find.debounce(TYPING_PAUSE_MS),
        max_length=254,
        key=state.search_round,
    )
    pages = rx.el.nav(
        when(state.newest, link_button("Newest", state.newest, size="s", icon="chevrons-left")),
        when(state.older, link_button("Older", state.older, size="s", trailing_icon="chevron-right")),
        aria_label="Pages",
        class_name="split-tools",
    )
    return rx.fragment(
        when(state.readable, rx.el.div(search, class_name="split-tools")),
        when(state.mails, rx.el.ol(each(state.mails, _item), class_name="queue"), _nothing()),
        rx.cond((state.newest + state.older) != "", pages, rx.fragment()),
    )


def _item(item: MailItem) -> rx.Component:
    parts = rx.fragment(
        rx.el.span(
            rx.el.span(item.subject, class_name="med"),
            badge_for(item.status, MAIL),
            class_name="queue-line",
        ),
        rx.el.span(
            rx.el.span(item.recipient, class_name="trunc"), rx.el.span(item.sent, class_name="nowrap"),
            class_name="queue-line queue-sub",
        ),
    )  # fmt: skip
    return rx.el.li(
        link(parts, item.href, aria_current=choose(item.current, "true", "false"), data_row="true"),
        key=item.id,
    )


def _opened() -> rx.Component:
    mail = MessagesState.mail
    return rx.fragment(
        rx.el.div(
            rx.el.h2(mail.subject), badge_for(mail.status, MAIL), class_name="detail-head section first"
        ),
        facts(
            fact("To", mail.recipient),
            fact("About", mail.template),
            when(mail.order, fact("Order", link(mail.order, mail.order_href, class_name="mono"))),
            fact("Written", mail.written),
            when(mail.sent, fact(rx.cond(mail.status == "kept", "Kept", "Sent"), mail.sent)),
            when(mail.attempts, fact("Tries", mail.attempts)),
            when(mail.error, fact("Last error", mail.error)),
            narrow=True,
        ),
        when(MessagesState.readable, _body(), _hidden()),
    )


def _body() -> rx.Component:
    state = MessagesState
    frame = rx.el.iframe(
        src_doc=state.mail.html,
        sandbox=SANDBOX,
        title="The mail as its reader sees it",
        class_name="frame",
        style={"width": "100%", "height": "720px", "background": "#fff"},
        key=state.mail.id,
    )
    return rx.fragment(
        tabs(
            tab("As sent", state.html_href, current=rx.cond(state.as_text, False, True)),
            tab("Plain text", state.text_href, current=state.as_text),
            label="Body",
        ),
        rx.el.div(
            rx.cond(state.as_text, code_block(state.mail.text, "Plain text"), frame),
            class_name="section first",
        ),
    )


def _hidden() -> rx.Component:
    return empty(
        "eye-off",
        "Your role doesn't include what mails say",
        "They hold buyers' addresses and links that open their orders. Ask an owner of the organization.",
    )


def _choose() -> rx.Component:
    return empty("mail-open", "No message is open", "Choose one from the list to read it as its reader does.")


def _nothing() -> rx.Component:
    none_yet = empty(
        "mail",
        "No messages yet",
        "Confirmations, refund answers and notices appear here as they are written.",
    )
    clear = link_button("Show all", "/admin/messages", icon="x")
    return when(
        MessagesState.narrowed,
        empty("search-x", "No message matches", "Every message is still there.", clear),
        none_yet,
    )
