"""Who buys: the address that tickets and links go to."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.text import one_line

EMAIL_LIMIT = 254


def read_email(text: object) -> str:
    """Return the buyer's email address, its host in lower case. Whether it exists is not asked.

    Raises:
        BadInput: It can't be an address; the sentence says where to look, ``field`` is ``email``.
    """
    typed = one_line(text, field="email", limit=EMAIL_LIMIT, required=False)
    if not typed:
        raise BadInput("Type your email address: the tickets go there.", field="email")
    name, at, host = typed.rpartition("@")
    if not at or not name:
        raise BadInput("An email address looks like name@example.com.", field="email")
    if "." not in host.strip("."):
        raise BadInput("The part after @ looks incomplete.", field="email")
    try:
        return validate_email(typed, check_deliverability=False, test_environment=False).normalized
    except EmailNotValidError as error:
        raise BadInput(
            "This email address has a mistake in it. Please check each part.", field="email"
        ) from error
