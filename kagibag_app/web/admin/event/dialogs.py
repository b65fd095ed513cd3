"""The form of a ticket type, and what is asked before an event is published or cancelled."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.event.state import EventState
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.dialog import confirm_dialog, consequence, dialog
from kagibag_app.web.components.fields import text_field
from kagibag_app.web.components.values import Text, when

_S = EventState
_T = EventState.edited
_FORM = "ticket-type"


def dialogs() -> rx.Component:
    """All of them; at most one is open."""
    return rx.fragment(_type(), _publish(), _cancel())


def _type() -> rx.Component:
    removable = EventState.face.draft & (_T.id != "")
    return dialog(
        rx.cond(_T.id, "Change ticket type", "New ticket type"),
        _type_form(),
        open=_S.editing,
        on_open_change=_S.stop,
        footer=[
            when(removable, button("Remove", on_click=_S.remove, kind="danger-quiet", once=True)),
            button("Cancel", on_click=_S.stop(False)),
            button("Save ticket type", kind="primary", submit=True, form=_FORM, once=True),
        ],
        wide=True,
    )


def _type_form() -> rx.Component:
    errors = _S.type_errors

    def number(label: str, name: str, value: Text, hint: str = "") -> rx.Component:
        return text_field(
            label, name=name, default_value=value, input_mode="numeric", required=True, max_length=9, hint=hint,
            error=errors[name],
        )  # fmt: skip

    def moment(label: str, name: str, value: Text, hint: str) -> rx.Component:
        return text_field(
            label, name=name, type="datetime-local", default_value=value, remark="optional", hint=hint, error=errors[name]
        )  # fmt: skip

    return rx.el.form(
        text_field("Name", name="name", default_value=_T.name, required=True, max_length=60, error=errors["name"]),
        text_field(
            "What it includes", name="description", default_value=_T.description, max_length=200, remark="optional",
            error=errors["description"],
        ),
        rx.el.div(
            text_field(
                rx.Var.create(f"Price in {EventState.form.currency}"), name="price", default_value=_T.typed_price,
                input_mode="decimal", max_length=12, hint="0 is free. A new price is for new orders.", error=errors["price"],
            ),
            number("How many there are", "capacity", _T.capacity, "At least what is sold and held."),
            class_name="two-up",
        ),
        number("At most in one order", "per_order_limit", _T.per_order_limit),
        rx.el.div(
            moment("On sale from", "sales_start", _T.sales_start, "Empty: from publication. On the event's clocks."),
            moment("On sale until", "sales_end", _T.sales_end, "Empty: until the event is over."),
            class_name="two-up",
        ),
        rx.el.div(when(errors["other"], callout(errors["other"], tone="bad")), role="alert"),
        on_submit=_S.save_type,
        id=_FORM,
        class_name="stack",
    )  # fmt: skip


def _publish() -> rx.Component:
    return confirm_dialog(
        rx.fragment("Publish ", EventState.face.title, "?"),
        open=_S.asking == "publish",
        consequences=[
            consequence(
                "globe", "Its page can be seen by everybody, and tickets on sale can be bought at once."
            ),
            consequence("lock", "Its address and its currency stay as they are from then on."),
        ],
        act="Publish",
        on_act=_S.answer,
        on_close=_S.stop,
        safe="Keep as draft",
        error=_S.ask_error,
    )


def _cancel() -> rx.Component:
    return confirm_dialog(
        rx.fragment("Cancel ", EventState.face.title, "?"),
        open=_S.asking == "cancel",
        consequences=[
            consequence("ban", "Nothing more is sold, and its page says that the event is cancelled."),
            consequence("clock", "Orders that are being paid at this moment may still be completed."),
            consequence(
                "ticket", "The ", EventState.face.sold, " tickets that are sold stay as they are; nobody is mailed."
            ),
            consequence("undo-2", "Nothing is refunded by this. “Refund its orders” then shows what a bulk refund would do."),
        ],
        act="Cancel the event",
        on_act=_S.answer,
        on_close=_S.stop,
        safe="Keep the event",
        kind="danger",
        warning="A cancelled event can't be published again.",
        error=_S.ask_error,
    )  # fmt: skip
