"""What the outside world and the mails are told of an order: plain JSON."""

from __future__ import annotations

from typing import Any

from kagibag_app.features.orders.views import OrderView
from kagibag_app.kit.money import currency


def order_paid(order: OrderView) -> dict[str, Any]:
    """Return the ``data`` of the webhook ``order.paid``.

    Amounts are integers in minor units of ``currency``; ``amount_exponent`` says how many decimals it has.
    Times are ISO 8601 in UTC. No access link is in it: who reads the webhook may not open the order.

    Source: the product brief, "Webhook notifications".
    """
    return {
        "number": order.number,
        "status": order.status,
        "buyer": {"name": order.buyer_name, "email": order.buyer_email},
        "event": {
            "id": order.event.id,
            "title": order.event.title,
            "starts_at": order.event.starts_at,
            "zone": order.event.zone,
            "venue": order.event.venue,
        },
        "currency": order.currency,
        "amount_exponent": currency(order.currency).exponent,
        "lines": [
            {
                "id": line.id,
                "ticket_type": line.name,
                "list": line.list_minor,
                "discount": line.discount_minor,
                "net": line.net_minor,
            }
            for line in order.lines
        ],
        "discount": _discount(order),
        "subtotal": order.subtotal_minor,
        "discount_total": order.discount_minor,
        "total": order.total_minor,
        "source": order.source,
        "paid_at": order.paid_at,
        "tickets": [
            {"id": ticket.id, "code": ticket.code, "status": ticket.status, "line_id": ticket.line_id}
            for ticket in order.tickets
        ],
    }


def mail_card(order: OrderView, *, link_version: int) -> dict[str, Any]:
    """Return what every mail about an order shows; links are derived when it is rendered.

    Args:
        link_version: The order's, so that a mail's links die with it.
    """
    return {
        "number": order.number,
        "public_id": order.id,
        "link_version": link_version,
        "event_title": order.event.title,
        "event_slug": order.event.slug,
        "starts_at": order.event.starts_at,
        "ends_at": order.event.ends_at,
        "doors_at": order.event.doors_at or None,
        "zone": order.event.zone,
        "venue": order.event.venue,
        "address": order.event.address,
        "organizer_name": order.event.organizer_name,
        "buyer_name": order.buyer_name,
        "buyer_email": order.buyer_email,
        "currency": order.currency,
        "locale": order.locale,
        "lines": [
            {"name": g.name, "quantity": g.quantity, "amount_minor": g.amount_minor} for g in order.groups
        ],
        "subtotal_minor": order.subtotal_minor,
        "discount_minor": order.discount_minor,
        "discount_code": order.discount_code,
        "total_minor": order.total_minor,
        "tickets": [{"code": t.code, "type_name": t.type_name, "public_id": t.id} for t in order.tickets],
    }


def _discount(order: OrderView) -> dict[str, Any] | None:
    if not order.discount_code:
        return None
    return {
        "code": order.discount_code,
        "kind": order.discount_kind,
        "value": order.discount_value,
        "amount": order.discount_minor,
    }
