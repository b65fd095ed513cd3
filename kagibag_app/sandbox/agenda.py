"""Actions planned for a later virtual time: sessions expire, banks change their mind."""

import json
from collections.abc import Callable
from typing import Any

from kagibag_app.sandbox import checkout, disputes, refunds
from kagibag_app.sandbox.books import Books


def _expire_session(books: Books, payload: dict[str, Any]) -> None:
    session = books.get("checkout.session", payload["session"])
    if session["status"] == "open":
        checkout.close(books, session)


def _open_dispute(books: Books, payload: dict[str, Any]) -> None:
    charge = books.get("charge", payload["charge"])
    disputes.open_dispute(books, charge, reason=payload["reason"], kind=payload["kind"])


def _warn_of_fraud(books: Books, payload: dict[str, Any]) -> None:
    disputes.warn_of_fraud(books, books.get("charge", payload["charge"]))


def _settle_refund(books: Books, payload: dict[str, Any]) -> None:
    refund = books.get("refund", payload["refund"])
    if refund["status"] == "pending":
        refunds.settle(books, refund)


def _fail_refund(books: Books, payload: dict[str, Any]) -> None:
    refund = books.get("refund", payload["refund"])
    if refund["status"] in ("pending", "succeeded"):
        refunds.fail(books, refund)


ACTIONS: dict[str, Callable[[Books, dict[str, Any]], None]] = {
    "expire_session": _expire_session,
    "open_dispute": _open_dispute,
    "warn_of_fraud": _warn_of_fraud,
    "settle_refund": _settle_refund,
    "fail_refund": _fail_refund,
}


def take_due(books: Books) -> tuple[str, str, dict[str, Any]] | None:
    """Remove and return the action that has been due longest: its name, account and payload."""
    row = books.store.db.execute(
        "DELETE FROM agenda WHERE seq ="
        " (SELECT seq FROM agenda WHERE due_at <= ? ORDER BY due_at, seq LIMIT 1)"
        " RETURNING action, account, payload",
        (books.now,),
    ).fetchone()
    return (row["action"], row["account"], json.loads(row["payload"])) if row else None
