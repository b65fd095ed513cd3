"""Begins a bulk refund: its preview, which moves no money."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.features.bulk_refunds import service as bulk
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.kit.actor import Actor
from kagibag_app.web.admin.bulk_refunds.rows import run_path
from kagibag_app.web.runtime import runtime


async def begin(actor: Actor, chosen: OrderFilter) -> Any:
    """Ask for a preview of what a filter shows and go where it will be."""
    run = await runtime().store.run(lambda tx: bulk.prepare_run(tx, actor, chosen=chosen))
    return rx.redirect(run_path(run))
