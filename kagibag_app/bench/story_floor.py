"""One order's page by hand: everything that is known of it."""

from __future__ import annotations

from collections.abc import Generator

from kagibag_app.bench.floors import Rows, Statement
from kagibag_app.bench.list_floors import Wanted, neighbours_floor

_ORDER = """
SELECT o.id, o.public_id, o.number, o.buyer_name, o.buyer_email, o.currency, o.subtotal_minor, o.discount_minor,
       o.total_minor, o.source, o.status, o.refunded_minor, o.refund_state, o.dispute_state, o.refund_policy, o.locale,
       o.version, o.link_version, o.placed_at, o.hold_until, o.paid_at, o.cancelled_at, e.public_id, e.title, e.slug,
       e.starts_at, e.ends_at, e.doors_at, e.zone, e.venue, e.address, e.status, g.name, g.zone, a.code, a.kind, a.value
  FROM orders o JOIN events e ON e.id = o.event_id JOIN organizers g ON g.id = o.organizer_id
  LEFT JOIN applied_promotions a ON a.order_id = o.id
 WHERE o.organizer_id = :organizer AND o.number = :number"""
# In the order in which the page reads them; the first column names the row.
PARTS = {
    "lines": """
SELECT l.public_id, l.id, l.type_name, l.list_minor, l.discount_minor, l.net_minor, t.public_id, t.code, t.status,
       t.refund_in_progress, t.checked_in_at, t.voided_at, t.void_reason
  FROM line_items l LEFT JOIN tickets t ON t.line_item_id = l.id WHERE l.order_id = :order ORDER BY l.position, l.id""",
    "refunds": """
SELECT r.public_id, r.id, r.status, r.raw_status, r.source, r.amount_minor, r.currency, r.stripe_refund_id, r.bank_reference,
       r.failure_message, r.failure_code, r.pending_reason, r.tries, r.flagged, r.request_id, r.retry_of, r.requested_by,
       r.created_at, r.accepted_at, r.settled_at, r.next_try_at, s.line_item_id, s.amount_minor
  FROM refunds r LEFT JOIN refund_allocations s ON s.refund_id = r.id
 WHERE r.order_id = :order ORDER BY r.id DESC, s.id""",
    "requests": """
SELECT q.public_id, q.id, q.status, q.reason_category, q.reason_text, q.currency, q.amount_minor, q.approved_minor,
       q.decision_message, q.reply_text, l.type_name
  FROM refund_requests q LEFT JOIN refund_request_tickets k ON k.request_id = q.id
  LEFT JOIN line_items l ON l.id = k.line_item_id
 WHERE q.order_id = :order ORDER BY q.id DESC, k.id""",
    "bookings": """
SELECT balance_transaction, at, kind, cause, settlement_minor, settlement_currency, presentment_minor, presentment_currency
  FROM ledger_entries WHERE order_id = :order ORDER BY at, id""",
    "payments": """
SELECT p.public_id, p.id, p.account, p.status, p.is_open, p.currency, p.amount_minor, p.captured_minor, p.committed_minor,
       p.open_chargeback, p.session_id, p.session_url, p.session_expires_at, p.payment_intent_id, p.charge_id, p.card_brand,
       p.card_last4, p.failure_code, p.failure_message, p.raw_status, p.created_at, p.captured_at, a.at, a.method, a.code,
       a.message
  FROM payments p LEFT JOIN payment_attempts a ON a.payment_id = p.id WHERE p.order_id = :order ORDER BY p.id DESC, a.id""",
    "disputes": """
SELECT d.public_id, d.id, d.stripe_id, d.kind, d.status, d.raw_status, d.reason, d.network_reason_code, d.amount_minor,
       d.currency, d.evidence_due_at, d.submission_count, d.has_evidence, d.past_due, d.opened_at, d.closed_at
  FROM disputes d WHERE d.order_id = :order ORDER BY d.opened_at DESC, d.id DESC""",
    "mails": """
SELECT public_id, id, recipient, template, params, status, attempts, error, created_at, sent_at
  FROM email_messages WHERE order_id = :order ORDER BY id DESC LIMIT 50""",
    "timeline": """
SELECT id, kind, at, actor_kind, actor_name, old_state, new_state, data, unexpected
  FROM timeline_entries WHERE order_id = :order ORDER BY id DESC LIMIT 41""",
}
_WAITING = """
SELECT (SELECT count(*) FROM refund_requests WHERE organizer_id = :organizer AND status IN ('open', 'awaiting_second')),
       (SELECT count(*) FROM disputes
         WHERE organizer_id = :organizer AND status IN ('needs_response', 'inquiry_needs_response'))"""


def story_floor(organizer_id: int, number: str) -> Generator[Statement, Rows, dict[str, Rows]]:
    """Everything about one order, the orders beside it, and what waits for the organizer."""
    (order,) = yield _ORDER, {"organizer": organizer_id, "number": number}
    found: dict[str, Rows] = {"order": [order[1:]]}
    for name, text in PARTS.items():
        found[name] = yield text, {"order": order[0]}
    beside = yield from neighbours_floor(Wanted(organizer_id, anchor=order[1]))
    found["beside"] = [beside]
    found["waiting"] = yield _WAITING, {"organizer": organizer_id}
    return found
