"""Logs to standard output: JSON in production, readable lines elsewhere, secrets in neither.

Everything passes one redaction, whoever logs it: our own events, and what Reflex, SQLAlchemy or the server say through the
standard library. Reflex writes the whole event, headers included, when a client names a handler that does not exist.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from structlog.types import Processor

from kagibag_app.settings import Env, Settings

HIDDEN = "[hidden]"
_VALUE_MAX = 10_000
_DEPTH_MAX = 6

_SECRET_KEY = re.compile(
    r"passw(or)?d|secret|token|authorization|cookie|signature|api[-_]?key|private|^(headers?|payload|form)$",
    re.IGNORECASE,
)
# A value in any notation: quoted, or up to what ends one.
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&})\]]+)"""
# A header goes on to the end of its line.
_HEADER_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\n'"]+)"""
_PATTERNS: tuple[tuple[str, str], ...] = (
    # Access links: what follows the public id and the key id opens an order or a ticket.
    (r"/(order|ticket|checkout|admin/join)/[^\s/?#'\"<>\\)}\]]+", rf"/\1/{HIDDEN}"),
    # Also where a slash before it is written %2F.
    (r"(?:\b|(?<=%2F))[a-z]{2,3}_[0-9a-z]{26}\.[\w-]+\.[\w-]{16,}", HIDDEN),
    (rf"""(["']?\b(?:set-)?cookie["']?\s*[:=]\s*){_HEADER_VALUE}""", rf"\1{HIDDEN}"),
    (rf"""(["']?\b(?:proxy-)?authorization["']?\s*[:=]\s*){_HEADER_VALUE}""", rf"\1{HIDDEN}"),
    (
        rf"""(["']?\b[\w-]{{0,40}}(?:passw(?:or)?d|secret|signature|api[-_]?key|token)["']?\s*[:=]\s*){_VALUE}""",
        rf"\1{HIDDEN}",
    ),
    (r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", rf"\1 {HIDDEN}"),
    # Wherever they stand: keys of Stripe, signing secrets, our cookie, hashes of passwords.
    (r"\b(?:sk|rk|pk)_(?:test|live)_[A-Za-z0-9_]+", HIDDEN),
    (r"\bwhsec_[A-Za-z0-9+/=_-]+", HIDDEN),
    (r"\bkb_session=(?!\[)[^\s;'\",]+", f"kb_session={HIDDEN}"),
    (r"\$argon2[a-z]*\$[^\s'\"]+", HIDDEN),
    # User and password in the address of a database or mail server.
    (r"\b(\w{1,30}://)[^\s/@:]{0,200}:[^\s/@]{1,200}@", rf"\1{HIDDEN}@"),
    # The first letter and the domain of an email address are enough to recognise a case.
    (r"\b([\w.+-])[\w.+-]{0,63}@((?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,63})", r"\1…@\2"),
)
_SECRET_TEXT = tuple((re.compile(pattern, re.IGNORECASE), kept) for pattern, kept in _PATTERNS)


def redact(text: str) -> str:
    """Return the text without secrets: keys, tokens, cookies, access links, passwords, most of each email address."""
    if len(text) > _VALUE_MAX:
        text = f"{text[:_VALUE_MAX]}… ({len(text):,} characters)"
    for pattern, kept in _SECRET_TEXT:
        text = pattern.sub(kept, text)
    return text


def redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: hide values by their name and by what they look like."""
    for key, value in event.items():
        event[key] = HIDDEN if _SECRET_KEY.search(key) and key != "event" else _clean(value)
    return event


def _clean(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth < _DEPTH_MAX:
        if isinstance(value, Mapping):
            return {
                str(k): HIDDEN if _SECRET_KEY.search(str(k)) else _clean(v, depth + 1)
                for k, v in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [_clean(item, depth + 1) for item in value]
    return redact(str(value))


def configure(settings: Settings) -> None:
    """Send every log of this process to standard output in one form. Calling it again replaces the first call."""
    as_json = settings.env is Env.PRODUCTION if settings.log_json is None else settings.log_json
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering(as_json))
    )
    # A line that can't be written is lost; the standard library would print it, unredacted, to standard error instead.
    logging.raiseExceptions = False
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    _gather(root)


def _rendering(as_json: bool) -> list[Processor]:
    exceptions: list[Processor] = [
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *exceptions, redact_event, last]


def _gather(root: logging.Logger) -> None:
    """Take away other loggers' own handlers, so that nothing reaches the output around the redaction."""
    for name in list(logging.Logger.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # What these say at INFO are addresses and SQL, one line a request.
    for name in (
        "alembic",
        "httpx",
        "httpcore",
        "stripe",
        "sqlalchemy.engine",
        "apscheduler",
        "asyncio",
        "socketio",
        "engineio",
    ):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
