"""Facts: a term and what it is."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.components.values import Content, Text, classes


def fact(term: Text, *value: Content, mono: bool = False) -> rx.Component:
    """One line of ``facts``. Wrap it in ``when`` to leave it out."""
    return rx.fragment(rx.el.dt(term), rx.el.dd(*value, class_name="mono" if mono else ""))


def facts(*lines: rx.Component, narrow: bool = False, wide: bool = False) -> rx.Component:
    """A list of facts.

    Args:
        *lines: From ``fact``.
        narrow: Shorter terms, for a rail.
        wide: Two facts beside each other where there is room.
    """
    return rx.el.dl(
        *lines, class_name=classes("facts", "facts-narrow" if narrow else "", "facts-wide" if wide else "")
    )


def code_block(text: Text, label: Text, **props: Any) -> rx.Component:
    """A payload, a log or a sample as it is, scrollable by keyboard."""
    return rx.el.pre(text, tab_index=0, role="region", aria_label=label, class_name="code", **props)
