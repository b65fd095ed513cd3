"""What a part accepts, and how it copes with a value that is known only in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias, TypeVar, cast

import reflex as rx

Text: TypeAlias = str | rx.Var[str] | rx.Var[Any]
Flag: TypeAlias = bool | rx.Var[bool] | rx.Var[Any]
Number: TypeAlias = int | rx.Var[int] | rx.Var[Any]
Content: TypeAlias = "rx.Component | str | rx.Var[Any] | None"
Handler: TypeAlias = Any
"""An event handler, an event spec, or a list of them: whatever Reflex accepts for an ``on_...`` property."""

Tone: TypeAlias = Literal["neutral", "progress", "good", "attention", "bad"]

Row = TypeVar("Row")
Rows: TypeAlias = Sequence[Row] | rx.Var[Any]


def when(
    condition: Flag | Text | Number | Sequence[Any], shown: Content, otherwise: Content = None
) -> rx.Component:
    """Show a part if the condition holds: decided now for a Python value, in the browser for a Var.

    An empty string, an empty list and zero count as false in both.
    """
    if isinstance(condition, rx.Var):
        return cast("rx.Component", rx.cond(condition, _component(shown), _component(otherwise)))
    return _component(shown if condition else otherwise)


def choose(condition: Flag | Text, yes: str, no: str) -> Text:
    """One of two words, for an attribute such as ``aria-invalid``."""
    if isinstance(condition, rx.Var):
        return rx.cond(condition, yes, no)
    return yes if condition else no


def each(rows: Rows[Row], render: Callable[[Row], rx.Component]) -> rx.Component:
    """Render every row of a plain sequence or of a Var."""
    if isinstance(rows, rx.Var):
        return rx.foreach(rows, cast("Callable[..., rx.Component]", render))
    return rx.fragment(*(render(row) for row in rows))


def classes(*names: str) -> str:
    """Class names joined, empty ones left out."""
    return " ".join(name for name in names if name)


def _component(content: Content) -> rx.Component:
    if isinstance(content, rx.Component):
        return content
    return rx.fragment() if content is None else rx.fragment(content)
