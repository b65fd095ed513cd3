"""Endpoints are managed, events emitted, deliveries tried and recorded. Posting is a job's."""

from kagibag_app.features.webhooks.service.deliveries import begin_attempt, record_attempt, replay_delivery
from kagibag_app.features.webhooks.service.emitting import emit
from kagibag_app.features.webhooks.service.endpoints import (
    create_endpoint,
    delete_endpoint,
    pause_endpoint,
    rename_endpoint,
    resume_endpoint,
    rotate_secret,
)

__all__ = [
    "begin_attempt",
    "create_endpoint",
    "delete_endpoint",
    "emit",
    "pause_endpoint",
    "record_attempt",
    "rename_endpoint",
    "replay_delivery",
    "resume_endpoint",
    "rotate_secret",
]
