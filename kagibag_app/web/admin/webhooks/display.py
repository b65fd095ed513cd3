"""Endpoints and deliveries in words. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from zoneinfo import ZoneInfo

from kagibag_app import l10n
from kagibag_app.features.webhooks.rules import DeliveryStatus, EndpointStatus, accepted
from kagibag_app.features.webhooks.views import AttemptRow, DeliveryDetail, DeliveryRow, EndpointView
from kagibag_app.web.admin.address import address
from kagibag_app.web.admin.times import duration, short_time
from kagibag_app.web.admin.webhooks.rows import (
    Attempt,
    DeliveryFace,
    DeliveryLine,
    EndpointFace,
    EndpointItem,
    LogTab,
)

PATH = "/admin/webhooks"
_D = DeliveryStatus
_ID_MAX = 64
_SEARCH_MAX = 100


class Show(StrEnum):
    """Which deliveries the log shows."""

    ALL = ""
    WAITING = "waiting"
    RETRYING = "retrying"
    EXHAUSTED = "exhausted"
    DELIVERED = "delivered"
    HELD = "held"


SHOWN: dict[Show, tuple[str, tuple[DeliveryStatus, ...]]] = {
    Show.ALL: ("All", ()),
    Show.WAITING: ("Waiting", (_D.QUEUED, _D.DELIVERING)),
    Show.RETRYING: ("Retrying", (_D.RETRYING,)),
    Show.EXHAUSTED: ("Exhausted", (_D.EXHAUSTED,)),
    Show.DELIVERED: ("Delivered", (_D.DELIVERED,)),
    Show.HELD: ("Held", (_D.HELD,)),
}
REPLAYABLE = (_D.DELIVERED, _D.EXHAUSTED, _D.HELD)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address says: endpoint and delivery by public id, which deliveries, and where the page begins."""

    endpoint: str = ""
    delivery: str = ""
    show: Show = Show.ALL
    search: str = ""
    after: str = ""

    def but(self, **changes: str) -> str:
        """Return the address with something changed."""
        wanted = replace(self, **changes)
        return address(
            PATH,
            endpoint=wanted.endpoint,
            show=wanted.show,
            q=wanted.search,
            after=wanted.after,
            delivery=wanted.delivery,
        )


def read(said: Mapping[str, str]) -> tuple[Wanted, list[str]]:
    """Read an address's query; what can't be read is left out and named."""
    ignored = [
        name
        for name, value in said.items()
        if name in ("endpoint", "delivery", "after") and len(value) > _ID_MAX
    ]
    kept = {name: "" if name in ignored else said.get(name, "") for name in ("endpoint", "delivery", "after")}
    show, search = said.get("show", ""), said.get("q", "")
    if show not in set(Show):
        ignored.append("show")
        show = Show.ALL
    if len(search) > _SEARCH_MAX:
        ignored.append("search")
        search = ""
    return Wanted(kept["endpoint"], kept["delivery"], Show(show), search, kept["after"]), ignored


def endpoint_item(view: EndpointView, chosen: str, zone: str, now: datetime) -> EndpointItem:
    """Return an endpoint's place in the list."""
    health = view.health
    trouble = ""
    if view.status == EndpointStatus.AUTO_DISABLED:
        trouble = f"Switched off, {health.held} held"
    elif health.failing_since is not None:
        since = short_time(health.failing_since, zone, now=now)
        trouble = f"Failing since {since[0].lower()}{since[1:]}, {health.retrying} waiting"
    held = f", {health.held} held" if health.held else ""
    return EndpointItem(
        id=view.public_id,
        href=Wanted(endpoint=view.public_id).but(),
        name=view.name,
        url=view.url,
        status=view.status,
        health=f"{health.delivered} delivered in 24 h{held}",
        trouble=trouble,
        current=view.public_id == chosen,
    )


def endpoint_face(view: EndpointView, zone: str) -> EndpointFace:
    """Return the endpoint that is open."""
    warning, text = _warning(view, zone)
    health = view.health
    counts = (
        (health.delivered, "delivered"), (health.waiting, "waiting"), (health.retrying, "retrying"),
        (health.exhausted, "exhausted"), (health.held, "held"),
    )  # fmt: skip
    return EndpointFace(
        id=view.public_id,
        name=view.name,
        url=view.url,
        status=view.status,
        types=list(view.event_filter),
        warning=warning,
        warning_text=text,
        rotating=l10n.moment(view.rotating_until, zone) if view.rotating_until else "",
        day=", ".join(f"{count:,} {word}" for count, word in counts if count) or "Nothing yet",
        added=f"{l10n.moment(view.created_at, zone)} by {view.created_by}",
        held=health.held,
    )


def _warning(view: EndpointView, zone: str) -> tuple[str, str]:
    health = view.health
    if view.status == EndpointStatus.AUTO_DISABLED:
        return (
            "This endpoint was switched off after five days of failures.",
            f"Nothing is lost: {health.held} deliveries are held here. Mend the receiver, then resume.",
        )
    if view.status == EndpointStatus.PAUSED:
        return "This endpoint is paused.", "What happens meanwhile is held here and sent when it is resumed."
    if health.failing_since is None:
        return "", ""
    since = l10n.moment(health.failing_since, zone)
    kept = f"Nothing is lost: {health.retrying} deliveries are tried again for three days. After that they wait here."
    return f"This endpoint has not taken anything since {since}.", kept


def log_tabs(counts: Mapping[DeliveryStatus, int], wanted: Wanted) -> list[LogTab]:
    """Return the choices above the log with their counts."""
    return [
        LogTab(
            label=label,
            href=wanted.but(show=show, after="", delivery=""),
            count=f"{sum(counts.get(status, 0) for status in statuses or DeliveryStatus):,}",
            current=show == wanted.show,
        )
        for show, (label, statuses) in SHOWN.items()
    ]


def delivery_line(row: DeliveryRow, wanted: Wanted, zone: str, now: datetime) -> DeliveryLine:
    """Return a line of the log."""
    answer = (
        _answer(row.last_status, row.last_error) if row.attempts or row.last_status or row.last_error else "–"
    )
    tries = f"{row.attempts} of {row.max_tries}"
    return DeliveryLine(
        id=row.public_id,
        href=wanted.but(delivery=row.public_id),
        status=row.status,
        type=row.event_type,
        order=row.order_number,
        answer=answer,
        took=duration(row.last_duration_ms) if answer != "–" else "–",
        attempts=tries,
        next_try=short_time(row.next_try_at, zone, now=now) if row.next_try_at else "–",
        created=short_time(row.created_at, zone, now=now),
        created_iso=row.created_at.isoformat(),
        created_exact=l10n.moment(row.created_at, zone),
        folded=f"{answer}, {tries}",
        current=row.public_id == wanted.delivery,
    )


def delivery_face(found: DeliveryDetail, zone: str, *, readable: bool, enabled: bool) -> DeliveryFace:
    """Return the delivery that is open.

    Args:
        readable: Show what was sent, which names the buyer.
        enabled: Its endpoint receives.
    """
    row = found.row
    newest = found.attempts[0] if found.attempts else None
    return DeliveryFace(
        id=row.public_id,
        event_id=row.event_id,
        type=row.event_type,
        status=row.status,
        order=row.order_number,
        order_href=f"/admin/orders/{row.order_number}" if row.order_number else "",
        next_try=l10n.moment(row.next_try_at, zone) if row.next_try_at else "",
        request=_request(found) if readable else "",
        reply=_reply(newest) if newest and readable else "",
        may_replay=enabled and row.status in REPLAYABLE,
    )


def attempts(found: DeliveryDetail, zone: str, *, readable: bool) -> list[Attempt]:
    """Return every try, newest first."""
    return [
        Attempt(
            number=str(row.number),
            at=f"{row.at.astimezone(ZoneInfo(zone)):%-d %b, %H:%M:%S}",
            answer=_answer(row.status_code, row.error),
            tone="good" if accepted(row.status_code) else "bad",
            took=duration(row.duration_ms),
            said=row.error or (_first_line(row.excerpt) if readable else ""),
        )
        for row in found.attempts
    ]


def _answer(status: int, error: str) -> str:
    return str(status) if status else "No answer" if error else "–"


def _request(found: DeliveryDetail) -> str:
    body = json.dumps(json.loads(found.request_body), indent=2, ensure_ascii=False)
    return f"POST {found.url}\ncontent-type: application/json\nwebhook-id: {found.row.event_id}\n\n{body}"


def _reply(row: AttemptRow) -> str:
    if not row.status_code:
        return row.error
    try:
        phrase = HTTPStatus(row.status_code).phrase
    except ValueError:
        phrase = ""
    head = f"HTTP {row.status_code} {phrase}".strip()
    return f"{head}\n\n{row.excerpt}" if row.excerpt else head


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:200]
