"""The report of a bulk refund as CSV (RFC 4180), in the way of the exports of orders."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from kagibag_app.features.bulk_refunds.rules import OrderState
from kagibag_app.features.bulk_refunds.views import OrderRow
from kagibag_app.features.reports.documents import plain_cell
from kagibag_app.kit.money import decimal_text

COLUMNS = (
    "order_number", "event", "buyer_name", "tickets", "currency", "amount", "result", "reason", "refund",
    "stripe_refund", "changed_at", "time_zone",
)  # fmt: skip
_RESULTS = {
    OrderState.WAITING: "Waiting",
    OrderState.AWAITING_SECOND: "Waits for a second person",
    OrderState.QUEUED: "On its way",
    OrderState.REFUNDED: "Refunded",
    OrderState.CANCELLED: "Cancelled without a refund",
    OrderState.FAILED: "Failed",
    OrderState.SKIPPED: "Left out",
}


def report_csv(rows: Iterable[OrderRow], zone: str) -> bytes:
    """Write the orders of a run.

    Args:
        zone: IANA zone of its times.
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        moved = row.moved_at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds") if row.moved_at else ""
        writer.writerow(
            [
                row.number, plain_cell(row.event), plain_cell(row.buyer), row.tickets, row.currency,
                decimal_text(row.amount_minor, row.currency), _RESULTS[row.state], plain_cell(row.reason), row.refund,
                row.stripe_id, moved, zone,
            ]
        )  # fmt: skip
    return written.getvalue().encode("utf-8-sig", errors="replace")
