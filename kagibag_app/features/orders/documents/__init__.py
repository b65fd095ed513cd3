"""What an order looks like on paper and in a calendar: pure functions from views to files."""

from kagibag_app.features.orders.documents.calendar import calendar
from kagibag_app.features.orders.documents.receipt import receipt_pdf
from kagibag_app.features.orders.documents.receipt_words import ReceiptMoney, ReceiptRefund, why_no_receipt
from kagibag_app.features.orders.documents.tickets import admitting, ticket_pdf, tickets_pdf, why_no_tickets

__all__ = [
    "ReceiptMoney",
    "ReceiptRefund",
    "admitting",
    "calendar",
    "receipt_pdf",
    "ticket_pdf",
    "tickets_pdf",
    "why_no_receipt",
    "why_no_tickets",
]
