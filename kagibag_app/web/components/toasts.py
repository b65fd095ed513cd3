"""Short answers after an act; the page itself always shows the result as well."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx
from reflex_components_sonner.toast import ToastAction, Toaster, ToastProps

_SECONDS = 7


def toaster() -> rx.Component:
    """The place where toasts show: our own look, at the top, where no decision bar or pay bar is covered."""
    looks: dict[str, Any] = {
        "component_name": "toaster",
        "unstyled": True,
        "class_name": "toast",
        "duration": _SECONDS * 1000,
    }
    options = ToastProps(**looks)
    return Toaster.create(
        position="top-center", rich_colors=False, expand=False, close_button=True, toast_options=options
    )


def notify(
    title: str,
    detail: str = "",
    *,
    tone: Literal["success", "error", "warning", "info"] = "success",
    lead: tuple[str, rx.event.EventSpec] | None = None,
) -> rx.event.EventSpec:
    """The event that shows a toast: return or yield it from a handler.

    Args:
        title: What happened, with its amount: "$33.70 sent to Stripe".
        detail: For whom, or what to do next.
        tone: The colour of its edge; an error stays longer.
        lead: A button that leads to the result: its words, and the event that goes there.
    """
    show = {
        "success": rx.toast.success,
        "error": rx.toast.error,
        "warning": rx.toast.warning,
        "info": rx.toast.info,
    }[tone]
    seconds = _SECONDS * 2 if tone == "error" else _SECONDS
    more = {"action": ToastAction(lead[0], lead[1])} if lead else {}
    return show(title, description=detail, duration=seconds * 1000, **more)
