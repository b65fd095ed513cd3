"""Passwords: argon2id. Both functions keep a processor busy, so entry points call them in ``asyncio.to_thread``."""

from __future__ import annotations

from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from kagibag_app.features.accounts.rules import PASSWORD_MAX, PASSWORD_MIN
from kagibag_app.kit.errors import BadInput

_argon2 = PasswordHash.recommended()


def hash_password(password: str) -> str:
    """Return the argon2id hash of a new password.

    Raises:
        BadInput: It is shorter than 8 or longer than 200 characters.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise BadInput(f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.", field="password")
    return _argon2.hash(password)


def check_password(password: str, stored: str | None) -> bool:
    """Say whether the password is the stored one.

    Without a stored hash (an unknown user) it takes just as long and says no, so that time tells nothing.
    """
    if len(password) > PASSWORD_MAX:
        password, stored = "", None
    try:
        fits = _argon2.verify(password, stored or _of_nobody())
    except UnknownHashError:
        return False
    return fits and stored is not None


@lru_cache(maxsize=1)
def _of_nobody() -> str:
    return _argon2.hash("the password of nobody")
