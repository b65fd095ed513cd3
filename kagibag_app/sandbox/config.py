"""What a sandbox needs to know before it starts."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_PUBLIC_URL = "http://127.0.0.1:8001"


@dataclass(frozen=True)
class WebhookTarget:
    """One receiver of signed events.

    Attributes:
        url: where events are posted.
        secret: signing secret, `whsec_...`, known to the receiver too.
    """

    url: str
    secret: str


@dataclass(frozen=True)
class SandboxConfig:
    """Settings of one sandbox.

    Attributes:
        state_path: SQLite file that keeps everything; None keeps it in memory.
        public_url: address a browser reaches the sandbox at, without a trailing slash.
        webhook_targets: receivers of every event, beside those created through the API.
        strict_spec: check every stored and answered object against Stripe's OpenAPI.
        retry_base_seconds: real seconds before the first retry of a webhook; doubles each time.
        console: serve the console page at `/`.
        loopback_only: let only this machine use the console and the control API.
    """

    state_path: Path | None = None
    public_url: str = DEFAULT_PUBLIC_URL
    webhook_targets: tuple[WebhookTarget, ...] = ()
    strict_spec: bool = True
    retry_base_seconds: float = 0.5
    console: bool = True
    loopback_only: bool = True

    @property
    def host(self) -> str:
        """Host name of `public_url`."""
        return urlsplit(self.public_url).hostname or "127.0.0.1"

    @classmethod
    def from_env(cls, default_url: str = DEFAULT_PUBLIC_URL) -> "SandboxConfig":
        """Read the configuration from the `KAGIBAG_SANDBOX_*` environment variables.

        Args:
            default_url: public URL where `KAGIBAG_SANDBOX_URL` is not set.

        Raises:
            ValueError: a webhook URL came without its signing secret.
        """
        state = os.environ.get("KAGIBAG_SANDBOX_STATE")
        url = os.environ.get("KAGIBAG_SANDBOX_WEBHOOK_URL")
        secret = os.environ.get("KAGIBAG_SANDBOX_WEBHOOK_SECRET", "")
        if url and not secret:
            raise ValueError("KAGIBAG_SANDBOX_WEBHOOK_URL needs KAGIBAG_SANDBOX_WEBHOOK_SECRET beside it.")
        return cls(
            state_path=Path(state) if state else None,
            public_url=os.environ.get("KAGIBAG_SANDBOX_URL", default_url).rstrip("/"),
            webhook_targets=(WebhookTarget(url, secret),) if url else (),
        )
