"""How texts are compared: as Unicode composes them, so that `é` is the same letter in one code point or in two."""

from __future__ import annotations

from unicodedata import normalize


def composed(text: str) -> str:
    """The text in Unicode's normal form C."""
    return text if text.isascii() else normalize("NFC", text)


def folded(text: str) -> str:
    """The same, where upper and lower case are the same too, as with tags."""
    return composed(text).casefold()
