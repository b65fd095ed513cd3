"""Endpoints beside the one that is open, with its log."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.webhooks.delivery import opened
from kagibag_app.web.admin.webhooks.dialogs import dialogs
from kagibag_app.web.admin.webhooks.log import log
from kagibag_app.web.admin.webhooks.rows import EndpointItem
from kagibag_app.web.admin.webhooks.state import WebhooksState
from kagibag_app.web.components.badge import badge_for, tag
from kagibag_app.web.components.buttons import button, link
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.data_list import fact, facts
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.shell import page_head
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.statuses import ENDPOINT
from kagibag_app.web.components.values import choose, each, when


def page() -> rx.Component:
    """The screen."""
    add = button("Add endpoint", kind="primary", icon="plus", on_click=WebhooksState.add)
    # Without an endpoint, the way to the first one stands where they will be.
    acts = when(WebhooksState.endpoints, when(WebhooksState.may_manage, add))
    return workspace(
        page_head("Webhooks", acts=acts),
        rx.cond(WebhooksState.phase == "shown", _shown(), skeleton_page("Loading webhooks")),
        active="webhooks",
        counts=WebhooksState.counts,
        refresh=WebhooksState.refresh,
    )


def _shown() -> rx.Component:
    split = rx.el.div(
        rx.el.section(
            rx.el.ol(each(WebhooksState.endpoints, _item), class_name="queue"),
            aria_label="Endpoints",
            class_name="split-list",
        ),
        rx.el.section(_detail(), aria_label="Endpoint", class_name="split-detail"),
        class_name="split endpoints",
    )
    return rx.fragment(
        rx.el.div(when(WebhooksState.notice, callout(WebhooksState.notice)), role="status"),
        when(WebhooksState.endpoints, split, _nothing()),
        dialogs(),
    )


def _item(item: EndpointItem) -> rx.Component:
    trouble = rx.el.span(icon("triangle-alert", 12), item.trouble, class_name="flag", data_tone="attention")
    parts = rx.fragment(
        rx.el.span(
            rx.el.span(item.name, class_name="med trunc"),
            badge_for(item.status, ENDPOINT),
            class_name="queue-line",
        ),
        rx.el.span(item.url, class_name="mono mute trunc cap"),
        when(item.trouble, trouble, rx.el.span(item.health, class_name="queue-sub")),
    )
    return rx.el.li(
        link(parts, item.href, aria_current=choose(item.current, "true", "false"), data_row="true"),
        key=item.id,
    )


def _detail() -> rx.Component:
    endpoint = WebhooksState.endpoint
    head = rx.el.div(
        rx.el.h2(endpoint.name),
        badge_for(endpoint.status, ENDPOINT),
        when(WebhooksState.may_manage, _acts()),
        class_name="detail-head",
    )
    return rx.fragment(
        rx.el.div(head, class_name="section first"),
        when(endpoint.warning, callout(endpoint.warning_text, title=endpoint.warning)),
        rx.el.div(_facts(), class_name="section first"),
        log(),
        when(WebhooksState.delivery.id, opened()),
    )


def _acts() -> rx.Component:
    state = WebhooksState
    switch = rx.cond(
        state.endpoint.status == "enabled",
        button("Pause", icon="pause", on_click=state.pause, once=True),
        button("Resume", icon="play", on_click=state.resume, once=True),
    )
    return rx.el.span(
        switch,
        button("Delete…", kind="danger-quiet", icon="trash-2", on_click=state.ask("delete")),
        class_name="row push",
    )


def _facts() -> rx.Component:
    endpoint = WebhooksState.endpoint
    all_types = rx.el.span("All, also those that come later")
    rotate = button("Rotate…", size="s", on_click=WebhooksState.ask("rotate"))
    old = rx.el.span("The old one signs as well until ", endpoint.rotating, class_name="mute cap")
    secret = rx.el.span(
        rx.el.span("whsec_••••••••", class_name="mono"),
        when(WebhooksState.may_manage, rotate),
        when(endpoint.rotating, old),
        class_name="row wrap",
    )
    return facts(
        fact("URL", endpoint.url, mono=True),
        fact(
            "Events",
            when(endpoint.types, rx.el.span(each(endpoint.types, tag), class_name="row wrap"), all_types),
        ),
        fact("Secret", secret),
        fact("Last 24 h", endpoint.day),
        fact("Added", endpoint.added),
        narrow=True,
    )


def _nothing() -> rx.Component:
    add = button("Add endpoint", kind="primary", icon="plus", on_click=WebhooksState.add)
    return empty(
        "webhook",
        "No endpoints yet",
        "An endpoint is an address of yours that gets a signed order.paid event whenever an order is completed: "
        "to fill a customer database, start a workflow, or sync a door app.",
        when(WebhooksState.may_manage, add),
    )
