"""Drives a stack through a plan over HTTP and compares everything readers see with brute force.

Differences are collected, not raised: a replay of broken code must come to its end and say what is wrong.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from .brute_force import BruteForce
from .client import Http, Reader, UnexpectedAnswer
from .history import Happening, Row, Shop, Webhook, webhook
from .plan import Plan, Step, steps
from .segments import Segment
from .timeline import Event, compare_events

SCOPES = "segments:read segments:write customers:read"
_SHOWN = 5


class LocalStack(Protocol):
    """What the replay needs of a running stack."""

    @property
    def url(self) -> str: ...
    def token(self, shop: str, scope: str) -> str: ...
    def move_clock(self, to: datetime) -> object: ...
    def drain(self, timeout: float = 120) -> object: ...
    def events(self, after: int = 0) -> list[Any]: ...


Explain = Callable[[str, str, str, datetime], bool]


@dataclass(slots=True)
class Report:
    """What was done and every difference that was found."""

    differences: list[str] = field(default_factory=list)
    deliveries: int = 0
    delivering_seconds: float = 0.0
    checks: int = 0
    lists: int = 0
    members: int = 0
    point_reads: int = 0
    explanations: int = 0
    events: int = 0
    clock_events: int = 0
    definition_events: int = 0
    seconds: float = 0.0

    def compare(self, where: str, got: Iterable[str], expected: Iterable[str]) -> None:
        """Note what one has and the other lacks."""
        got, expected = set(got), set(expected)
        for what, rest in (("too many", got - expected), ("missing", expected - got)):
            if rest:
                self.differences.append(f"{where}: {len(rest)} {what}, for example {sorted(rest)[:_SHOWN]}")

    def expect(self, where: str, got: object, expected: object) -> None:
        """Note a value that is not what it must be."""
        if got != expected:
            self.differences.append(f"{where}: {got} instead of {expected}")

    def __str__(self) -> str:
        rate = self.deliveries / self.delivering_seconds if self.delivering_seconds else 0.0
        return (
            f"{self.deliveries} webhooks ({rate:.0f} a second until settled), {self.checks} checks: {self.lists} lists"
            f" with {self.members} members, {self.point_reads} point reads, {self.explanations} explanations;"
            f" {self.events} events, {self.clock_events} by the clock, {self.definition_events} by a definition;"
            f" {self.seconds:.0f} s;"
            f" {len(self.differences)} differences"
        )


class Replay:
    """One run of a plan. `explain(shop, customer, query, at)` answers from what the stack has stored.

    With `enough`, events are compared at every check too, and the run ends early when it says so.
    """

    def __init__(
        self,
        stack: LocalStack,
        plan: Plan,
        table: Sequence[Row],
        explain: Explain,
        say: Callable[[str], object] = print,
        enough: Callable[[Report], bool] | None = None,
    ) -> None:
        self._stack = stack
        self._enough = enough
        self._plan = plan
        self._steps = steps(plan, table)
        self._explain = explain
        self._say = say
        self._shops = {shop.id: shop for shop in plan.shops}
        self._http = Http(stack.url)
        self._brute = BruteForce({shop.id: shop.zone for shop in plan.shops}, plan.segments)
        self._ids: dict[str, dict[str, str]] = {shop.id: {} for shop in plan.shops}
        self._live_since: dict[str, datetime] = {}
        self._chance = random.Random(20)
        self._report = Report()

    def run(self) -> Report:
        """The whole plan; returns what was compared and what differed."""
        started = time.monotonic()
        with closing(self._http), ThreadPoolExecutor(self._plan.threads) as pool:
            self._make_shops()
            self._create([segment for segment in self._plan.segments if not segment.late], self._plan.start)
            for number, step in enumerate(self._steps):
                self._take(step, pool)
                if step.checks or not number % 100:
                    self._progress(number, step, time.monotonic() - started)
                if step.checks and self._enough and self._is_enough(self._enough, step.at):
                    break
            else:
                # Flips between the last step and the end of the plan.
                self._stack.move_clock(self._plan.end)
                self._compare_events(self._plan.end)
        self._report.seconds = time.monotonic() - started
        self._say(f"replay: {self._report}")
        return self._report

    def _is_enough(self, enough: Callable[[Report], bool], at: datetime) -> bool:
        self._compare_events(at)
        return enough(self._report)

    def _take(self, step: Step, pool: ThreadPoolExecutor) -> None:
        self._stack.move_clock(step.at)
        if step.deliveries:
            self._deliver(step, pool)
        if step.creates_late:
            self._create([segment for segment in self._plan.segments if segment.late], step.at)
        if step.checks:
            for shop in self._plan.shops:
                self._check(shop, step.at)
            self._report.checks += 1

    def _progress(self, number: int, step: Step, seconds: float) -> None:
        self._say(
            f"replay: {step.at:%Y-%m-%d %H:%M:%S} step {number + 1}/{len(self._steps)},"
            f" {self._report.deliveries} webhooks, {len(self._report.differences)} differences, {seconds:.0f} s"
        )

    # What a merchant sets up ------------------------------------------------------------------

    def _make_shops(self) -> None:
        for shop in self._plan.shops:
            content = {
                "domain": shop.domain,
                "zone": shop.zone.key,
                "currency": "USD",
                "webhook_secrets": [shop.secret],
            }
            self._reader(shop, "admin").call("PUT", f"/shops/{shop.id}", content, expected=(201,))

    def _create(self, segments: Sequence[Segment], at: datetime) -> None:
        for shop in self._plan.shops:
            reader = self._reader(shop)
            for segment in segments:
                content = {"name": segment.name, "query": segment.query}
                made = reader.call("POST", "/segments", content, expected=(201,))
                self._ids[shop.id][segment.name] = made["id"]
        for segment in segments:
            self._live_since[segment.name] = at
        self._stack.drain(timeout=900)

    def _reader(self, shop: Shop, scope: str = SCOPES) -> Reader:
        # A token ends with the stack's clock, which has moved since the last one was issued.
        return Reader(self._http, self._stack.token(shop.id, scope))

    # What a store tells -----------------------------------------------------------------------

    def _deliver(self, step: Step, pool: ThreadPoolExecutor) -> None:
        self._brute.learn(step.deliveries, step.at)
        started = time.monotonic()
        again = tuple(one for one in step.deliveries if one.twice)
        told = (*step.deliveries, *again)
        for status in pool.map(self._post, told):
            if status != 200:
                raise UnexpectedAnswer(f"a webhook of {step.at} was answered {status}")
        self._stack.drain()
        self._report.delivering_seconds += time.monotonic() - started
        self._report.deliveries += len(told)

    def _post(self, happening: Happening) -> int:
        delivery: Webhook = webhook(self._shops[happening.shop], happening)
        return self._http.request("POST", delivery.path, delivery.body, delivery.headers).status

    # What readers see -------------------------------------------------------------------------

    def _check(self, shop: Shop, at: datetime) -> None:
        expected = self._brute.members(shop.id, at)
        reader = self._reader(shop)
        for name, segment in self._ids[shop.id].items():
            where = f"{shop.id}, '{name}' at {at.isoformat()}"
            listed = [member["customer_id"] for member in reader.members(segment, self._plan.page)]
            seen = reader.call("GET", f"/segments/{segment}")
            self._report.compare(f"list of {where}", listed, expected[name])
            self._report.expect(f"members listed once in {where}", len(listed), len(set(listed)))
            self._report.expect(f"count of {where}", seen["count"], len(expected[name]))
            self._report.expect(f"state of {where}", seen["state"], "ready")
            self._report.lists += 1
            self._report.members += len(listed)
        self._check_customers(shop, reader, at, expected)

    def _check_customers(self, shop: Shop, reader: Reader, at: datetime, expected: dict[str, set[str]]) -> None:
        known = self._brute.customers(shop.id, at)
        live = list(self._ids[shop.id])
        for customer in self._chance.sample(known, min(self._plan.point_reads, len(known))):
            # 404: a customer whom the system does not know belongs nowhere, which brute force may see otherwise.
            seen = reader.call("GET", f"/customers/{customer}/segments", expected=(200, 404))
            names = [segment["name"] for segment in seen.get("segments", ())]
            belongs = [name for name in live if customer in expected[name]]
            self._report.compare(f"segments of {customer} in {shop.id} at {at.isoformat()}", names, belongs)
            self._report.point_reads += 1
        queries = {segment.name: segment.query for segment in self._plan.segments}
        for customer in self._chance.sample(known, min(self._plan.explanations, len(known))):
            # Members are rare in most segments: ask as often for one that the customer is in.
            for name in {self._chance.choice(live), *[name for name in live if customer in expected[name]][:1]}:
                verdict = self._explain(shop.id, customer, queries[name], at)
                where = f"explanation of {customer} in {shop.id}, '{name}' at {at.isoformat()}"
                self._report.expect(where, verdict, customer in expected[name])
                self._report.explanations += 1

    def _compare_events(self, until: datetime) -> None:
        events = [Event.of(detail) for detail in map(_detail, self._stack.events())]
        self._report.events = len(events)
        self._report.clock_events = sum(event.cause == "clock" for event in events)
        self._report.definition_events = sum(event.cause == "definition" for event in events)
        told_at: dict[tuple[str, str], set[datetime]] = {}
        for step in self._steps:
            for one in step.deliveries:
                told_at.setdefault((one.shop, one.customer), set()).add(step.at)
        for shop in self._plan.shops:
            names = {segment: name for name, segment in self._ids[shop.id].items()}
            compare_events(
                [event for event in events if event.shop == shop.id],
                self._report,
                shop=shop,
                brute=self._brute,
                names=names,
                live_since=self._live_since,
                told_at=told_at,
                until=until,
            )


def _detail(entry: Any) -> dict[str, Any]:
    """The detail of a bus event, which may travel as text."""
    detail = entry["detail"]
    content: dict[str, Any] = json.loads(detail) if isinstance(detail, str) else detail
    return content
