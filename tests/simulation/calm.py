"""A shop in a cloud where nothing goes wrong: who asks is answered at once, and time passes when it is told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from .checks import folded
from .http import as_reader, ask
from .scheduler import Scheduler
from .troubles import Troubles
from .world import World

_IMPORTED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Calm:
    """The shop, asked through the API with every scope."""

    shop: str
    scheduler: Scheduler

    @classmethod
    @contextmanager
    def opened(cls, shop: str, zone: ZoneInfo, currency: str, at: datetime) -> Iterator[Calm]:
        """Make the shop at that instant; within this, all functions find themselves in its cloud."""
        world = World(at, Random(f"calm {shop}"), Troubles(frozenset()))
        with world.entered():
            calm = cls(shop, Scheduler(world))
            calm.ask("PUT", f"/shops/{shop}", {"domain": f"{shop}.example.com", "zone": zone.key, "currency": currency})
            yield calm
            assert not calm.scheduler.failures

    @property
    def world(self) -> World:
        """The cloud."""
        return self.scheduler.world

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The body of the answer, which must be a success."""
        answer = ask(self.world, method, path, *as_reader(self.shop, body))
        assert answer.status < 300, (method, path, answer)
        return answer.body

    def make(self, name: str, query: str) -> str:
        """Make a segment; returns its id."""
        return str(self.ask("POST", "/segments", {"name": name, "query": query})["id"])

    def tell(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Import customers, and let everything that follows from that happen."""
        for start in range(0, len(documents), _IMPORTED_AT_ONCE):
            some = {"customers": documents[start : start + _IMPORTED_AT_ONCE]}
            assert {one["status"] for one in self.ask("POST", "/imports", some)["results"]} == {"accepted"}
        self.scheduler.quiet()

    def events_of(self, segment: str) -> list[dict[str, Any]]:
        """The enters and leaves of a segment that were told, each once, those of a customer in their order."""
        told = folded(self.world.bus.told).items()
        return [one for (_, of, _), every in told if of == segment for one in every]
