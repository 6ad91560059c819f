"""What is forecast for 90 days is what happens in them, in every segment of a shop, in each direction, on every day.

All functions run as they are deployed, in memory and without troubles: customers are imported, forecasts are asked of
the API, and then nothing comes but the clock. What the bus tells is folded, and is what was forecast.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from segment_core.instants import iso, parse
from segment_core.membership import sweep
from tests.integration.replay import history
from tests.integration.replay.days import local_date
from tests.integration.replay.segments import SEGMENTS as OF_REAL_ORDERS
from tidemark.demo import shop as demo
from tidemark.demo.segments import SEGMENTS as OF_THE_DEMO

from .calm import Calm
from .scheduler import Scheduler, Stuck

CDNOW = Path(__file__).parents[3] / "shared" / "data" / "cdnow_sample.csv.gz"
CUSTOMERS = 500
DAYS = 90
# Midnights are on another date in UTC, and at that of 28 September clocks go back an hour.
LEBANON = history.Shop("cdnow", ZoneInfo("Asia/Beirut"), CUSTOMERS)
AUGUST = datetime(1997, 8, 10, 16, tzinfo=UTC)

Day = tuple[date, int, int, int]
"""How many entered on it and left, and how many were in when it ended."""


@dataclass(frozen=True)
class Shop:
    """A shop in which time is all that goes on."""

    id: str
    zone: ZoneInfo
    opening: datetime
    queries: Mapping[str, str]
    documents: Sequence[Mapping[str, Any]]


def _demo() -> Shop:
    """The shop that `make run` fills."""
    return Shop("demo", demo.ZONE, demo.OPENING, dict(OF_THE_DEMO), [*demo.customers(CUSTOMERS)])


def _cdnow() -> Shop:
    """Real customers with what they had bought until August 1997."""
    if not CDNOW.exists():
        pytest.skip(f"the CDNOW sample is not at {CDNOW}")
    documents: dict[str, dict[str, Any]] = {}
    for one in history.happenings(LEBANON, history.rows(CDNOW)):
        if one.at > AUGUST:
            break
        created = {"id": one.customer, "as_of": iso(AUGUST), "created_at": iso(one.customer_created_at), "orders": []}
        document = documents.setdefault(one.customer, created)
        if isinstance(one, history.Order):
            lines = [{"product_id": "1", "quantity": one.quantity}]
            order = {"id": one.id, "created_at": iso(one.at), "total": str(one.amount), "currency": "USD"}
            document["orders"].append({**order, "lines": lines})
    queries = {one.name: one.query for one in OF_REAL_ORDERS}
    return Shop(LEBANON.id, LEBANON.zone, AUGUST, queries, [*documents.values()])


@pytest.mark.parametrize("opened", [_demo, _cdnow], ids=["demo", "cdnow"])
def test_time_does_what_was_forecast(opened: Callable[[], Shop]) -> None:
    shop = opened()
    with Calm.opened(shop.id, shop.zone, "USD", shop.opening) as calm:
        segments = {name: calm.make(name, query) for name, query in shop.queries.items()}
        calm.tell(shop.documents)
        forecasts = {name: calm.ask("GET", f"/segments/{id}/forecast?days={DAYS}") for name, id in segments.items()}
        # The sweep that serves the last instants of all runs a minute later.
        calm.scheduler.pass_to(max(parse(one["until"]) for one in forecasts.values()) + timedelta(minutes=1))
        counts = {name: calm.ask("GET", f"/segments/{id}/count")["count"] for name, id in segments.items()}
        events = {name: calm.events_of(id) for name, id in segments.items()}
    everybody, moves = len(shop.documents), 0
    for name, told in forecasts.items():
        assert told["scope"] == {"exact": True, "customers": everybody, "looked_at": everybody}
        days = [_day(one) for one in told["days"]]
        assert days == [*_happened(events[name], shop.zone, parse(told["as_of"]), parse(told["until"]))], name
        assert days[-1][3] == counts[name], name
        moves += sum(entered + left for _, entered, left, _ in days)
    assert moves > everybody / 2, "it is no proof of anything if time moved nobody"


def test_time_that_serves_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stays due would be waited for without end."""
    with Calm.opened("demo", demo.ZONE, "USD", demo.OPENING) as calm:
        calm.make("Recent", "last_order_date >= -30d")
        calm.tell([*demo.customers(20)])
        world = calm.scheduler.world
        due = sweep.next_due(world.table("Segments").name, world.table("Memberships").name)
        assert due is not None
        monkeypatch.setattr(Scheduler, "_drain", lambda _: None)
        with pytest.raises(Stuck, match="is not served"):
            calm.scheduler.pass_to(due + timedelta(minutes=2))


def _day(told: Mapping[str, Any]) -> Day:
    return date.fromisoformat(told["date"]), *(told[name]["value"] for name in ("entered", "left", "size"))


def _happened(events: Iterable[Mapping[str, Any]], zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Day]:
    """The days from one instant up to another, in one segment, as enters and leaves tell them."""
    moved: Counter[tuple[date, str]] = Counter()
    size = 0
    for event in events:
        at = parse(event["effective_at"])
        if at <= since:
            size += 1 if event["change"] == "enter" else -1
        elif at < until:
            assert event["cause"] == "clock", event
            moved[local_date(zone, at), event["change"]] += 1
    day, last = local_date(zone, since), local_date(zone, until - timedelta(microseconds=1))
    while day <= last:
        size += moved[day, "enter"] - moved[day, "leave"]
        yield day, moved[day, "enter"], moved[day, "leave"], size
        day += timedelta(days=1)
