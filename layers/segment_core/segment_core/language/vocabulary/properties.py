"""Names of the properties of events, which anybody may choose.

A property is written by its name. Where that would mean something else, as with one called `date`, it is written
`properties.date`; trees hold a name as it is printed.
"""

from __future__ import annotations

from typing import Final

PREFIX: Final = "properties."


def key_of(name: str) -> str:
    """The property that a name in a query or in a tree is about."""
    return name.removeprefix(PREFIX)
