"""A sandbox that speaks Stripe's HTTP API, for demo, development and tests. No real money moves here."""

from kagibag_app.sandbox.app import create_app
from kagibag_app.sandbox.config import SandboxConfig, WebhookTarget
from kagibag_app.sandbox.sandbox import Sandbox

__all__ = ["Sandbox", "SandboxConfig", "WebhookTarget", "create_app"]
