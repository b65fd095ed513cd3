"""An order's documents: receipt, tickets and calendar file, for whoever holds its link and for members who may see orders.

The link in the address is checked as the pages check it. Drawing a file takes a processor for a tenth of a second or more:
it runs in a thread, two at a time, and is limited.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import wraps

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kagibag_app.features.accounts import queries as account_queries
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.orders import documents
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.documents import ReceiptMoney, ReceiptRefund
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.orders.views import OrderEvent, OrderView, TicketPage, TicketView
from kagibag_app.features.payments import queries as payments
from kagibag_app.features.refunds import queries as refunds
from kagibag_app.features.refunds.rules import ACCEPTED, RefundSource, RefundStatus
from kagibag_app.kit.errors import NotFound
from kagibag_app.web.api.answers import Instead, answer_page
from kagibag_app.web.api.members import address, member
from kagibag_app.web.attendee.links import ORDER_PREFIX, TICKET_PREFIX, order_of_link, ticket_of_link
from kagibag_app.web.limits import Limit, TooMany, rate_limits
from kagibag_app.web.runtime import runtime

PDF, CALENDAR = "application/pdf", "text/calendar; charset=utf-8"

_TOKEN, _NUMBER = re.compile(r"[\w.-]{1,200}", re.ASCII), re.compile(r"[0-9A-Z-]{1,40}")
# However many ask at once, one processor is left for everybody else.
_drawing = asyncio.Semaphore(2)

Handler = Callable[[Request], Awaitable[Response]]


def _limited(handler: Handler) -> Handler:
    """Count the request, and turn what was raised into a page."""

    @wraps(handler)
    async def answered(request: Request) -> Response:
        try:
            await rate_limits().spend(Limit.DOCUMENT_ADDRESS, address(request))
            return await handler(request)
        except TooMany:
            return answer_page(
                429,
                "Too many files in a short time",
                "Nothing is lost. Please wait a minute and try again.",
                action=("Find my order", "/orders/find"),
                headers={"Retry-After": "60"},
            )
        except Instead as other:
            return other.answer

    return answered


@_limited
async def order_receipt(request: Request) -> Response:
    """``GET /api/order/{token}/receipt.pdf``."""
    async with runtime().store.read() as session:
        order = await _order(session, request)
        view = await orders.order_view(session, order)
    return await _receipt(order, view, page=ORDER_PREFIX + _token(request))


@_limited
async def order_tickets(request: Request) -> Response:
    """``GET /api/order/{token}/tickets.pdf``."""
    async with runtime().store.read() as session:
        order = await _order(session, request)
        view = await orders.order_view(session, order)
    return await _tickets(view, page=ORDER_PREFIX + _token(request))


@_limited
async def order_calendar(request: Request) -> Response:
    """``GET /api/order/{token}/event.ics``."""
    async with runtime().store.read() as session:
        order = await _order(session, request)
        view = await orders.order_view(session, order)
    return _calendar(order, view.event, view.tickets, page=ORDER_PREFIX + _token(request))


@_limited
async def ticket_alone(request: Request) -> Response:
    """``GET /api/ticket/{token}/ticket.pdf``."""
    order, page = await _ticket(request)
    why = documents.why_no_tickets(page.order_status, page.event, [page.ticket])
    _unless(why, TICKET_PREFIX + _token(request))
    await rate_limits().spend(Limit.DOCUMENT_ORDER, order.public_id)
    name = f"ticket-{order.number}-{page.ticket.position}.pdf"
    return await _drawn(name, lambda: documents.ticket_pdf(page, made_at=runtime().clock.now()))


@_limited
async def ticket_calendar(request: Request) -> Response:
    """``GET /api/ticket/{token}/event.ics``."""
    order, page = await _ticket(request)
    return _calendar(order, page.event, [page.ticket], page=TICKET_PREFIX + _token(request))


@_limited
async def member_receipt(request: Request) -> Response:
    """``GET /api/admin/orders/{number}/receipt.pdf``: who may not read addresses gets a masked one."""
    order, view, page = await _members_order(request)
    return await _receipt(order, view, page=page)


@_limited
async def member_tickets(request: Request) -> Response:
    """``GET /api/admin/orders/{number}/tickets.pdf``."""
    _, view, page = await _members_order(request)
    return await _tickets(view, page=page)


def _token(request: Request) -> str:
    """Return the link's token: a claim of the shape that tokens have."""
    token = request.path_params["token"]
    if not _TOKEN.fullmatch(token):
        raise Instead(_dead_link())
    return token


async def _order(session: AsyncSession, request: Request) -> Order:
    order = await order_of_link(session, _token(request))
    if order is None:
        raise Instead(_dead_link())
    return order


async def _ticket(request: Request) -> tuple[Order, TicketPage]:
    async with runtime().store.read() as session:
        ticket_id = await ticket_of_link(session, _token(request))
        order = await orders.ticket_order(session, ticket_id) if ticket_id else None
        if order is None:
            raise Instead(_dead_link())
        return order, await orders.ticket_page(session, ticket_id)


async def _members_order(request: Request) -> tuple[Order, OrderView, str]:
    """Return an order of the member's organization, and the path of its page."""
    number = request.path_params["number"].upper()
    page = f"/admin/orders/{number}"
    view = await member(request, Action.VIEW_ORDERS, page=page)
    if not _NUMBER.fullmatch(number):
        raise Instead(_no_order())
    async with runtime().store.read() as session:
        try:
            order = await orders.organizer_order(session, view.organizer_id, number)
        except NotFound:
            raise Instead(_no_order()) from None
        shown = await orders.order_view(session, order, show_emails=allowed(view.role, Action.VIEW_EMAILS))
    return order, shown, page


async def _receipt(order: Order, view: OrderView, *, page: str) -> Response:
    _unless(documents.why_no_receipt(view), page)
    await rate_limits().spend(Limit.DOCUMENT_ORDER, order.public_id)
    async with runtime().store.read() as session:
        organizer = await account_queries.system_organizer(session, order.organizer_id)
        money = await _money(session, order)
    zone = organizer.zone if organizer else view.event.zone
    now = runtime().clock.now()
    return await _drawn(
        f"receipt-{view.number}.pdf",
        lambda: documents.receipt_pdf(view, money, organizer_zone=zone, made_at=now),
    )


async def _money(session: AsyncSession, order: Order) -> ReceiptMoney:
    """Return how the order was paid and the refunds that Stripe has accepted, oldest first.

    A late payment that went back never belonged to the order.
    """
    payment = await payments.payment_of_order(session, order.organizer_id, order.id)
    found = await refunds.refunds_of_order(session, order.organizer_id, order.id)
    return ReceiptMoney(
        method=payment.method if payment else "",
        refunds=[
            ReceiptRefund(
                at=row.settled_at or row.accepted_at or row.created_at,
                amount_minor=row.amount_minor,
                done=row.status == RefundStatus.SUCCEEDED,
            )
            for row in reversed(found.refunds)
            if row.status in ACCEPTED and row.source != RefundSource.LATE_PAYMENT
        ],
    )


async def _tickets(view: OrderView, *, page: str) -> Response:
    _unless(documents.why_no_tickets(view.status, view.event, view.tickets), page)
    await rate_limits().spend(Limit.DOCUMENT_ORDER, view.id)
    now = runtime().clock.now()
    return await _drawn(f"tickets-{view.number}.pdf", lambda: documents.tickets_pdf(view, made_at=now))


def _calendar(order: Order, event: OrderEvent, tickets: list[TicketView], *, page: str) -> Response:
    if not order.paid_at:
        _unless("This order is not paid, so there is nothing to put into a calendar yet.", page)
    content = documents.calendar(
        event,
        order_number=order.number,
        sequence=order.version,
        cancelled=bool(documents.why_no_tickets(order.status, event, tickets)),
        page=f"{runtime().settings.base_url}/e/{event.slug}",
        made_at=runtime().clock.now(),
    )
    return _file(f"{order.number}.ics", CALENDAR, content)


async def _drawn(name: str, draw: Callable[[], bytes]) -> Response:
    async with _drawing:
        return _file(name, PDF, await asyncio.to_thread(draw))


def _file(name: str, media_type: str, content: bytes) -> Response:
    """Return a file under a name that is made here, from nothing that anybody typed."""
    disposition = f'attachment; filename="{name}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})


def _unless(why: str, page: str) -> None:
    """Answer with a reason why there is no file, unless there is none.

    Raises:
        Instead: There is one.
    """
    if why:
        raise Instead(
            answer_page(409, "There is no file to download", why, action=("Back to the order", page))
        )


def _no_order() -> Response:
    text = "It may be mistyped, or belong to another organization."
    return answer_page(404, "No such order", text, action=("All orders", "/admin/orders"))


def _dead_link() -> Response:
    return answer_page(
        404,
        "This link doesn't open anything",
        "It may be cut short, or an older one that a newer mail replaced. Your tickets are safe: "
        "have a fresh link sent to the email address you ordered with.",
        action=("Find my order", "/orders/find"),
    )


ROUTES = [
    Route("/api/order/{token}/receipt.pdf", order_receipt),
    Route("/api/order/{token}/tickets.pdf", order_tickets),
    Route("/api/order/{token}/event.ics", order_calendar),
    Route("/api/ticket/{token}/ticket.pdf", ticket_alone),
    Route("/api/ticket/{token}/event.ics", ticket_calendar),
    Route("/api/admin/orders/{number}/receipt.pdf", member_receipt),
    Route("/api/admin/orders/{number}/tickets.pdf", member_tickets),
]
