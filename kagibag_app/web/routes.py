"""Every page of the product, and how it is registered."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import reflex as rx

from kagibag_app.settings import Settings
from kagibag_app.web import not_found

PAGES = (
    "attendee.event",
    "attendee.checkout",
    "attendee.order",
    "attendee.ticket",
    "attendee.find_order",
    "admin.login",
    "admin.home",
    "admin.checkin",
    "admin.orders",
    "admin.order",
    "admin.refunds",
    "admin.policies",
    "admin.policy",
    "admin.bulk_refunds",
    "admin.bulk_refund",
    "admin.events",
    "admin.event",
    "admin.disputes",
    "admin.dispute",
    "admin.webhooks",
    "admin.messages",
    "admin.team",
    "admin.join",
)
FIRST_PATH = "/admin"
_NOT_INDEXED = {"name": "robots", "content": "noindex, nofollow"}
# A page reached by a secret link tells nobody its address. The organizer's pages must not say so: their native forms
# would then be sent without an Origin.
_NO_REFERRER = {"name": "referrer", "content": "no-referrer"}
# Nor its path, but the form on it needs an Origin.
_ORIGIN_ALONE = {"name": "referrer", "content": "strict-origin"}
_DESCRIPTION = "Tickets, orders and refunds."


def pages() -> list[ModuleType]:
    """Return the packages of the pages; each has ``ROUTE``, ``TITLE``, ``page`` and ``on_load``."""
    return [import_module(f"{__package__}.{name}") for name in PAGES]


def register(app: rx.App) -> None:
    """Add every page to the app."""
    for module in pages():
        app.add_page(
            module.page,
            route=module.ROUTE,
            title=f"{module.TITLE} · Kagibag",
            description=_DESCRIPTION,
            on_load=module.on_load,
            meta=meta_of(module.ROUTE),
        )
    if Settings().bench:
        # Imported here alone: its handlers exist only where they are measured.
        yardstick = import_module(f"{__package__}.yardstick")
        app.add_page(
            yardstick.page,
            route=yardstick.ROUTE,
            title=yardstick.TITLE,
            on_load=yardstick.YardstickState.load,
            meta=[_NOT_INDEXED],
        )
    app.add_page(
        not_found.page,
        route=not_found.ROUTE,
        title=f"{not_found.TITLE} · Kagibag",
        description=_DESCRIPTION,
        meta=[_NOT_INDEXED],
    )
    # Home asks for the login where it has to.
    app.add_page(rx.fragment, route="/", title="Kagibag", on_load=rx.redirect(FIRST_PATH), meta=meta_of("/"))


def meta_of(route: str) -> list[dict[str, str]]:
    """Return what the page's head tells search engines and browsers."""
    if route.startswith(("/order/", "/ticket/", "/checkout/")):
        return [_NOT_INDEXED, _NO_REFERRER]
    if route.startswith("/admin/join/"):
        return [_NOT_INDEXED, _ORIGIN_ALONE]
    return [_NOT_INDEXED] if route.startswith(("/admin", "/orders/")) else []
