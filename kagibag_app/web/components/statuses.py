"""The word, tone and icon of every status a screen shows, by the stored word."""

from __future__ import annotations

from kagibag_app.web.components.badge import Look

ORDER = {
    "pending": Look("Pending", "progress", "clock"),
    "processing": Look("Processing", "progress", "loader-circle"),
    "paid": Look("Completed", "good", "check"),
    "payment_failed": Look("Payment failed", "bad", "circle-x"),
    "expired": Look("Expired", "neutral", "timer-off"),
    "cancelled": Look("Cancelled", "neutral", "ban"),
}

REFUND_STATE = {
    "pending": Look("Refund pending", "progress", "clock"),
    "partial": Look("Partially refunded", "neutral", "undo-dot"),
    "full": Look("Refunded", "neutral", "undo-2"),
}

DISPUTE_STATE = {
    "open": Look("Disputed", "bad", "shield-alert"),
    "won": Look("Dispute won", "good", "shield-check"),
    "lost": Look("Dispute lost", "bad", "shield-x"),
}

REFUND_REQUEST = {
    "open": Look("Needs decision", "attention", "circle-dot"),
    "awaiting_second": Look("Awaiting second approval", "attention", "users-round"),
    "approved": Look("Approved", "progress", "check"),
    "declined": Look("Declined", "neutral", "x"),
    "withdrawn": Look("Withdrawn", "neutral", "corner-up-left"),
    "superseded": Look("Superseded", "neutral", "replace"),
    "fulfilled": Look("Refunded", "good", "check-check"),
    "failed": Look("Refund failed", "bad", "triangle-alert"),
}

REFUND = {
    "created": Look("Created", "neutral", "circle-dashed"),
    "submitting": Look("Sending to Stripe", "progress", "loader-circle"),
    "pending": Look("Pending at bank", "progress", "clock"),
    "requires_action": Look("Needs buyer action", "attention", "hand"),
    "succeeded": Look("Succeeded", "good", "check"),
    "failed": Look("Failed", "bad", "triangle-alert"),
    "canceled": Look("Canceled", "neutral", "ban"),
    "unknown": Look("Asking Stripe", "attention", "circle-help"),
}

EVENT = {
    "draft": Look("Draft", "neutral", "pencil"),
    "published": Look("Published", "good", "check"),
    "cancelled": Look("Cancelled", "bad", "ban"),
    "ended": Look("Ended", "neutral", "flag"),
    "over": Look("Over", "neutral", "flag"),
}

SALE = {
    "on_sale": Look("On sale", "good", "check"),
    "not_yet": Look("Not yet", "neutral", "clock"),
    "sold_out": Look("Sold out", "attention", "ticket"),
    "closed": Look("Not on sale", "neutral", "circle-dashed"),
    "cancelled": Look("Cancelled", "neutral", "ban"),
}

BULK_RUN = {
    "preparing": Look("Looking at orders", "progress", "loader-circle"),
    "ready": Look("Not started", "neutral", "circle-dashed"),
    "running": Look("Running", "progress", "loader-circle"),
    "paused": Look("Paused", "attention", "pause"),
    "finished": Look("Finished", "good", "check"),
    "discarded": Look("Thrown away", "neutral", "x"),
}

BULK_ORDER = {
    "waiting": Look("Waiting", "neutral", "circle-dashed"),
    "awaiting_second": Look("Second person", "attention", "users-round"),
    "queued": Look("On its way", "progress", "clock"),
    "refunded": Look("Refunded", "good", "check"),
    "cancelled": Look("Cancelled", "neutral", "ban"),
    "failed": Look("Failed", "bad", "triangle-alert"),
    "skipped": Look("Left out", "neutral", "minus"),
}

DISPUTE = {
    "inquiry_needs_response": Look("Inquiry: needs response", "attention", "message-circle-question"),
    "inquiry_under_review": Look("Inquiry: under review", "progress", "hourglass"),
    "inquiry_closed": Look("Inquiry closed", "neutral", "message-circle-off"),
    "needs_response": Look("Needs response", "bad", "shield-alert"),
    "under_review": Look("Under review", "progress", "hourglass"),
    "prevented": Look("Prevented", "good", "shield"),
    "won": Look("Won", "good", "shield-check"),
    "lost": Look("Lost", "bad", "shield-x"),
    "unknown": Look("Asking Stripe", "attention", "circle-help"),
}

PAYMENT = {
    "requires_payment": Look("Waiting for payment", "progress", "clock"),
    "processing": Look("Processing", "progress", "loader-circle"),
    "captured": Look("Paid", "good", "check"),
    "failed": Look("Failed", "bad", "circle-x"),
    "canceled": Look("Canceled", "neutral", "ban"),
}

TICKET = {
    "valid": Look("Valid", "good", "ticket"),
    "checked_in": Look("Checked in", "progress", "scan-line"),
    "void": Look("Void", "neutral", "ticket-x"),
}

DELIVERY = {
    "queued": Look("Queued", "neutral", "circle-dashed"),
    "delivering": Look("Delivering", "progress", "send"),
    "delivered": Look("Delivered", "good", "check"),
    "retrying": Look("Retrying", "attention", "rotate-cw"),
    "exhausted": Look("Exhausted", "bad", "octagon-x"),
    "held": Look("Held", "neutral", "pause"),
    "canceled": Look("Canceled", "neutral", "ban"),
}

ENDPOINT = {
    "enabled": Look("Enabled", "good", "check"),
    "paused": Look("Paused", "neutral", "pause"),
    "auto_disabled": Look("Auto-disabled", "bad", "unplug"),
}

MAIL = {
    "queued": Look("Queued", "neutral", "circle-dashed"),
    "sending": Look("Sending", "progress", "send"),
    "sent": Look("Sent", "good", "check"),
    "kept": Look("Kept here", "neutral", "inbox"),
    "failed": Look("Failed", "bad", "triangle-alert"),
}

SOURCE = {
    "stripe": Look("Stripe", "neutral", "credit-card"),
    "free": Look("Free", "neutral", "gift"),
}

TIMELINE = {
    "order_placed": Look("Order placed", "neutral", "shopping-cart"),
    "order_status": Look("Order", "progress", "receipt-text"),
    "refund_state": Look("Refund", "progress", "undo-dot"),
    "dispute_state": Look("Dispute", "attention", "shield-alert"),
    "payment_opened": Look("Payment opened", "neutral", "credit-card"),
    "payment_attempt_failed": Look("Payment declined", "bad", "circle-x"),
    "payment_captured": Look("Paid", "good", "check"),
    "payment_expired": Look("Payment expired", "neutral", "timer-off"),
    "payment_status": Look("Payment", "progress", "credit-card"),
    "late_payment": Look("Late payment", "attention", "triangle-alert"),
    "tickets_issued": Look("Tickets issued", "good", "ticket"),
    "tickets_voided": Look("Tickets voided", "neutral", "ticket-x"),
    "tickets_revived": Look("Tickets valid again", "good", "ticket"),
    "ticket_checked_in": Look("Checked in", "good", "ticket-check"),
    "ticket_check_in_undone": Look("Check-in undone", "neutral", "undo-2"),
    "refund_requested": Look("Refund requested", "attention", "circle-dot"),
    "refund_withdrawn": Look("Request withdrawn", "neutral", "corner-up-left"),
    "refund_first_approved": Look("Approved by one", "attention", "check"),
    "refund_not_confirmed": Look("Not confirmed", "neutral", "corner-up-left"),
    "refund_approved": Look("Refund approved", "progress", "check"),
    "refund_declined": Look("Refund declined", "neutral", "x"),
    "refund_replied": Look("Buyer replied", "attention", "message-circle"),
    "refund_superseded": Look("Request superseded", "neutral", "replace"),
    "refund_started": Look("Refund started", "progress", "undo-2"),
    "refund_sent": Look("Refund sent", "progress", "undo-2"),
    "refund_pending": Look("Refund at the bank", "progress", "clock"),
    "refund_succeeded": Look("Refunded", "good", "check-check"),
    "refund_failed": Look("Refund failed", "bad", "triangle-alert"),
    "refund_unknown": Look("Asking Stripe", "attention", "circle-help"),
    "refund_canceled": Look("Refund canceled", "neutral", "ban"),
    "refund_retried": Look("Refund sent again", "progress", "rotate-cw"),
    "refund_imported": Look("Refund made at Stripe", "neutral", "download"),
    "refund_allocated": Look("Refund allocated", "neutral", "list-checks"),
    "refund_returned": Look("Returned outside Stripe", "good", "banknote"),
    "cancel_started": Look("Cancelling", "progress", "ban"),
    "cancel_dropped": Look("Not cancelled", "attention", "ban"),
    "dispute_opened": Look("Dispute opened", "bad", "shield-alert"),
    "dispute_updated": Look("Dispute updated", "progress", "hourglass"),
    "dispute_funds_withdrawn": Look("Funds withdrawn", "bad", "banknote-arrow-down"),
    "dispute_funds_reinstated": Look("Funds returned", "good", "banknote"),
    "dispute_closed": Look("Dispute closed", "neutral", "shield"),
    "email_corrected": Look("Email corrected", "attention", "mail"),
    "note_added": Look("Note", "neutral", "sticky-note"),
    "mail_sent": Look("Mail sent", "neutral", "mail"),
    "mail_failed": Look("Mail failed", "bad", "mail-x"),
    "webhook_queued": Look("Webhook", "neutral", "webhook"),
}

DISPUTE_EVENT = {
    "opened": TIMELINE["dispute_opened"],
    "updated": TIMELINE["dispute_updated"],
    "funds_withdrawn": TIMELINE["dispute_funds_withdrawn"],
    "funds_reinstated": TIMELINE["dispute_funds_reinstated"],
    "closed": TIMELINE["dispute_closed"],
}
