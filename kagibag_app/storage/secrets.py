"""Access links, which are derived and never stored, and secrets that must be stored, sealed."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken

from kagibag_app.settings import KeyRing

_TAG_BYTES = 16


class LinkPurpose(StrEnum):
    """What a link opens. A ticket's link does not open the order."""

    ORDER = "order"
    TICKET = "ticket"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class LinkClaim:
    """What a presented token says, before its tag is checked against the row's link version."""

    public_id: str
    kid: str
    tag: str


class AccessLinks:
    """Makes and checks tokens: public id, key id, and 128 bits of HMAC-SHA256 over purpose, id and version.

    Raising an order's link version (after its email was corrected) makes every older link useless.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def token(self, purpose: LinkPurpose, public_id: str, version: int) -> str:
        """Return the token, safe in a URL path."""
        kid, key = self._keys.newest
        return f"{public_id}.{kid}.{_tag(key, purpose, public_id, version)}"

    @staticmethod
    def read(token: object) -> LinkClaim | None:
        """Split a token; ``None`` when it has not the shape of one."""
        if not isinstance(token, str) or len(token) > 200 or not token.isascii():
            return None
        parts = token.split(".")
        return LinkClaim(*parts) if len(parts) == 3 and all(parts) else None

    def verify(self, claim: LinkClaim, purpose: LinkPurpose, version: int) -> bool:
        """Say, in constant time, whether the tag fits."""
        key = self._keys.get(claim.kid)
        return key is not None and hmac.compare_digest(
            _tag(key, purpose, claim.public_id, version), claim.tag
        )


def _tag(key: str, purpose: LinkPurpose, public_id: str, version: int) -> str:
    digest = hmac.new(key.encode(), f"{purpose}\0{public_id}\0{version}".encode(), sha256).digest()
    return base64.urlsafe_b64encode(digest[:_TAG_BYTES]).rstrip(b"=").decode()


class SecretBox:
    """Seals short secrets for the database; the sealed text names its key."""

    def __init__(self, keys: KeyRing) -> None:
        self._newest = keys.newest[0]
        self._boxes = {
            kid: Fernet(base64.urlsafe_b64encode(sha256(value.encode()).digest()))
            for kid, value in keys.items()
        }

    def seal(self, secret: str) -> str:
        """Return the sealed text."""
        return f"{self._newest}:{self._boxes[self._newest].encrypt(secret.encode()).decode()}"

    def open(self, sealed: str) -> str:
        """Return the secret.

        Raises:
            ValueError: The key is gone or the text was changed.
        """
        kid, _, token = sealed.partition(":")
        try:
            return self._boxes[kid].decrypt(token.encode()).decode()
        except (KeyError, InvalidToken) as error:
            raise ValueError("a sealed secret can't be opened with the configured keys") from error
