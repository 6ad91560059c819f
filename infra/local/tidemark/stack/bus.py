"""The event buses: events are kept in the order in which they came, and handed on where a rule says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tidemark.stack.clock import StackClock
from tidemark.stack.database import Database
from tidemark.stack.patterns import compile_pattern
from tidemark.stack.wiring import Rule

Event = Mapping[str, Any]
Deliver = Callable[[str, Event], None]


class Bus:
    """All buses of the stack. Kept events can be read again, from any place in their order."""

    def __init__(
        self, names: Sequence[str], rules: Sequence[Rule], database: Database, clock: StackClock, deliver: Deliver
    ) -> None:
        """`deliver(arn, event)` hands an event to a queue or a function."""
        self.names = frozenset(names)
        self._rules = [(rule, compile_pattern(rule.pattern, rule.place)) for rule in rules]
        self._database = database
        self._clock = clock
        self._deliver = deliver

    def now(self) -> datetime:
        """The time of an event that tells none."""
        return self._clock.now()

    def put(self, events: Sequence[tuple[str, Event]]) -> None:
        """Keep (bus, event) pairs, then deliver them."""
        with self._database.transaction() as connection:
            rows = [(bus, json.dumps(event)) for bus, event in events]
            connection.executemany("INSERT INTO events (bus, event) VALUES (?, ?)", rows)
        for bus, event in events:
            for rule, matches in self._rules:
                if rule.bus == bus and matches(event):
                    for target in rule.targets:
                        self._deliver(target, event)

    def events(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Events behind the first `after`, in order; each with its `sequence`, counted from 1."""
        rows = self._database.read(
            "SELECT sequence, event FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, limit)
        )
        return [{"sequence": sequence, **json.loads(event)} for sequence, event in rows]
