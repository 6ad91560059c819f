"""What must hold when all is quiet, found without the code that it is about: by brute force over what stores know.

The invariants are numbered as in the design: membership (1), events that alternate (3), counts (4), definitions (5),
erasure (6), shops apart (7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from segment_core.evaluator import explain
from segment_core.facts.customer import Customer
from segment_core.language import parse
from segment_core.shop import Shop
from segment_core.store import facts, generations, keys, memberships
from tests.property import oracle

from .actors import Actors, Merchant, path
from .http import as_reader, ask
from .story import CUSTOMERS
from .world import World

Flips = Mapping[tuple[str, str, str], list[dict[str, Any]]]


@dataclass(slots=True)
class Checking:
    """One look at everything, as of the instant that schedules served last."""

    world: World
    actors: Actors
    at: datetime

    def differences(self) -> Iterator[str]:
        """Everything that is not as it must be, each in a line."""
        flips = folded(self.world.bus.told)
        yield from _alternation(flips)
        for shop, merchant in self.actors.merchants.items():
            yield from self._shop(shop, merchant, flips)
            yield from self._erased(shop)
            yield from self._history(shop, flips)
        yield from self._nothing_left()

    def _get(self, shop: str, where: str) -> Any:
        answer = ask(self.world, "GET", where, *as_reader(shop))
        if answer.status not in (200, 404):
            raise AssertionError(f"GET {where} of {shop} was answered {answer.status} {answer.body}")
        return answer.body if answer.status == 200 else None

    def _pages(self, shop: str, base: str, key: str, **query: Any) -> list[Any]:
        found, cursor = [], None
        while True:
            page = self._get(shop, path(base, **query, **({"cursor": cursor} if cursor else {})))
            found += page[key]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    # Segments -----------------------------------------------------------------------------------

    def _shop(self, shop: str, merchant: Merchant, flips: Flips) -> Iterator[str]:
        customers = self.actors.stores[shop].customers()
        rules = Shop(ZoneInfo(merchant.settings.zone), "USD", merchant.settings.orders)
        segments = {one["id"]: one for one in self._pages(shop, "/segments", "segments", limit=3)}
        lost = (merchant.made.keys() - merchant.gone - merchant.unsure) - segments.keys()
        yield from (f"{shop}: segment {id} was made and is not there" for id in sorted(lost))
        yield from (f"{shop}: segment {id} was deleted and is there" for id in sorted(merchant.gone & segments.keys()))
        expected = {
            id: {one for one, known in customers.items() if oracle.member(parse(seen["query"]), known, rules, self.at)}
            for id, seen in segments.items()
        }
        for id, seen in segments.items():
            where = f"{shop}: segment {id} '{seen['query']}' at {self.at.isoformat()}"
            if id in merchant.made and parse(seen["query"]) not in map(parse, merchant.made[id].queries):
                yield f"{where} should ask one of {sorted(merchant.made[id].queries)}"
            if seen["state"] != "ready":
                yield f"{where} is {seen['state']}"
                continue
            listed = [one["customer_id"] for one in self._pages(shop, f"/segments/{id}/members", "members", limit=3)]
            yield from _compared(f"{where}: members", listed, expected[id])
            if datetime.fromisoformat(seen["as_of"]) < self.at:
                yield f"{where} is as of {seen['as_of']} only"
            if seen["count"] != len(expected[id]):
                yield f"{where}: count {seen['count']} instead of {len(expected[id])}"
            in_events = {
                one for (of, segment, one), told in flips.items() if (of, segment) == (shop, id) and _is_in(told)
            }
            yield from _compared(f"{where}: events folded", in_events, expected[id])
        for (of, segment, one), told in flips.items():
            if of == shop and segment not in segments and _is_in(told):
                yield f"{shop}: {one} entered segment {segment}, which is gone, and never left"
        yield from self._customers(shop, customers, rules, segments, expected)
        yield from self._lists(shop)

    def _customers(
        self,
        shop: str,
        customers: Mapping[str, Customer],
        rules: Shop,
        segments: Mapping[str, Any],
        expected: Mapping[str, set[str]],
    ) -> Iterator[str]:
        for one, id in ((str(self.actors.stores[shop].now_of(id)), id) for id in CUSTOMERS):
            seen = self._get(shop, f"/customers/{id}/segments")
            if (seen is not None) != (one in customers):
                yield f"{shop}: customer {id} is {'there' if seen else 'not there'}"
            if seen is None:
                continue
            belongs = {id for id, members in expected.items() if one in members}
            yield from _compared(f"{shop}: segments of {one}", [each["id"] for each in seen["segments"]], belongs)
            loaded = facts.load(self.world.table("Customers").name, shop, one).customer
            if loaded is None or one not in customers:
                continue
            yield from differing_facts(f"{shop}: customer {one}", loaded, customers[one], rules, self.at)
            for id, segment in segments.items():
                told = explain(parse(segment["query"]), loaded, rules, self.at)
                if told.member != (id in belongs):
                    yield f"{shop}: the explanation of {one} in {id} says {told.member}"

    def _lists(self, shop: str) -> Iterator[str]:
        """Rows and counters agree with each other, are of live definitions only, and so are bits."""
        generation = generations.current(self.world.table("Segments").name, shop)
        wanted = self.actors.merchants[shop].settings
        if generation is None or (generation.zone, generation.orders) != (wanted.zone, wanted.orders):
            yield f"{shop}: {generation and generation.zone, generation and generation.orders} instead of {wanted}"
        live = {one.id for one in generation.live} if generation else set()
        rows: dict[str, int] = {}
        for (pk, _), item in self.world.table("Members").items():
            of, definition, _ = pk.split("#")
            if of != shop:
                continue
            if definition not in live:
                yield f"{shop}: a row of definition {definition} is left, which is gone"
            rows[definition] = rows.get(definition, 0) + item["member"]["BOOL"]
        counts: dict[str, int] = {}
        for (pk, sk), item in self.world.table("Segments").items():
            if pk == shop and sk.startswith("COUNT#"):
                definition = sk.split("#")[1]
                counts[definition] = counts.get(definition, 0) + int(item["members"]["N"])
        for definition in sorted(rows.keys() | counts.keys()):
            if rows.get(definition, 0) != counts.get(definition, 0):
                yield f"{shop}: {definition} has {rows.get(definition, 0)} rows, counted {counts.get(definition, 0)}"

    # Erasure ------------------------------------------------------------------------------------

    def _erased(self, shop: str) -> Iterator[str]:
        store = self.actors.stores[shop]
        for id in sorted(store.erased | store.merged.keys()):
            # What was told of one who was merged is the other one's now, and rests with them.
            rests = self._rests_until(shop, store.now_of(id))
            planted = (f"planted.{id}@", f"Planted {id}") if id in store.erased and rests is None else ()
            found = facts.load(self.world.table("Customers").name, shop, str(id))
            if not found.erased:
                yield f"{shop}: {id} was erased or merged and has no tombstone"
            stored = memberships.read(self.world.table("Memberships").name, shop, str(id))
            if stored is not None and (stored.bits or stored.due != found.rests_until):
                yield f"{shop}: {id} was erased or merged and has a membership"
            if rests is not None and (rests <= self.at or store.now_of(id) not in store.deleted):
                yield f"{shop}: {id} rests until {rests.isoformat()}"
            for table in self.world.tables.values():
                for key, item in table.items():
                    mine = key[0].startswith(f"{shop}#")
                    if mine and any(text in str(item) for text in planted):
                        yield f"{shop}: {id} was erased, and {table.name} {key} tells of them"
            for (pk, sk), item in self.world.table("Customers").items():
                if pk == f"{shop}#{id}" and sk != "PROFILE" and found.rests_until is None:
                    yield f"{shop}: {id} was erased or merged, and {sk} is left: {sorted(item)}"

    def _rests_until(self, shop: str, id: int) -> datetime | None:
        return facts.load(self.world.table("Customers").name, shop, str(id)).rests_until

    def _history(self, shop: str, flips: Flips) -> Iterator[str]:
        """History says what the events said, and nothing of those who were erased."""
        store = self.actors.stores[shop]
        erased = {str(id) for id in store.erased | store.merged.keys()}
        entries = {}
        for (pk, _), item in self.world.table("History").items():
            of, one = pk.split("#")
            if of == shop:
                entries[item["segment"]["S"], one, int(item["version"]["N"])] = (
                    item["change"]["S"],
                    item["cause"]["S"],
                    item["effective_at"]["S"],
                )
        told = {
            (segment, one, event["version"]): (event["change"], event["cause"], event["effective_at"])
            for (of, segment, one), events in flips.items()
            if of == shop and one not in erased
            for event in events
        }
        for key in sorted(entries.keys() | told.keys()):
            if entries.get(key) != told.get(key):
                yield f"{shop}: history has {entries.get(key)} of {key}, events {told.get(key)}"

    def _nothing_left(self) -> Iterator[str]:
        for _, item in self.world.table("Segments").partition(keys.JOBS):
            yield f"a job is left: {item}"
        for queue in self.world.queues.values():
            for message in queue.messages.values():
                if queue.settings.name.endswith("ScheduleDeadLetterQueue"):
                    continue
                yield f"{queue.settings.name} holds {message.body[:200]} {message.attributes}"


# Events ---------------------------------------------------------------------------------------


def folded(told: list[dict[str, Any]]) -> Flips:
    """Events once each, by whom and what they are of, in the order in which they happened."""
    by_id: dict[str, dict[str, Any]] = {}
    for event in told:
        known = by_id.setdefault(event["id"], event)
        # A segment's name may be gone when an event is told again.
        if {**known, "segment_name": None} != {**event, "segment_name": None}:
            raise AssertionError(f"an event was told in two ways: {known} and {event}")
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for event in sorted(by_id.values(), key=lambda event: event["version"]):
        found.setdefault((event["shop"], event["segment_id"], event["customer_id"]), []).append(event)
    return found


def _is_in(told: list[dict[str, Any]]) -> bool:
    return bool(told[-1]["change"] == "enter")


def _alternation(flips: Flips) -> Iterator[str]:
    for (shop, segment, one), told in flips.items():
        where = f"{shop}: {one} in {segment}"
        if told[0]["change"] != "enter":
            yield f"{where} leaves before entering"
        for before, after in pairwise(told):
            if before["change"] == after["change"]:
                yield f"{where} has {before['change']} twice: {before['id']}, {after['id']}"
            if _instant(before) > _instant(after):
                yield f"{where} goes back in time: {before['id']}, {after['id']}"


def _instant(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["effective_at"]).astimezone(UTC)


def _compared(where: str, got: Any, expected: set[str]) -> Iterator[str]:
    got = list(got)
    if len(got) != len(set(got)):
        yield f"{where} are listed twice: {sorted(got)}"
    if set(got) != expected:
        yield f"{where} are {sorted(got)} instead of {sorted(expected)}"


# Facts ----------------------------------------------------------------------------------------


def differing_facts(where: str, stored: Customer, known: Customer, rules: Shop, at: datetime) -> Iterator[str]:
    """What is stored says what the store knows."""
    said, so = _said(stored, rules, at), _said(known, rules, at)
    yield from (f"{where}: {name} is {said[name]} instead of {so[name]}" for name in so if said[name] != so[name])


def _said(customer: Customer, rules: Shop, at: datetime) -> dict[str, Any]:
    return {
        "created_at": customer.created_at,
        "email": customer.email,
        "tags": sorted(customer.tags),
        "consent": customer.email_marketing_consent,
        "checkouts": sorted((one.id, one.updated_at, one.completed_at) for one in customer.checkouts),
        "events": sorted((one.id, one.type, one.at) for one in customer.events),
        "orders": {
            one.id: (one.created_at, oracle._spend(one, rules, at + timedelta(days=1)), one.cancelled_at, one.test)
            for one in sorted(customer.orders, key=lambda one: one.id)
        },
    }
