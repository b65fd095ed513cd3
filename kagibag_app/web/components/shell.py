"""The frame around a page: the attendee's and the organizer's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from kagibag_app.web.components.badge import count
from kagibag_app.web.components.buttons import anchor, link
from kagibag_app.web.components.dialog import key_sheet
from kagibag_app.web.components.icons import icon, mark
from kagibag_app.web.components.native_form import native_form
from kagibag_app.web.components.sandbox_strip import sandbox_strip
from kagibag_app.web.components.theme import theme_switch
from kagibag_app.web.components.values import Content, Flag, Handler, Number, Text, classes, when

Place = Literal[
    "", "checkin", "orders", "refunds", "disputes", "events", "webhooks", "messages", "settings/team"
]

LOGOUT_PATH = "/api/session/logout"

# Every key that some page listens to; a test compares them with the pages.
KEYS: tuple[tuple[str, tuple[tuple[tuple[str, ...], str], ...]], ...] = (
    (
        "Everywhere",
        (
            (("Ctrl", "K"), "Go anywhere, find an order"),
            (("g", "h"), "Home"),
            (("g", "o"), "Orders"),
            (("g", "r"), "Refunds"),
            (("g", "d"), "Disputes"),
            (("g", "e"), "Events"),
            (("g", "c"), "Check-in"),
            (("?",), "This list"),
            (("Esc",), "Close what is open"),
        ),
    ),
    (
        "In a list",
        (
            (("/",), "Search"),
            (("j",), "Next row"),
            (("k",), "Previous row"),
            (("Enter",), "Open the row"),
            (("n",), "Next page"),
            (("p",), "Previous page"),
        ),
    ),
    (
        "On an order or a refund request",
        ((("j",), "Next one of the list"), (("k",), "Previous one of the list")),
    ),
    ("On an order", ((("r",), "Refund, after asking"), (("n",), "Write a note"))),
    ("On a refund request", ((("a",), "Approve, after asking"), (("d",), "Decline, after asking"))),
)


@dataclass(frozen=True, slots=True)
class Member:
    """Who is signed in, as the sidebar shows it.

    Attributes:
        detail: Names the organizer and the role.
        several: There are other organizations to switch to.
        sees_team: The settings are theirs to see.
        checks_in: They may stand at a door.
    """

    name: str = ""
    initials: str = ""
    detail: str = ""
    several: bool = False
    sees_team: bool = False
    checks_in: bool = False


def skip_link() -> rx.Component:
    """The first thing Tab reaches."""
    return anchor("Skip to content", "#main", class_name="skip")


def attendee_page(
    *content: Content, organizer: Content, home: Text = "", sandbox: Flag = False, narrow: bool = False
) -> rx.Component:
    """A page reached by link, without an account.

    Args:
        *content: The page.
        organizer: Who sells; shown beside the mark.
        home: Where the organizer's name leads, usually the event; no link when empty.
        sandbox: Whether the Stripe sandbox is in use.
        narrow: One column of reading width.
    """
    brand = rx.fragment(mark(), organizer)
    named = (
        rx.el.span(brand, class_name="brand")
        if isinstance(home, str) and not home
        else link(brand, home, class_name="brand")
    )
    return rx.fragment(
        skip_link(),
        sandbox_strip(sandbox),
        rx.el.header(
            named,
            rx.el.span(link("Find my order", "/orders/find"), class_name="push"),
            class_name="attendee-bar",
        ),
        rx.el.main(
            *content, id="main", tab_index=-1, class_name=classes("attendee", "narrow" if narrow else "")
        ),
        rx.el.footer(rx.el.span("Tickets by Kagibag"), theme_switch(), class_name="attendee-foot"),
    )


def admin_page(
    *content: Content,
    active: Place,
    member: Member,
    refunds_waiting: Number = 0,
    disputes_waiting: Number = 0,
    sandbox: Flag = False,
    on_switch: Handler = None,
    logout: str = LOGOUT_PATH,
    finders: tuple[Content, Content] = (None, None),
) -> rx.Component:
    """A page of the organizer's workspace.

    Args:
        *content: The page, beginning with ``page_head``.
        active: The entry of the navigation it belongs to.
        member: Who is signed in; a plain row or a Var of one.
        refunds_waiting: Requests that need a decision.
        disputes_waiting: Disputes that need a response.
        sandbox: Whether the Stripe sandbox is in use.
        on_switch: Offers the other organizations, to those who have several.
        logout: Where the native logout form posts to.
        finders: What opens the search for everything: in the sidebar, and in the bar of a phone.
    """
    leave = rx.fragment(_switch(member, on_switch), _logout(logout))

    def menu(suffix: str) -> rx.Component:
        return rx.fragment(
            _navigation(active, member, refunds_waiting, disputes_waiting, suffix),
            when(member.sees_team, _settings(active, suffix)),
        )

    return rx.fragment(
        skip_link(),
        sandbox_strip(sandbox),
        _topbar(menu(", menu"), member, leave, finders[1]),
        rx.el.div(
            rx.el.aside(
                rx.el.div(_home(), finders[0], menu(""), class_name="side-inner"),
                _member(member, leave),
                aria_label="Workspace",
                class_name="side",
            ),
            rx.el.main(*content, id="main", tab_index=-1, class_name="main"),
            class_name="workspace",
        ),
    )


def alone_page(*content: Content, title: str, sandbox: Flag = False) -> rx.Component:
    """A page with one thing to do, such as signing in."""
    return rx.fragment(
        skip_link(),
        sandbox_strip(sandbox),
        rx.el.main(
            rx.el.span(mark(), "Kagibag", class_name="brand"),
            rx.el.h1(title),
            *content,
            id="main",
            tab_index=-1,
            class_name="alone stack",
        ),
    )


def page_head(title: Content, *beside: Content, acts: Content = None) -> rx.Component:
    """A page's title, badges or a remark beside it, and its actions at the right edge."""
    right = [] if acts is None else [rx.el.div(acts, class_name="acts")]
    return rx.el.div(rx.el.h1(title), *beside, *right, class_name="page-head")


def crumbs(*path: Content) -> rx.Component:
    """The way back: links, then where one is."""
    parts: list[Content] = []
    for index, place in enumerate(path):
        if index:
            parts.append(icon("chevron-right", 12))
        parts.append(place)
    return rx.el.nav(*parts, aria_label="Breadcrumb", class_name="crumbs")


def section(
    title: Content,
    *content: Content,
    remark: Content = None,
    acts: Content = None,
    first: bool = False,
    id: str = "",
) -> rx.Component:
    """A part of a detail page under its heading, with a hairline above unless it is the first."""
    head: list[Content] = [rx.el.h2(title)]
    if remark is not None:
        head.append(rx.el.span(remark, class_name="mute"))
    if acts is not None:
        head.append(rx.el.span(acts, class_name="push"))
    return rx.el.section(
        rx.el.div(*head, class_name="section-head"),
        *content,
        class_name=classes("section", "first" if first else ""),
        id=id or None,
    )


def _home() -> rx.Component:
    return link(rx.fragment(mark(), "Kagibag"), "/admin", class_name="brand")


def _entry(
    place: Place, active: Place, name: str, label: str, *badge: rx.Component, key: str = ""
) -> rx.Component:
    attributes: dict[str, Any] = {"aria_current": "page"} if place == active else {}
    if key:
        attributes |= {"data_key": key, "aria_keyshortcuts": key}
    return link(rx.fragment(icon(name), label, *badge), f"/admin/{place}".rstrip("/"), **attributes)


def _navigation(
    active: Place, member: Member, refunds_waiting: Number, disputes_waiting: Number, suffix: str
) -> rx.Component:
    main = rx.el.nav(
        _entry("", active, "house", "Home", key="g h"),
        _entry("orders", active, "receipt-text", "Orders", key="g o"),
        _entry(
            "refunds",
            active,
            "undo-2",
            "Refunds",
            count(refunds_waiting, "need a decision", "attention"),
            key="g r",
        ),
        _entry(
            "disputes",
            active,
            "shield-alert",
            "Disputes",
            count(disputes_waiting, "need a response", "bad"),
            key="g d",
        ),
        _entry("events", active, "calendar-days", "Events", key="g e"),
        when(member.checks_in, _entry("checkin", active, "scan-line", "Check-in", key="g c")),
        aria_label=f"Main{suffix}",
        class_name="nav",
    )
    growth = rx.el.nav(
        _entry("webhooks", active, "webhook", "Webhooks"),
        _entry("messages", active, "mail", "Messages"),
        aria_label=f"Growth{suffix}",
        class_name="nav",
    )
    return rx.fragment(main, rx.el.div(rx.el.p("Growth", class_name="nav-head"), growth))


def _settings(active: Place, suffix: str) -> rx.Component:
    entries = rx.el.nav(
        _entry("settings/team", active, "users", "Team"), aria_label=f"Settings{suffix}", class_name="nav"
    )
    return rx.el.div(rx.el.p("Settings", class_name="nav-head"), entries)


def _switch(member: Member, on_switch: Handler) -> rx.Component:
    offer = rx.el.button(
        icon("building-2", 14),
        "Switch organization",
        type="button",
        on_click=on_switch,
        class_name="btn btn-quiet btn-s",
    )
    return when(member.several, offer) if on_switch is not None else rx.fragment()


def _logout(action: str) -> rx.Component:
    leave = rx.el.button(
        icon("log-out", 14), "Log out", type="submit", class_name="btn btn-secondary btn-block"
    )
    return native_form(leave, action=action)


def _member(member: Member, leave: rx.Component) -> rx.Component:
    who = rx.el.span(
        rx.el.span(member.name, class_name="med"),
        rx.el.br(),
        rx.el.span(member.detail, class_name="mute cap"),
        class_name="trunc",
    )
    chip = rx.el.summary(
        rx.el.span(member.initials, aria_hidden="true", class_name="avatar"),
        who,
        rx.el.span(icon("chevrons-up-down", 14), class_name="push"),
    )
    panel = rx.el.div(theme_switch(), key_sheet(*KEYS), leave, class_name="pop")
    return rx.el.details(chip, panel, class_name="member menu menu-start menu-up")


def _topbar(menu: rx.Component, member: Member, leave: rx.Component, finder: Content) -> rx.Component:
    who = rx.el.p(
        rx.el.span(member.name, class_name="med"),
        rx.el.br(),
        rx.el.span(member.detail, class_name="mute cap"),
    )
    opener = rx.el.summary(icon("menu"), aria_label="Menu", class_name="btn btn-quiet btn-icon")
    panel = rx.el.div(menu, rx.el.hr(), who, theme_switch(), leave, class_name="pop")
    return rx.el.header(_home(), finder, rx.el.details(opener, panel, class_name="menu"), class_name="topbar")
