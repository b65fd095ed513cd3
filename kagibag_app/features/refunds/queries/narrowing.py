"""Conditions of the queue's filters, each a part of a statement about requests."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.rules.queue import QueueFilter, RequestWarning
from kagibag_app.features.refunds.tables import RefundRequest, RefundRequestTicket
from kagibag_app.kit.money import CURRENCIES

Condition = sa.ColumnElement[bool]

_UNIT = sa.case(
    {code: 10**known.exponent for code, known in CURRENCIES.items()}, value=col(RefundRequest.currency), else_=100
)  # fmt: skip


def shown_minor() -> sa.ColumnElement[int]:
    """Return what the queue shows as a request's amount: what was approved, else what was asked."""
    return sa.func.coalesce(col(RefundRequest.approved_minor), col(RefundRequest.amount_minor))


def conditions(wanted: QueueFilter, now: datetime) -> list[Condition]:
    """Return what a request has to fulfil.

    Args:
        now: UTC; ages count from it.
    """
    found: list[Condition] = []
    if wanted.event:
        found.append(_of_order(col(Event.public_id) == wanted.event))
    if wanted.days:
        found.append(col(RefundRequest.created_at) <= now - timedelta(days=wanted.days))
    if wanted.amount:
        found.append(shown_minor() >= wanted.amount * _UNIT)
    if wanted.warning in set(RequestWarning):
        found.append(warned(RequestWarning(wanted.warning), now))
    return found


def warned(warning: RequestWarning, now: datetime) -> Condition:
    """Return the condition that a request has a warning."""
    if warning is RequestWarning.EVENT_OVER:
        return _of_order(col(Event.starts_at) <= now)
    if warning is RequestWarning.DISPUTED:
        return sa.exists().where(
            col(Payment.order_id) == col(RefundRequest.order_id), col(Payment.open_chargeback)
        )
    if warning is RequestWarning.CHECKED_IN:
        return sa.exists().where(
            col(RefundRequestTicket.request_id) == col(RefundRequest.id),
            col(Ticket.id) == col(RefundRequestTicket.ticket_id),
            col(Ticket.status) == TicketStatus.CHECKED_IN,
        )
    earlier = aliased(RefundRequest)
    return sa.and_(
        col(RefundRequest.made_by_id).is_(None),
        sa.exists().where(
            col(earlier.order_id) == col(RefundRequest.order_id),
            col(earlier.id) < col(RefundRequest.id),
            col(earlier.made_by_id).is_(None),
        ),
    )


def _of_order(condition: Condition) -> Condition:
    return sa.exists().where(
        col(Order.id) == col(RefundRequest.order_id), col(Event.id) == col(Order.event_id), condition
    )
