"""Imports every table, for migrations and tests; defines none."""

from kagibag_app.features.accounts import tables as accounts
from kagibag_app.features.bulk_refunds import tables as bulk_refunds
from kagibag_app.features.disputes import tables as disputes
from kagibag_app.features.events import tables as events
from kagibag_app.features.ledger import tables as ledger
from kagibag_app.features.messages import tables as messages
from kagibag_app.features.orders import tables as orders
from kagibag_app.features.payments import tables as payments
from kagibag_app.features.promotions import tables as promotions
from kagibag_app.features.refunds import tables as refunds
from kagibag_app.features.reports import tables as reports
from kagibag_app.features.timeline import tables as timeline
from kagibag_app.features.webhooks import tables as webhooks
from kagibag_app.storage import files, outbox

__all__ = [
    "accounts",
    "bulk_refunds",
    "disputes",
    "events",
    "files",
    "ledger",
    "messages",
    "orders",
    "outbox",
    "payments",
    "promotions",
    "refunds",
    "reports",
    "timeline",
    "webhooks",
]
