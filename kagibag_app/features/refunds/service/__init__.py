"""Verbs of refunds: what buyers ask, members decide, jobs send, and Stripe reports."""

from kagibag_app.features.refunds.rules.cancelling import CancelOutcome
from kagibag_app.features.refunds.service.bulk import BulkChoices, cancel_in_run, refund_in_run
from kagibag_app.features.refunds.service.cancelling import cancel_order
from kagibag_app.features.refunds.service.claiming import AlreadyDecided
from kagibag_app.features.refunds.service.decisions import add_note, approve, decline
from kagibag_app.features.refunds.service.external import allocate_external
from kagibag_app.features.refunds.service.incoming import record_gateway_refund, refund_late_payment
from kagibag_app.features.refunds.service.outside import return_outside
from kagibag_app.features.refunds.service.policies import change_policy
from kagibag_app.features.refunds.service.requests import reply, request, withdraw
from kagibag_app.features.refunds.service.retrying import retry, retry_refund
from kagibag_app.features.refunds.service.reviewing import review
from kagibag_app.features.refunds.service.reviving import revive_tickets
from kagibag_app.features.refunds.service.second import SecondPersonNeeded, send_back
from kagibag_app.features.refunds.service.sending import (
    Submission,
    begin_submission,
    record_absent,
    record_looked_back,
    record_not_reached,
    record_others,
    record_refused,
    record_sent,
    record_unknown,
)
from kagibag_app.features.refunds.service.starting import refund_order
from kagibag_app.features.refunds.service.states import close_requests

__all__ = [
    "AlreadyDecided",
    "BulkChoices",
    "CancelOutcome",
    "SecondPersonNeeded",
    "Submission",
    "add_note",
    "allocate_external",
    "approve",
    "begin_submission",
    "cancel_in_run",
    "cancel_order",
    "change_policy",
    "close_requests",
    "decline",
    "record_absent",
    "record_gateway_refund",
    "record_looked_back",
    "record_not_reached",
    "record_others",
    "record_refused",
    "record_sent",
    "record_unknown",
    "refund_in_run",
    "refund_late_payment",
    "refund_order",
    "reply",
    "request",
    "retry",
    "retry_refund",
    "return_outside",
    "review",
    "revive_tickets",
    "send_back",
    "withdraw",
]
