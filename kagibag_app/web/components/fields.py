"""Fields with their label, hint and error. A placeholder never stands in for a label."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.values import (
    Content,
    Handler,
    Number,
    Rows,
    Text,
    choose,
    classes,
    each,
    when,
)


def field(
    control: rx.Component, label: Text, *, id: Text, hint: Text = "", error: Text = "", remark: str = ""
) -> rx.Component:
    """A control under its label.

    Args:
        control: The element one types in; it carries ``id`` and ``described_by(id, ...)``.
        label: What to enter.
        id: The element's id.
        hint: Below the control; hidden while there is an error.
        error: What is wrong and what to do. Announced when it appears.
        remark: A quiet word after the label: "optional", "private".
    """
    quiet = rx.el.span(" ", remark, class_name="mute regular") if remark else rx.fragment()
    return rx.el.div(
        rx.el.label(label, quiet, html_for=id, class_name="label"),
        control,
        rx.el.div(
            when(
                error,
                rx.el.span(icon("circle-alert", 14), rx.el.span(error), class_name="error"),
                when(hint, rx.el.span(hint, class_name="hint")),
            ),
            id=f"{id}-about",
            aria_live="polite",
            class_name="" if _may_show(hint, error) else "vh",
        ),
        class_name="field",
    )


def _may_show(hint: Text, error: Text) -> bool:
    return any(isinstance(text, rx.Var) or text for text in (hint, error))


def described_by(id: Text, error: Text) -> dict[str, Any]:
    """The attributes that tie a control to its hint and error."""
    attributes: dict[str, Any] = {"id": id, "aria_describedby": f"{id}-about"}
    if isinstance(error, rx.Var) or error:
        attributes["aria_invalid"] = choose(error, "true", "false")
    return attributes


def text_field(
    label: Text,
    *,
    name: str,
    id: str = "",
    hint: Text = "",
    error: Text = "",
    remark: str = "",
    on_change: Handler = None,
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """One line of text.

    ``props`` go to the input: value, default_value, type, auto_complete, required, max_length, placeholder.
    """
    id = id or name
    if on_change is not None:
        props["on_change"] = on_change
    control = rx.el.input(
        name=name, class_name=classes("input", class_name), **described_by(id, error), **props
    )
    return field(control, label, id=id, hint=hint, error=error, remark=remark)


def text_area(
    label: Text,
    *,
    name: str,
    id: str = "",
    hint: Text = "",
    error: Text = "",
    remark: str = "",
    rows: int = 3,
    on_change: Handler = None,
    **props: Any,
) -> rx.Component:
    """Several lines of text."""
    id = id or name
    if on_change is not None:
        props["on_change"] = on_change
    control = rx.el.textarea(name=name, rows=str(rows), class_name="area", **described_by(id, error), **props)
    return field(control, label, id=id, hint=hint, error=error, remark=remark)


def select_field(
    label: Text,
    options: Rows[tuple[str, str]],
    *,
    name: str,
    id: str = "",
    hint: Text = "",
    error: Text = "",
    remark: str = "",
    on_change: Handler = None,
    **props: Any,
) -> rx.Component:
    """A choice of one. ``options`` are (value, words) pairs, plain or as a Var of lists of two."""
    id = id or name
    if on_change is not None:
        props["on_change"] = on_change
    choices = each(options, lambda option: rx.el.option(option[1], value=option[0]))
    control = rx.el.select(choices, name=name, class_name="select", **described_by(id, error), **props)
    return field(control, label, id=id, hint=hint, error=error, remark=remark)


def amount_field(
    label: Text,
    symbol: Text,
    *,
    name: Text,
    id: Text | None = None,
    hint: Text = "",
    error: Text = "",
    on_change: Handler = None,
    **props: Any,
) -> rx.Component:
    """Money as a person types it, after the currency's symbol, right-aligned. The server parses it; nothing here is a number."""
    id = name if id is None else id
    if on_change is not None:
        props["on_change"] = on_change
    typed = rx.el.input(
        name=name, input_mode="decimal", auto_complete="off", **described_by(id, error), **props
    )
    return field(
        rx.el.span(rx.el.span(symbol, aria_hidden="true"), typed, class_name="amount"),
        label,
        id=id,
        hint=hint,
        error=error,
    )


def search_field(
    label: str,
    *,
    name: str = "q",
    placeholder: str = "",
    value: Text | None = None,
    on_change: Handler = None,
    **props: Any,
) -> rx.Component:
    """A search box that ``/`` jumps to. Its label is spoken; the placeholder only lists what it finds."""
    if value is not None:
        props["value"] = value
    if on_change is not None:
        props["on_change"] = on_change
    return rx.el.label(
        rx.el.span(label, class_name="vh"),
        icon("search", 14),
        rx.el.input(
            type="search",
            name=name,
            placeholder=placeholder,
            class_name="input",
            data_key="/",
            auto_complete="off",
            **props,
        ),
        rx.el.kbd("/", aria_hidden="true"),
        class_name="search",
    )


def checkbox(label: Content, *, name: Text = "", **props: Any) -> rx.Component:
    """A tick with its words. ``props`` go to the input: checked, default_checked, on_change, disabled."""
    if isinstance(name, rx.Var) or name:
        props["name"] = name
    return rx.el.label(rx.el.input(type="checkbox", **props), rx.el.span(label), class_name="check")


def radio(label: Content, *, name: str, value: str, **props: Any) -> rx.Component:
    """One of several; all of them share ``name``."""
    return rx.el.label(
        rx.el.input(type="radio", name=name, value=value, **props), rx.el.span(label), class_name="check"
    )


def tick(label: Text, **props: Any) -> rx.Component:
    """A tick inside a table row, whose words are elsewhere in the row; ``label`` is its name for screen readers."""
    return rx.el.input(type="checkbox", aria_label=label, class_name="tick", **props)


def pick(name: Content, code: Text, amount: Text, remark: Text, **props: Any) -> rx.Component:
    """One ticket to choose: its code, what it gives back and why. ``props`` go to the tick; wrap several in ``pick_list``."""
    about = rx.el.span(remark, class_name="mute small pick-remark")
    return rx.el.label(
        rx.el.input(type="checkbox", **props),
        rx.el.span(
            rx.el.span(name, class_name="med"), " ", rx.el.span(code, class_name="mono mute small"), about
        ),
        rx.el.span(amount, class_name="num"),
        class_name="pick",
    )


def pick_list(question: Text, *picks: rx.Component) -> rx.Component:
    """Tickets to choose from, under one question."""
    return rx.el.fieldset(rx.el.legend(question, class_name="label"), *picks)


def quantity(
    name: Text,
    value: Number,
    *,
    on_less: Handler,
    on_more: Handler,
    at_least: Any = False,
    at_most: Any = False,
) -> rx.Component:
    """Less, how many, more. ``at_least`` and ``at_most`` say that the end is reached."""

    def step(sign: str, word: str, handler: Handler, reached: Any) -> rx.Component:
        return rx.el.button(
            icon(sign),
            type="button",
            on_click=handler,
            disabled=reached,
            aria_label=rx.Var.create(f"One {name} {word}"),
            class_name="btn btn-secondary btn-icon",
        )

    return rx.el.span(
        step("minus", "less", on_less, at_least),
        rx.el.output(value, aria_label=rx.Var.create(f"{name}, quantity"), role="status"),
        step("plus", "more", on_more, at_most),
        class_name="stepper",
    )
