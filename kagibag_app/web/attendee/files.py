"""Where an order's documents are downloaded; an address is empty while there is no such file."""

from __future__ import annotations

from dataclasses import dataclass

from kagibag_app.features.orders.documents import why_no_receipt, why_no_tickets
from kagibag_app.features.orders.views import OrderView, TicketPage


@dataclass(frozen=True, slots=True)
class Files:
    """Paths that the browser itself follows."""

    receipt: str = ""
    tickets: str = ""
    calendar: str = ""


def order_files(order: OrderView, token: str) -> Files:
    """Return the files that an order's link opens."""
    base = f"/api/order/{token}"
    return Files(
        receipt=_unless(why_no_receipt(order), f"{base}/receipt.pdf"),
        tickets=_unless(why_no_tickets(order.status, order.event, order.tickets), f"{base}/tickets.pdf"),
        calendar=f"{base}/event.ics" if order.paid_at else "",
    )


def ticket_files(page: TicketPage, token: str) -> Files:
    """Return the files that a ticket's link opens."""
    base = f"/api/ticket/{token}"
    why = why_no_tickets(page.order_status, page.event, [page.ticket])
    return Files(tickets=_unless(why, f"{base}/ticket.pdf"), calendar=f"{base}/event.ics")


def member_files(order: OrderView) -> Files:
    """Return the files that members download."""
    base = f"/api/admin/orders/{order.number}"
    return Files(
        receipt=_unless(why_no_receipt(order), f"{base}/receipt.pdf"),
        tickets=_unless(why_no_tickets(order.status, order.event, order.tickets), f"{base}/tickets.pdf"),
    )


def _unless(why: str, path: str) -> str:
    return "" if why else path
