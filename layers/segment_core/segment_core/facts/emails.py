"""E-mail addresses, of which queries ask for the domain."""

from __future__ import annotations


def domain(email: str | None) -> str | None:
    """What follows the last at sign, in lower case; None if there is none, or nothing after it."""
    _, separator, after = (email or "").rpartition("@")
    return after.lower() if separator and after else None
