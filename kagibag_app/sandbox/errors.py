"""Refusals in Stripe's own words and envelope."""

from typing import Any


class ApiError(Exception):
    """An answer other than 2xx.

    Attributes:
        status: HTTP status.
        body: Stripe's error envelope.
        saved: whether an idempotency key replays this answer. Stripe keeps what happened after an
            endpoint started executing, and forgets what failed validation.
            Source: docs.stripe.com/api/idempotent_requests
        keeps_changes: whether what was written before the refusal stays: a declined card leaves a charge.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        saved: bool = True,
        keeps_changes: bool = False,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.saved = saved
        self.keeps_changes = keeps_changes
        fields = {"type": kind, "message": message, "code": code, "param": param, **extra}
        if code:
            fields["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        self.body: dict[str, Any] = {"error": {k: v for k, v in fields.items() if v is not None}}

    @property
    def message(self) -> str:
        """The sentence for a person."""
        return self.body["error"]["message"]


class DroppedConnection(Exception):
    """The sandbox was told to hang up without an answer."""


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """A parameter that fails validation: 400, never kept for the idempotency key."""
    return ApiError(400, message, code=code, param=param, saved=False)


def missing(param: str) -> ApiError:
    """A required parameter that is not there."""
    return invalid(f"Missing required param: {param}.", param, "parameter_missing")


def not_found(kind: str, object_id: str, param: str) -> ApiError:
    """An id that names nothing."""
    return ApiError(404, f"No such {kind}: '{object_id}'", code="resource_missing", param=param, saved=False)
