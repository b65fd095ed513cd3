"""The rows of an order as it stands in the end."""

from __future__ import annotations

from datetime import timedelta

from kagibag_app.demo.synthetic.parts import Charge, Place
from kagibag_app.demo.synthetic.sale import Sale
from kagibag_app.demo.synthetic.sheets import maybe_stamp, stamp
from kagibag_app.features.orders.rules import SearchKind, Seat, code_value, order_values, stripe_value
from kagibag_app.features.promotions.rules import UseState


def write(sale: Sale) -> None:
    """Add its own rows and those of its lines, tickets and payment, and count its seats and its code."""
    sheets, organizer = sale.desk.sheets, sale.desk.foundation.organizer_id
    placed = stamp(sale.placed_at)
    sheets.orders.put(
        sale.key, sale.public_id, organizer, sale.hall.id, sale.number, sale.buyer.name, sale.buyer.email,
        sale.buyer.key, sale.currency, sale.subtotal_minor, sale.discount_minor, sale.total_minor, sale.source,
        sale.code.id if sale.code else None, sale.status, sale.refunded_minor, sale.refund_state, sale.dispute_state,
        sale.hall.policy_text,
        sale.buyer.language, sale.version, placed, maybe_stamp(sale.hold_until), maybe_stamp(sale.paid_at),
        maybe_stamp(sale.cancelled_at), sale.cancel_message, stamp(sale.updated_at or sale.placed_at),
    )  # fmt: skip
    for position, place in enumerate(sale.places):
        _write_place(sale, place, position)
    if sale.code is not None:
        facts = sale.code.facts
        sheets.applied.add(
            organizer, sale.key, sale.code.id, sale.code.code, facts.kind.value, facts.value, sale.discount_minor
        )  # fmt: skip
        sheets.uses.add(sale.code.id, sale.key, sale.buyer.key, sale.use, placed)
        sale.code.uses += sale.use != UseState.RELEASED
    if sale.charge is not None:
        _write_charge(sale, sale.charge)
    _index(sale)


def _write_place(sale: Sale, place: Place, position: int) -> None:
    sheets, organizer = sale.desk.sheets, sale.desk.foundation.organizer_id
    kind = place.kind
    sheets.lines.put(
        place.key, place.public_id, organizer, sale.key, kind.id, position, kind.name, kind.price_minor,
        place.discount_minor, place.net_minor, place.seat,
    )  # fmt: skip
    kind.sold += place.seat == Seat.SOLD
    kind.held += place.seat == Seat.HELD
    if sale.paid_at is not None:
        sheets.tickets.put(
            place.ticket_key, place.ticket_id, organizer, sale.key, place.key, place.code, place.status,
            int(place.in_progress), stamp(sale.paid_at), maybe_stamp(place.checked_in_at), place.checked_in_by,
            maybe_stamp(place.voided_at), place.void_reason,
        )  # fmt: skip


def _write_charge(sale: Sale, charge: Charge) -> None:
    opened = stamp(charge.opened_at)
    sale.desk.sheets.payments.put(
        charge.key, charge.public_id, sale.desk.foundation.organizer_id, sale.key, sale.desk.foundation.account,
        charge.status, int(charge.is_open), sale.currency, sale.total_minor, charge.captured_minor,
        charge.committed_minor, int(charge.open_chargeback), charge.session_id,
        stamp(charge.opened_at + timedelta(minutes=31)), charge.intent_id, charge.charge_id, charge.brand, charge.last4,
        charge.failure_code, charge.failure_message, charge.raw_status, stamp(sale.placed_at), opened,
        maybe_stamp(charge.captured_at) or opened, maybe_stamp(charge.captured_at),
    )  # fmt: skip


def _index(sale: Sale) -> None:
    """Add what it is found by."""
    values = order_values(number=sale.number, email=sale.buyer.email, name=sale.buyer.name)
    if sale.paid_at is not None:
        values += [(SearchKind.TICKET, code_value(place.code)) for place in sale.places]
    if sale.charge is not None:
        values += [
            (kind, stripe_value(stripe_id))
            for kind, stripe_id in (
                (SearchKind.INTENT, sale.charge.intent_id),
                (SearchKind.CHARGE, sale.charge.charge_id),
            )
            if stripe_id
        ]
    for kind, value in values:
        sale.found_by(kind, value)
