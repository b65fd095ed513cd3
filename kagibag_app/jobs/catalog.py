"""What runs for each kind of job."""

from __future__ import annotations

from kagibag_app.features.bulk_refunds.rules import AT_MOST as PREVIEW_AT_MOST
from kagibag_app.features.bulk_refunds.rules import BULK_REFUND, PREVIEW_BULK_REFUND
from kagibag_app.features.messages.rules import SEND_EMAIL
from kagibag_app.features.orders.rules import CLOSE_REQUESTS
from kagibag_app.features.payments.rules import (
    APPLY_STRIPE_EVENT,
    EXPIRE_ORDER,
    OPEN_PAYMENT,
    SETTLE_CHECKOUT,
)
from kagibag_app.features.refunds.rules import SEND_REFUND
from kagibag_app.features.reports.rules import AT_MOST, EXPORT_ORDERS
from kagibag_app.features.webhooks.rules import DELIVER_WEBHOOK
from kagibag_app.jobs import (
    apply_stripe_event,
    bulk_refund,
    catch_up_stripe,
    close_requests,
    deliver_webhook,
    expire_order,
    export_orders,
    open_payment,
    preview_bulk_refund,
    prune,
    send_email,
    send_refund,
    settle_checkout,
    sweep,
)
from kagibag_app.jobs.schedule import CATCH_UP_STRIPE, PRUNE, SWEEP
from kagibag_app.jobs.worker import LongRun, Run

CATALOG: dict[str, Run | LongRun] = {
    OPEN_PAYMENT: open_payment.run,
    APPLY_STRIPE_EVENT: apply_stripe_event.run,
    EXPIRE_ORDER: expire_order.run,
    SETTLE_CHECKOUT: settle_checkout.run,
    SEND_REFUND: send_refund.run,
    DELIVER_WEBHOOK: deliver_webhook.run,
    SEND_EMAIL: send_email.run,
    CLOSE_REQUESTS: close_requests.run,
    EXPORT_ORDERS: LongRun(export_orders.run, AT_MOST),
    PREVIEW_BULK_REFUND: LongRun(preview_bulk_refund.run, PREVIEW_AT_MOST),
    BULK_REFUND: bulk_refund.run,
    SWEEP: sweep.run,
    CATCH_UP_STRIPE: catch_up_stripe.run,
    PRUNE: prune.run,
}
