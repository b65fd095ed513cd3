"""The Reflex entry: pages, HTTP routes and what runs beside them."""

from __future__ import annotations

import reflex as rx
from reflex.utils.prerequisites import get_web_dir
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from kagibag_app.frontend import content_security_policy
from kagibag_app.settings import Settings
from kagibag_app.web import process, routes
from kagibag_app.web.api import ROUTES
from kagibag_app.web.components.app_frame import app_arguments
from kagibag_app.web.security import Security
from kagibag_app.web.session import TabGuard, is_member, unexpected


def surrounded(pages: ASGIApp) -> ASGIApp:
    """Put our HTTP routes before the pages, and the guard of both around them."""
    everything = Starlette(routes=[*ROUTES, Mount("", app=pages)])
    policy = content_security_policy(get_web_dir())
    return Security(everything, settings=Settings(), policy=policy, is_member=is_member)


app = rx.App(**app_arguments(), api_transformer=surrounded, backend_exception_handler=unexpected)
app.add_middleware(TabGuard())
routes.register(app)
app.register_lifespan_task(process.running)
