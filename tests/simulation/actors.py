"""Who acts in a run: stores, which tell until they were heard, and merchants, who ask the API.

What was answered is remembered: it must be so ever after. What was not answered may or may not have been done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from segment_core.shop import OrderPolicy

from .http import Answer, as_reader
from .scheduler import Request, Scheduler
from .storefront import Store
from .story import Step

_HEARD = (200, 201, 202, 204)
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Settings:
    """What a merchant last asked for, which is what holds in the end."""

    zone: str
    orders: OrderPolicy = field(default_factory=OrderPolicy)


@dataclass(slots=True)
class Edits:
    """What the query of a segment may be, as far as its merchant can know: one, unless edits overtook each other."""

    queries: set[str]
    waiting: list[str] = field(default_factory=list)
    together: int = 0
    unsure: bool = False

    def begin(self, query: str) -> None:
        """Another query is asked for, while some may still wait for an answer."""
        if not self.waiting:
            self.together, self.unsure = 0, False
        self.waiting.append(query)
        self.together += 1
        self.queries.add(query)

    def end(self, query: str, *, was_done: bool) -> None:
        """It was answered; what was refused may have been done all the same, when it was asked before."""
        self.waiting.remove(query)
        self.unsure |= not was_done
        if not self.waiting and self.together == 1 and not self.unsure:
            self.queries = {query}


@dataclass(slots=True)
class Merchant:
    """One shop's merchant: what they know to be there, and what they know to be gone."""

    shop: str
    settings: Settings
    made: dict[str, Edits] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    # Whose deletion was asked for and perhaps not answered yet.
    unsure: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Actors:
    """All of them, in one cloud."""

    scheduler: Scheduler
    stores: dict[str, Store]
    merchants: dict[str, Merchant]

    def act(self, step: Step) -> None:
        """Take a step. Whatever it asks of the cloud only waits to happen after this."""
        store = self.stores[step.shop]
        known = len(store.told)
        if step.kind in _ACTS:
            _ACTS[step.kind](self, step, store)
        for webhook in store.told[known:]:
            path = f"/webhooks/{webhook.shop}"
            name = f"webhook {webhook.topic} {webhook.event[5:19]}"
            self.scheduler.ask(Request(name, "POST", path, webhook.body, dict(webhook.headers), _is_safe, repeats=True))

    def opens(self, merchant: Merchant) -> None:
        """Have the shop made, or its settings changed."""
        store, settings = self.stores[merchant.shop], merchant.settings
        body = {
            "domain": store.domain,
            "zone": settings.zone,
            "currency": "USD",
            "settings": {
                "count_test_orders": settings.orders.count_test,
                "count_cancelled_orders": settings.orders.count_cancelled,
            },
            "webhook_secrets": [store.secret],
        }

        def done(answer: Answer) -> bool:
            if merchant.settings is settings:
                return answer.status in _HEARD
            # An older wish that is granted late has taken the place of the newer one: they ask for that again.
            if answer.status in _HEARD:
                self.opens(merchant)
            return True

        self._ask(merchant.shop, "PUT", f"/shops/{merchant.shop}", body, done)

    def _ask(
        self,
        shop: str,
        method: str,
        path: str,
        body: Any,
        done: Callable[[Answer], bool],
        more: Mapping[str, str] = _NO_HEADERS,
    ) -> None:
        content, headers = as_reader(shop, body)
        self.scheduler.ask(Request(f"{method} {path}", method, path, content, {**headers, **more}, done))

    @property
    def _now(self) -> Any:
        return self.scheduler.world.now()

    # Stores -------------------------------------------------------------------------------------

    def _person(self, step: Step, store: Store) -> None:
        what = step.what
        store.person(what["customer"], self._now, domain=what["domain"], tags=what["tags"], old_shape=what["old_shape"])

    def _buys(self, step: Step, store: Store) -> None:
        what = step.what
        ago = timedelta(days=what["days"], minutes=what["minutes"])
        total, test, again = Decimal(what["total"]), what["test"], what["again"]
        buyer = None if what["guest"] else what["customer"]
        store.buys(buyer, self._now, ago=ago, total=total, test=test, again=again)

    def _tag(self, step: Step, store: Store) -> None:
        store.tag(step.what["customer"], self._now, step.what["tag"])

    def _consents(self, step: Step, store: Store) -> None:
        store.consents(step.what["customer"], self._now, step.what["state"])

    def _edits(self, step: Step, store: Store) -> None:
        store.edits(step.what["which"], self._now, Decimal(step.what["total"]))

    def _refunds(self, step: Step, store: Store) -> None:
        store.refunds(step.what["which"], self._now, with_order=step.what["with_order"])

    def _cancels(self, step: Step, store: Store) -> None:
        store.cancels(step.what["which"], self._now)

    def _deletes(self, step: Step, store: Store) -> None:
        store.deletes(step.what["which"], self._now)

    def _hands_over(self, step: Step, store: Store) -> None:
        store.hands_over(step.what["which"], step.what["customer"], self._now)

    def _erases(self, step: Step, store: Store) -> None:
        store.erases(step.what["customer"], self._now)

    def _redacts(self, step: Step, store: Store) -> None:
        store.redacts(step.what["customer"], self._now, lists=step.what["lists"])

    def _merges(self, step: Step, store: Store) -> None:
        what, gone = step.what, step.what["customer"]
        for kept in what["into"]:
            edits, untags, deletes = what["edits"], what["untags"], what["deletes"]
            store.merges(gone, kept, self._now, edits=edits, untags=untags, deletes=deletes)
            gone = kept

    def _checks_out(self, step: Step, store: Store) -> None:
        store.checks_out(step.what["customer"], self._now)

    def _completes(self, step: Step, store: Store) -> None:
        store.completes(step.what["which"], self._now)

    def _looks(self, step: Step, store: Store) -> None:
        event = store.sees(step.what["customer"], self._now, timedelta(hours=step.what["hours"]))
        if event is not None:
            self._ask(step.shop, "POST", "/events", {"events": [event]}, lambda answer: answer.status in _HEARD)

    def _moves(self, step: Step, store: Store) -> None:
        merchant = self.merchants[step.shop]
        merchant.settings = Settings(step.what["zone"], merchant.settings.orders)
        store.moves(step.what["zone"], self._now)

    # Merchants ----------------------------------------------------------------------------------

    def _imports(self, step: Step, store: Store) -> None:
        told = (store.document(id, self._now, dated=step.what["dated"]) for id in step.what["customers"])
        documents = [one for one in told if one]
        if documents:
            self._ask(step.shop, "POST", "/imports", {"customers": documents}, lambda answer: answer.status in _HEARD)

    def _makes_segment(self, step: Step, store: Store) -> None:
        merchant = self.merchants[step.shop]

        def done(answer: Answer) -> bool:
            if answer.status == 201:
                merchant.made[answer.body["id"]] = Edits({answer.body["query"]})
            # Asked again, it might be made twice; a name that is taken stays taken.
            return True

        self._ask(step.shop, "POST", "/segments", {"name": step.what["name"], "query": step.what["query"]}, done)

    def _reads(self, step: Step, store: Store) -> None:
        """Whoever reads gets an answer, whatever goes on meanwhile, and one that could be so."""
        _, segment = self._which(step)
        paths = ["/segments", f"/customers/{step.what['which'] % 5}/segments"]
        paths += [f"/segments/{segment}", f"/segments/{segment}/members"] if segment else []
        for one in paths:
            content, headers = as_reader(step.shop)
            self.scheduler.ask(Request(f"GET {one}", "GET", one, content, headers, _reads_well, calm=True))

    def _which(self, step: Step) -> tuple[Merchant, str | None]:
        merchant = self.merchants[step.shop]
        there = sorted(merchant.made.keys() - merchant.gone)
        return merchant, there[step.what["which"] % len(there)] if there else None

    def _drops_segment(self, step: Step, store: Store) -> None:
        merchant, segment = self._which(step)
        if segment is None:
            return
        merchant.unsure.add(segment)

        def done(answer: Answer) -> bool:
            if answer.status not in (204, 404):
                return False
            merchant.gone.add(segment)
            return True

        self._ask(step.shop, "DELETE", f"/segments/{segment}", None, done)

    def _edits_segment(self, step: Step, store: Store) -> None:
        merchant, segment = self._which(step)
        if segment is None:
            return
        query = step.what["query"]
        edits = merchant.made[segment]
        edits.begin(query)

        def done(answer: Answer) -> bool:
            if answer.status not in (200, 404, 429):
                return False
            edits.end(query, was_done=answer.status == 200)
            return True

        self._ask(step.shop, "PATCH", f"/segments/{segment}", {"query": query}, done, {"if-match": "*"})

    def _settings(self, step: Step, store: Store) -> None:
        merchant = self.merchants[step.shop]
        merchant.settings = Settings(step.what["zone"], OrderPolicy(step.what["test"], step.what["cancelled"]))
        self.opens(merchant)

    # Time ---------------------------------------------------------------------------------------

    def _time(self, step: Step, store: Store) -> None:
        """Minutes go by, with the schedules' functions in them or, in an outage, without."""
        world, minutes = self.scheduler.world, step.what["minutes"]
        # Stores give up after some hours, and for a day a merge finds what its old id was deleted with.
        minutes = min(minutes, 60) if self.scheduler.waits_for("customers/merge") else minutes
        parts = 3 if step.what["sweeps"] else 1
        for _ in range(parts):
            world.jump(timedelta(minutes=minutes) / parts)
            if step.what["sweeps"]:
                self.scheduler.schedules()
                self.scheduler.some(10)

    def _sweep(self, step: Step, store: Store) -> None:
        self.scheduler.world.elapsed += 60
        self.scheduler.schedules()


_ACTS: dict[str, Callable[[Actors, Step, Store], None]] = {
    "person": Actors._person,
    "buys": Actors._buys,
    "tag": Actors._tag,
    "consents": Actors._consents,
    "edits": Actors._edits,
    "refunds": Actors._refunds,
    "cancels": Actors._cancels,
    "deletes": Actors._deletes,
    "hands over": Actors._hands_over,
    "erases": Actors._erases,
    "redacts": Actors._redacts,
    "merges": Actors._merges,
    "imports": Actors._imports,
    "reads": Actors._reads,
    "checks out": Actors._checks_out,
    "completes": Actors._completes,
    "looks": Actors._looks,
    "moves": Actors._moves,
    "makes segment": Actors._makes_segment,
    "edits segment": Actors._edits_segment,
    "drops segment": Actors._drops_segment,
    "settings": Actors._settings,
    "time": Actors._time,
    "sweep": Actors._sweep,
}


def made(scheduler: Scheduler) -> Actors:
    """The stores and merchants of a run, whose shops are not made yet."""
    from .story import SHOPS

    zones = dict(zip(SHOPS, ("Europe/Oslo", "America/New_York"), strict=True))
    return Actors(
        scheduler,
        {shop: Store(shop, f"secret of {shop}", ZoneInfo(zone)) for shop, zone in zones.items()},
        {shop: Merchant(shop, Settings(zone)) for shop, zone in zones.items()},
    )


def _is_safe(answer: Answer) -> bool:
    return answer.status == 200


def _reads_well(answer: Answer) -> bool:
    if answer.status not in (200, 404):
        raise AssertionError(f"a reader was answered {answer.status} {answer.body}")
    body = answer.body
    listed = [one["customer_id"] for one in body.get("members", ())]
    if len(listed) > len(set(listed)) or any((one.get("count") or 0) < 0 for one in (body, *body.get("segments", ()))):
        raise AssertionError(f"a reader was shown {body}")
    return True


def path(base: str, **query: Any) -> str:
    """A path with its query."""
    return f"{base}?{urlencode(query)}"
