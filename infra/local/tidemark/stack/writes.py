"""Which tables were written to, as functions tell when they end: who follows a table need not look in between."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection


class Writes:
    """Counts writes and passes the word on. What it is not told of, a write from outside, counts for nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._followers: defaultdict[str, list[Callable[[], None]]] = defaultdict(list)

    @property
    def count(self) -> int:
        """As long as it stays the same, no function has changed anything in any table."""
        return self._count

    def follow(self, table: str, told: Callable[[], None]) -> None:
        """Have `told` called after each write to the table."""
        self._followers[table].append(told)

    def note(self, tables: Collection[str] | None) -> None:
        """These tables were written to; None: nobody knows which, so it may have been any."""
        if tables is None:
            tables = list(self._followers)
        elif not tables:
            return
        with self._lock:
            self._count += 1
        for table in tables:
            # Not every table is followed.
            for told in self._followers.get(table, ()):
                told()
