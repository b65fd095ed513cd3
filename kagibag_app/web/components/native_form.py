"""A form that the browser itself sends."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx
from reflex_components_core.el.element import Element


class NativeForm(Element):
    """A plain ``form`` element.

    ``rx.el.form`` always cancels the browser's own submit; logging in and out must set and clear an HttpOnly cookie, which only a
    real HTTP response can do.
    """

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]


def native_form(
    *children: rx.Component, action: str, method: Literal["post", "get"] = "post", **props: Any
) -> rx.Component:
    """A form that posts its named fields to ``action`` and follows the answer."""
    return NativeForm.create(*children, action=action, method=method, **props)
