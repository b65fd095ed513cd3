"""The menus in the list's head: how it is sorted, and the member's saved views."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.choices import Choice, choice
from kagibag_app.web.admin.orders.saved_views import SavedViewsState, View
from kagibag_app.web.admin.orders.state import OrdersState
from kagibag_app.web.components.buttons import button, icon_button, swift_link
from kagibag_app.web.components.dialog import consequence, dialog
from kagibag_app.web.components.fields import text_field
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.values import choose, each, when

_RENAME = "rename-view"
ALL = Choice("All orders", "/admin/orders")


def sort_menu() -> rx.Component:
    """How the list is sorted: on a phone there are no column heads to press."""
    return rx.el.details(
        rx.el.summary(
            rx.el.span("Sort: ", class_name="vh"),
            OrdersState.bar.sort,
            icon("arrow-down-wide-narrow", 14),
            class_name="btn btn-quiet",
        ),
        rx.el.div(rx.el.div(each(OrdersState.sorts, choice), class_name="choices"), class_name="pop"),
        class_name="menu",
    )


def views_menu() -> rx.Component:
    """The saved views, the one that the list shows first in sight, and the place to save another."""
    state = SavedViewsState
    shown = rx.cond(state.active, state.active, rx.cond(state.may_save, "Views", ALL.label))
    return rx.el.details(
        rx.el.summary(
            icon("bookmark", 14),
            rx.el.span("Saved views: ", class_name="vh"),
            rx.el.span(shown, class_name="trunc view-name"),
            icon("chevron-down", 14),
            class_name="btn btn-secondary",
        ),
        rx.el.div(
            rx.el.div(choice(ALL), each(state.views, _view), class_name="choices"),
            when(state.may_save, _save(), when(state.active, None, _how())),
            class_name="pop views",
        ),
        class_name="menu",
    )


def view_dialogs() -> rx.Component:
    """What is asked before a view changes its name or goes."""
    state = SavedViewsState
    name = text_field(
        "Name",
        name="new_name",
        default_value=state.chosen.name,
        max_length=60,
        required=True,
        auto_complete="off",
        error=state.name_error,
    )
    return rx.fragment(
        dialog(
            "Rename the view",
            rx.el.form(name, on_submit=state.rename_view, id=_RENAME),
            open=state.asked == "rename",
            on_open_change=state.close_dialog,
            footer=[_cancel(), button("Rename", kind="primary", submit=True, form=_RENAME)],
        ),
        dialog(
            rx.fragment("Delete the view “", state.chosen.name, "”?"),
            rx.el.ul(
                consequence("bookmark-x", "The name leaves your menu; nobody else sees your views."),
                consequence("receipt-text", "No order changes."),
                class_name="consequences",
            ),
            open=state.asked == "delete",
            on_open_change=state.close_dialog,
            footer=[_cancel(), button("Delete view", kind="danger", on_click=state.delete_view, once=True)],
            alert=True,
        ),
    )


def _view(view: View) -> rx.Component:
    state = SavedViewsState
    return rx.el.div(
        swift_link(
            rx.el.span(view.name, class_name="trunc"),
            view.href,
            aria_current=choose(view.current, "true", "false"),
            class_name="choice",
        ),
        icon_button(
            "pencil", _about("Rename", view), on_click=state.ask_rename(view.id), kind="quiet", size="s"
        ),
        icon_button(
            "trash-2", _about("Delete", view), on_click=state.ask_delete(view.id), kind="quiet", size="s"
        ),
        class_name="row row-tight",
        key=view.id,
    )


def _about(act: str, view: View) -> rx.Var[str]:
    return rx.Var.create(f"{act} {view.name}")


def _save() -> rx.Component:
    typed = text_field(
        "Save this view as",
        name="view",
        max_length=60,
        required=True,
        auto_complete="off",
        error=SavedViewsState.name_error,
    )
    return rx.el.form(
        typed,
        button("Save view", submit=True),
        on_submit=SavedViewsState.save_view,
        class_name="stack-s choice-form",
        key=SavedViewsState.name_round,
    )


def _how() -> rx.Component:
    return rx.el.p(
        "Filter, search or sort the list, then save it here under a name.", class_name="hint choice-form"
    )


def _cancel() -> rx.Component:
    return button("Cancel", on_click=SavedViewsState.close_dialog(False))
