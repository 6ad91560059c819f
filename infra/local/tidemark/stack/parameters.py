"""The parameter store: values under names. Values of type SecureString are kept as given, on this machine."""

from __future__ import annotations

from typing import NamedTuple

from tidemark.stack.database import Database


class Parameter(NamedTuple):
    """A stored value. `version` starts at 1 and grows with each change."""

    name: str
    type: str
    value: str
    version: int


class Parameters:
    """All parameters of the stack."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        rows = self._database.read("SELECT name, type, value, version FROM parameters WHERE name = ?", (name,))
        return Parameter(*rows[0]) if rows else None

    def put(self, name: str, kind: str, value: str, *, overwrite: bool) -> int | None:
        """Set it; returns its version, or None if it is there and must not be replaced."""
        there = self.get(name)
        if there and not overwrite:
            return None
        version = there.version + 1 if there else 1
        self._database.write("INSERT OR REPLACE INTO parameters VALUES (?, ?, ?, ?)", (name, kind, value, version))
        return version

    def delete(self, name: str) -> bool:
        """Forget it; False if there is none."""
        there = self.get(name) is not None
        self._database.write("DELETE FROM parameters WHERE name = ?", (name,))
        return there
