"""A shop that lives: facts come in, customers are evaluated, time passes, and every commit reaches lists and history.

What the streams and queues do on AWS is done here by hand, in order: nothing is left out and nothing is doubled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from segment_core import clock
from segment_core.api import routing
from segment_core.ingest import messages
from segment_core.instants import iso
from segment_core.membership import evaluate
from segment_core.membership.evaluate import evaluate_all
from segment_core.membership.flips import Change
from segment_core.membership.project import project
from segment_core.model.membership import Membership
from segment_core.segments import builds, shops
from segment_core.store import facts, memberships

from .api_caller import ApiCaller
from .conftest import Stack


@dataclass
class Living:
    """One shop, asked through the API; `events` are the enters and leaves told so far."""

    stack: Stack
    api: ApiCaller
    shop: str = "demo"
    events: list[Mapping[str, Any]] = field(default_factory=list)
    _commits: list[Change] = field(default_factory=list)

    @classmethod
    def open(
        cls, stack: Stack, api: ApiCaller, monkeypatch: pytest.MonkeyPatch, at: datetime, zone: str = "UTC"
    ) -> Living:
        """Make the shop at that instant; from now on every commit is seen."""
        living = cls(stack, api)
        commit = memberships.commit

        def seen(table: str, shop: str, customer: str, old: Membership | None, new: Membership) -> bool:
            done = commit(table, shop, customer, old, new)
            if done:
                living._commits.append(Change(shop, customer, old, new))
            return done

        monkeypatch.setattr(evaluate.memberships, "commit", seen)
        monkeypatch.setattr("segment_core.membership.project.bus.publish", living._hear)
        # How much a slow machine does within a request must show nowhere.
        monkeypatch.setattr(builds, "SECONDS_PER_REQUEST", 600.0)
        monkeypatch.setattr(routing, "SECONDS_OF_ASKING", 600.0)
        living.move(at)
        shops.put_shop(
            stack.tables, living.shop, domain="demo.example.com", zone=zone, currency="EUR", at=at,
            count_test_orders=False, count_cancelled_orders=False,
        )  # fmt: skip
        return living

    def _hear(self, bus: str, events: Iterable[Any]) -> None:
        self.events += [event.detail for event in events]

    def move(self, at: datetime) -> None:
        """Set the clock."""
        self._at = at
        clock.use(lambda: at)

    def tell(self, *documents: Mapping[str, Any]) -> None:
        """Take in documents and evaluate whom they are about."""
        for document in documents:
            message = {"kind": "document", "shop": self.shop, "received_at": iso(self._at), "document": document}
            facts.merge_all(self.stack.tables.customers, self.shop, messages.read(json.dumps(message)).facts)
        ids = [str(document["id"]) for document in documents]
        for start in range(0, len(ids), 100):
            evaluate_all(self.stack.tables, self.shop, ids[start : start + 100], self._at, "fact")
        self.settle()

    def pass_to(self, at: datetime) -> None:
        """Let time pass: everybody who is due by then is evaluated, as the sweep has it."""
        self.move(at)
        due = [one.customer for one in memberships.due(self.stack.tables.memberships, self.shop, at)]
        evaluate_all(self.stack.tables, self.shop, due, at, "clock")
        self.settle()

    def make(self, name: str, query: str) -> str:
        """Make a segment; returns its id."""
        answer = self.api("POST", "/segments", {"name": name, "query": query})
        assert answer.status == 201, answer.body
        self.settle()
        made: str = answer.body["id"]
        return made

    def settle(self) -> None:
        """Bring all commits so far to lists, counts, history and events."""
        commits, self._commits = self._commits, []
        project(self.stack.tables, self.stack.event_bus_name, commits, self._at)

    def members(self, segment: str, limit: int = 1000, **query: object) -> list[dict[str, Any]]:
        """All members that pages lead to."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, object] = {}
        while True:
            page = self.api("GET", f"/segments/{segment}/members", limit=limit, **query, **cursor)
            assert page.status == 200, page.body
            found += page.body["members"]
            if page.body["next_cursor"] is None:
                return found
            cursor = {"cursor": page.body["next_cursor"]}
