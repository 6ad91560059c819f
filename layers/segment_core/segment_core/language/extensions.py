"""What the store's own language does not have: accepted, unless the limits ask for that language."""

from __future__ import annotations

from segment_core.language.limits import Limits
from segment_core.language.problems import Report


def check_extension(word: str, instead: str, place: tuple[int, int], limits: Limits, report: Report) -> None:
    """Refuse the word if it is an extension and extensions are not allowed.

    `instead` is what the store's language offers in its place; it is empty for words that the store has too.
    """
    if instead and limits.strictness == "shopify":
        message = f"'{word}' is an extension that the store's own language does not have"
        report.meaning("extension_not_allowed", *place, message, instead)
