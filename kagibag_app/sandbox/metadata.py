"""Metadata: fifty keys of forty characters with values of five hundred."""

from typing import Any

from kagibag_app.sandbox.errors import invalid

MAX_KEYS, MAX_KEY, MAX_VALUE = 50, 40, 500


def merged(current: dict[str, str] | None, changes: Any) -> dict[str, str]:
    """Current metadata with the given changes; an empty value removes its key, an empty string removes all.

    Raises:
        ApiError: too many keys, or one too long.
    """
    if changes == "":
        return {}
    result = dict(current or {})
    for key, value in (changes or {}).items():
        if len(key) > MAX_KEY:
            raise invalid(
                f"Metadata keys can have up to {MAX_KEY} characters; this one has {len(key)}.", "metadata"
            )
        if len(value) > MAX_VALUE:
            raise invalid(
                f"Metadata values can have up to {MAX_VALUE} characters, but you passed in a value that is "
                f"{len(value)} characters.",
                f"metadata[{key}]",
            )
        if value:
            result[key] = value
        else:
            result.pop(key, None)
    if len(result) > MAX_KEYS:
        raise invalid(f"You can have up to {MAX_KEYS} metadata keys per object.", "metadata")
    return result
