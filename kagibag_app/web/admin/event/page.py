"""An event: its facts at the left, what it sells and gives back at the right; one under the other on a phone."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.event.dialogs import dialogs
from kagibag_app.web.admin.event.display import TypeItem
from kagibag_app.web.admin.event.state import EventState
from kagibag_app.web.admin.events import fields
from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.policy.display import ExampleRow
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import button, icon_button, link, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.shell import crumbs, page_head
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.statuses import EVENT, SALE
from kagibag_app.web.components.table import cell, column, row, scroll_region, table
from kagibag_app.web.components.values import each, when

_S = EventState
_FACE = EventState.face
_FORM = EventState.form


def page() -> rx.Component:
    """The whole screen."""
    missing = empty("calendar-days", "No such event", "It may belong to another organization.")
    return workspace(
        crumbs(link("Events", "/admin/events"), _FACE.title),
        page_head(
            rx.cond(_FACE.title, _FACE.title, "Event"),
            when(_FACE.status, badge_for(_FACE.status, EVENT)),
            acts=_acts(),
        ),
        rx.match(_S.phase, ("shown", _shown()), ("missing", missing), skeleton_page("Loading the event")),
        dialogs(),
        active="events",
        counts=_S.counts,
        refresh=_S.refresh,
    )


def _acts() -> rx.Component:
    return rx.fragment(
        when(_FACE.page, link_button("Its page", _FACE.page, icon="arrow-up-right")),
        when(
            _S.refunds_orders & _FACE.cancelled,
            button("Refund its orders", on_click=_S.refund_orders, icon="undo-2", once=True),
        ),
        when(
            _S.manages & _FACE.open,
            button("Cancel event", on_click=_S.ask("cancel"), kind="danger-quiet"),
        ),
        when(_S.manages & _FACE.draft, button("Publish", on_click=_S.ask("publish"), kind="primary")),
    )


def _shown() -> rx.Component:
    sells = rx.el.div(
        rx.el.div(
            rx.el.h2("Ticket types"),
            when(
                _S.manages & _FACE.open,
                button("Add ticket type", on_click=_S.edit(""), icon="plus", size="s", class_name="push"),
            ),
            class_name="row",
        ),
        _types(),
        rx.el.h2("Refund policy"),
        rx.el.p(_S.sentence, class_name="quote"),
        _example(),
        when(_S.manages, link("Change the policy", _S.policy_path)),
        class_name="stack-m",
    )
    return rx.fragment(
        rx.el.p(_FACE.when, class_name="mute"),
        rx.el.div(when(_S.manages & _FACE.open, _form(), _facts()), sells, class_name="policy-columns"),
    )


def _form() -> rx.Component:
    errors = _S.errors
    fixed = rx.cond(_FACE.draft, False, True)
    return rx.el.form(
        fields.name_fields(errors, title=_FORM.title, slug=_FORM.slug, fixed=fixed),
        fields.place_fields(errors, venue=_FORM.venue, address=_FORM.address),
        fields.time_fields(
            errors, _S.zones, zone=_FORM.zone, starts=_FORM.starts_at, ends=_FORM.ends_at, doors=_FORM.doors_at
        ),
        fields.currency_field(errors, _S.currencies, currency=_FORM.currency, fixed=fixed),
        fields.summary_field(errors, summary=_FORM.summary),
        rx.el.div(when(errors["other"], callout(errors["other"], tone="bad")), role="alert"),
        rx.el.div(button("Save event", submit=True, once=True)),
        on_submit=_S.save,
        id="event",
        key=_FORM.round,
        class_name="stack-m policy-form",
    )  # fmt: skip


def _facts() -> rx.Component:
    return rx.el.div(
        rx.el.p(_FORM.venue, class_name="med"),
        when(_FORM.address, rx.el.p(_FORM.address)),
        when(_FORM.summary, rx.el.p(_FORM.summary)),
        class_name="stack-s",
    )


def _types() -> rx.Component:
    heads = [
        column("Ticket type"),
        column("Price", numeric=True),
        column("Sold", numeric=True),
        column("Sale", class_name="hide-s"),
        column(rx.el.span("Order and change", class_name="vh")),
    ]
    none = empty(
        "ticket",
        "No ticket types yet",
        "A ticket type has a name, a price, how many there are and when it is on sale. An event needs one to be published.",
    )
    listed = scroll_region("Ticket types", table(heads, each(_S.types, _type), caption="Ticket types"))
    return when(_S.types, listed, none)


def _type(item: TypeItem) -> rx.Component:
    change = rx.el.span(
        icon_button(
            "chevron-up", rx.Var.create(f"{item.name} earlier"), on_click=_S.move(item.id, True), size="s"
        ),
        icon_button(
            "chevron-down", rx.Var.create(f"{item.name} later"), on_click=_S.move(item.id, False), size="s"
        ),
        icon_button("pencil", rx.Var.create(f"Change {item.name}"), on_click=_S.edit(item.id), size="s"),
        class_name="row row-tight",
    )
    return row(
        cell(
            rx.el.span(item.name, class_name="med"),
            when(item.window, rx.el.div(item.window, class_name="mute cap")),
            rx.el.div(badge_for(item.sale, SALE), class_name="only-s"),
        ),
        cell(item.price, numeric=True),
        cell(item.sold, when(item.held, rx.el.div(item.held, class_name="mute cap")), numeric=True),
        cell(badge_for(item.sale, SALE), class_name="hide-s"),
        cell(when(_S.manages & _FACE.open, change)),
        key=item.id,
    )


def _example() -> rx.Component:
    def line(shown: ExampleRow) -> rx.Component:
        return row(
            cell(shown.when),
            cell(shown.back, numeric=True),
            cell(shown.who, class_name="mute"),
            key=shown.when,
        )

    heads = [column("Asked"), column("Back", numeric=True), column("Then")]
    return rx.el.div(
        rx.el.p(_S.example_title, class_name="mute small"),
        table(heads, each(_S.example, line), caption="A worked example of the refund policy"),
    )
