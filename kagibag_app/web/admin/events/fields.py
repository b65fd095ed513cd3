"""The fields of an event, as the list's form and the event's own screen have them."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.components.fields import select_field, text_area, text_field
from kagibag_app.web.components.values import Flag, Rows, Text


def name_fields(errors: Any, *, title: Text = "", slug: Text = "", fixed: Flag = False) -> rx.Component:
    """What it is called, and where its page is.

    Args:
        errors: A Var of sentences by field.
        fixed: The address does not change any more.
    """
    return rx.fragment(
        text_field(
            "Title", name="title", default_value=title, required=True, max_length=120, error=errors["title"]
        ),
        text_field(
            "Address of its page",
            name="slug",
            default_value=slug,
            required=True,
            max_length=80,
            read_only=fixed,
            auto_complete="off",
            placeholder="spring-fair",
            hint="Buyers find it below /e/. It stays as it is once the event is published.",
            error=errors["slug"],
        ),
    )


def time_fields(
    errors: Any, zones: Rows[tuple[str, str]], *, zone: Text, starts: Text = "", ends: Text = "", doors: Text = ""
) -> rx.Component:  # fmt: skip
    """When it is, on which clocks."""

    def moment(label: str, name: str, value: Text, **more: Any) -> rx.Component:
        return text_field(
            label, name=name, type="datetime-local", default_value=value, error=errors[name], **more
        )

    return rx.fragment(
        select_field(
            "Time zone",
            zones,
            name="zone",
            default_value=zone,
            hint="All times of the event are on the clocks of this zone.",
            error=errors["zone"],
        ),
        rx.el.div(
            moment("Starts", "starts_at", starts, required=True),
            moment("Ends", "ends_at", ends, required=True),
            class_name="two-up",
        ),
        moment("Doors", "doors_at", doors, remark="optional"),
    )


def place_fields(errors: Any, *, venue: Text = "", address: Text = "") -> rx.Component:
    """Where it is."""
    return rx.fragment(
        text_field(
            "Venue", name="venue", default_value=venue, required=True, max_length=120, error=errors["venue"]
        ),
        text_field(
            "Street and town",
            name="address",
            default_value=address,
            max_length=200,
            remark="optional",
            error=errors["address"],
        ),
    )


def summary_field(errors: Any, *, summary: Text = "") -> rx.Component:
    """What buyers read about it."""
    return text_area(
        "About it",
        name="summary",
        default_value=summary,
        max_length=2000,
        remark="optional",
        error=errors["summary"],
    )


def currency_field(
    errors: Any, currencies: Rows[tuple[str, str]], *, currency: Text, fixed: Flag = False
) -> rx.Component:
    """What its prices are in."""
    return select_field(
        "Currency",
        currencies,
        name="currency",
        default_value=currency,
        disabled=fixed,
        hint="It stays as it is once the event is published.",
        error=errors["currency"],
    )
