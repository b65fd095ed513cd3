"""Settings, read once from the environment (prefix ``KAGIBAG_``) and an optional ``.env`` file."""

from __future__ import annotations

import json
import os
import secrets
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Env(StrEnum):
    """Where this runs: secrets are generated in demo only, production refuses to guess anything."""

    DEMO = "demo"
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class StripeMode(StrEnum):
    """Which Stripe the product talks to."""

    SANDBOX = "sandbox"
    TEST = "test"
    LIVE = "live"


class Process(StrEnum):
    """What this process does: pages and jobs, pages only, jobs only."""

    EMBEDDED = "embedded"
    WEB = "web"
    WORKER = "worker"


class SettingsError(Exception):
    """A setting is missing or contradicts another; the message says which and what to do."""


class KeyRing(dict[str, str]):
    """Keys by id, newest first: the first one signs, every one verifies."""

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read ``kid:value,kid:value``.

        Raises:
            SettingsError: An entry has no id or is shorter than 32 characters.
        """
        ring = cls()
        for part in filter(None, (p.strip() for p in text.split(","))):
            kid, sep, value = part.partition(":")
            if not sep or not kid or len(value) < 32:
                raise SettingsError("A key reads `kid:value`, with a value of at least 32 characters.")
            ring[kid] = value
        return ring

    @property
    def newest(self) -> tuple[str, str]:
        """The key that signs now: its id and value."""
        return next(iter(self.items()))


class Settings(BaseSettings):
    """Everything that may differ between two installations. The README lists each."""

    model_config = SettingsConfigDict(env_prefix="KAGIBAG_", env_file=".env", extra="ignore", frozen=True)

    env: Env = Env.DEVELOPMENT
    process: Process = Process.EMBEDDED
    host: str = "127.0.0.1"
    port: int = Field(default_factory=lambda: int(os.environ.get("PORT", "8000")), ge=1, le=65535)
    public_url: str = ""
    data_dir: Path = Path("var")
    frontend_dir: Path = Path("var/frontend")
    database_url: str = ""
    redis_url: str = ""
    secret_keys: SecretStr = SecretStr("")
    encryption_keys: SecretStr = SecretStr("")
    stripe_mode: StripeMode = StripeMode.SANDBOX
    stripe_secret_key: SecretStr = SecretStr("")
    stripe_webhook_secrets: SecretStr = SecretStr("")
    stripe_api_url: str = ""
    sandbox_port: int = 0
    platform_charges: bool | None = None
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = "Kagibag <tickets@localhost>"
    trusted_proxies: str = ""
    worker_concurrency: int = Field(default=8, ge=1, le=64)
    log_level: str = "INFO"
    log_json: bool | None = None
    bench: bool = False

    @field_validator("public_url")
    @classmethod
    def _plain_base(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if self.env is Env.PRODUCTION:
            self._check_production()
        key = self.stripe_secret_key.get_secret_value()
        if self.stripe_mode is StripeMode.TEST and not key.startswith(("sk_test_", "rk_test_")):
            raise ValueError(
                "KAGIBAG_STRIPE_MODE=test needs KAGIBAG_STRIPE_SECRET_KEY=sk_test_... (Stripe Dashboard, Developers, API keys)."
            )
        if self.stripe_mode is StripeMode.LIVE and not key.startswith(("sk_live_", "rk_live_")):
            raise ValueError("KAGIBAG_STRIPE_MODE=live needs KAGIBAG_STRIPE_SECRET_KEY=sk_live_...")
        if self.stripe_mode is StripeMode.SANDBOX and "_live_" in key:
            raise ValueError(
                "A live Stripe key is set while KAGIBAG_STRIPE_MODE is sandbox. Unset the key or choose the mode live."
            )
        return self

    def _check_production(self) -> None:
        if self.bench:
            raise ValueError(
                "KAGIBAG_BENCH adds a page for measurements, which production never has. Unset it."
            )
        if not self.secret_keys.get_secret_value() or not self.encryption_keys.get_secret_value():
            raise ValueError(
                "Production needs KAGIBAG_SECRET_KEYS and KAGIBAG_ENCRYPTION_KEYS (kid:value, 32 random characters or more)."
            )
        if not self.public_url.startswith("https://"):
            raise ValueError(
                "Production needs KAGIBAG_PUBLIC_URL=https://... (links and cookies depend on it)."
            )

    @property
    def frontend_build(self) -> Path:
        """Where the compiled pages are; one build serves every data folder, host and port."""
        return self.frontend_dir / "web"

    @property
    def base_url(self) -> str:
        """Base of every link, without a trailing slash."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def allowed_origins(self) -> frozenset[str]:
        """Origins a browser may come from."""
        parts = urlsplit(self.base_url)
        # As browsers write it: lower case, no user, no port that the scheme implies.
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        implied = parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme))
        port = "" if implied else f":{parts.port}"
        origins = {f"{parts.scheme}://{host}{port}"}
        if self.env is not Env.PRODUCTION and parts.hostname in ("localhost", "127.0.0.1"):
            origins |= {f"{parts.scheme}://localhost{port}", f"{parts.scheme}://127.0.0.1{port}"}
        return frozenset(origins)

    @property
    def secure_cookies(self) -> bool:
        """Cookies are marked Secure exactly when the product is reached by https."""
        return self.base_url.startswith("https://")

    @property
    def database(self) -> str:
        """SQLAlchemy URL with an asynchronous driver."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{(self.data_dir / 'kagibag.db').resolve()}"
        scheme, sep, rest = self.database_url.partition("://")
        drivers = {
            "postgres": "postgresql+psycopg",
            "postgresql": "postgresql+psycopg",
            "sqlite": "sqlite+aiosqlite",
        }
        return drivers.get(scheme, scheme) + sep + rest

    @property
    def sandbox_url(self) -> str:
        """Where the Stripe sandbox listens (the port after the product's by default)."""
        return f"http://127.0.0.1:{self.sandbox_port or self.port + 1}"

    @property
    def may_charge_on_platform(self) -> bool:
        """Whether an organizer without an account of its own sells through the platform's."""
        return self.env is not Env.PRODUCTION if self.platform_charges is None else self.platform_charges

    @property
    def stripe_key(self) -> str:
        """The key calls are made with; the sandbox takes a fixed test key."""
        return self.stripe_secret_key.get_secret_value() or "sk_test_sandbox0001"

    def stripe_signing_secrets(self) -> tuple[str, ...]:
        """Secrets that incoming Stripe events may be signed with."""
        listed = self.stripe_webhook_secrets.get_secret_value()
        if not listed and self.stripe_mode is StripeMode.SANDBOX:
            return (generated_secrets(self.data_dir)["sandbox_webhook"],)
        return tuple(s.strip() for s in listed.split(",") if s.strip())

    def signing_keys(self) -> KeyRing:
        """Keys of access links and sessions."""
        return self._ring(self.secret_keys, "links")

    def sealing_keys(self) -> KeyRing:
        """Keys of secrets at rest."""
        return self._ring(self.encryption_keys, "sealing")

    def _ring(self, configured: SecretStr, name: str) -> KeyRing:
        ring = KeyRing.parse(configured.get_secret_value())
        if ring:
            return ring
        return KeyRing({"generated": generated_secrets(self.data_dir)[name]})


def generated_secrets(data_dir: Path) -> dict[str, str]:
    """Return the secrets that a laptop installation made for itself, creating them once (mode 600).

    Two processes that start together agree: the first file in place wins.
    """
    path = data_dir / "secrets.json"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        fresh = {name: secrets.token_hex(32) for name in ("links", "sealing")}
        fresh["sandbox_webhook"] = "whsec_" + secrets.token_hex(24)
        draft = data_dir / f".secrets-{os.getpid()}.json"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            json.dump(fresh, out)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return json.loads(path.read_text())
