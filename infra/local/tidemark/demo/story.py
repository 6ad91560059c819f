"""The story of the demo: what moves customers between segments, told with the real system over HTTP.

The clock stands at a fixed instant and moves only when the story says so. So every run prints the same.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from shutil import which
from textwrap import fill, indent
from typing import Any

from segment_core.instants import iso, parse
from tidemark.cli.errors import CommandError
from tidemark.cli.importing import BATCH_DOCUMENTS
from tidemark.cli.output import Progress
from tidemark.cli.service import ALL_SCOPES, Answer, Service
from tidemark.demo import shop, webhooks
from tidemark.demo.segments import SEGMENTS
from tidemark.stack import NotIdle, Stack

CUSTOMERS = 2_000
# moto walks whole tables for a query and copies them for a transaction: three times as many take nine times as long.
CUSTOMERS_ON_MOTO = 100

ORDER_AT = shop.OPENING + timedelta(minutes=5)
TAG_AT = shop.OPENING + timedelta(minutes=10)
A_MONTH_LATER = shop.OPENING + timedelta(days=31)
ORDER_TOTAL = "516.40"
# A file of customers in the repository, to try the commands on.
SAMPLE = "events/customers.ndjson"
# Far more than it takes on a slow machine.
_FILL_SECONDS = 1_200
_INSTANTS_SHOWN = 8
_WIDTH = 116


@dataclass(frozen=True)
class Change:
    """An enter or a leave, as the bus told it."""

    customer: str
    segment: str
    entered: bool
    cause: str
    at: datetime

    @property
    def verb(self) -> str:
        """What the customer did."""
        return "entered" if self.entered else "left"


class Story:
    """The chapters, in order; each prints what it did and what followed."""

    def __init__(self, stack: Stack, say: Callable[[str], None] = print) -> None:
        self._stack = stack
        self._say = say
        self._service = Service(stack.url, stack.token(shop.SHOP, ALL_SCOPES))
        self._last_event = 0

    def tell(self, customers: int) -> None:
        """All of it, over a shop of so many customers."""
        self._open_shop()
        self._fill(customers)
        self._order_arrives()
        self._tag_is_removed()
        self._month_passes()

    def _open_shop(self) -> None:
        settings = {"count_test_orders": False, "count_cancelled_orders": False}
        self._call("PUT", f"/shops/{shop.SHOP}", {
            "domain": webhooks.DOMAIN, "zone": shop.ZONE.key, "currency": shop.CURRENCY,
            "settings": settings, "webhook_secrets": [webhooks.SECRET],
        })  # fmt: skip
        for segment in SEGMENTS:
            self._call("POST", "/segments", segment._asdict())
        self._stack.drain()

    def _fill(self, customers: int) -> None:
        self._say(f"1. A shop in {shop.ZONE.key}: {customers:,} invented customers with two years of orders")
        self._say(f"   The clock stands at {iso(shop.OPENING)}. Members of its ten segments:\n")
        documents = shop.customers(customers)
        while batch := list(islice(documents, BATCH_DOCUMENTS)):
            self._call("POST", "/imports", {"customers": batch})
        self._settle()
        self._changes()
        for name, count, query in self._counts():
            self._say(_wrapped(f"   {count:>6,}  {name:<36}", query))

    def _settle(self) -> None:
        """Wait until the import has gone all the way, and show that it does."""
        progress = Progress("messages to go")
        for _ in range(_FILL_SECONDS):
            try:
                self._stack.drain(1)
            except NotIdle:
                progress.show(sum(queue.depth()[0] for queue in self._stack.queues))
            else:
                progress.clear()
                return
        raise CommandError(f"the import has not settled after {_FILL_SECONDS} seconds")

    def _order_arrives(self) -> None:
        self._say(f"\n2. A signed order arrives: Rowan Example ({shop.BUYER}), who bought once, last July,")
        self._say(f"   orders for {ORDER_TOTAL} {shop.CURRENCY} at {iso(ORDER_AT)}\n")
        self._stack.move_clock(ORDER_AT)
        body = webhooks.order_created(f"{shop.BUYER}002", shop.BUYER, ORDER_TOTAL, ORDER_AT)
        self._webhook("orders/create", body, ORDER_AT)

    def _tag_is_removed(self) -> None:
        self._say(f"\n3. A tag is removed: Maple Sample ({shop.TAGGED}) is no longer 'vip'\n")
        self._stack.move_clock(TAG_AT)
        self._webhook("customer.tags_removed", webhooks.tags_changed(shop.TAGGED, ["vip"], TAG_AT), TAG_AT)

    def _webhook(self, topic: str, body: dict[str, Any], at: datetime) -> None:
        raw, headers = webhooks.signed(topic, body, at)
        answer = self._service.request("POST", f"/webhooks/{shop.SHOP}", raw, headers)
        self._expect(answer, f"POST /webhooks/{shop.SHOP}")
        self._say(f"   POST /webhooks/{shop.SHOP} ({topic}) answered {answer.status}")
        self._stack.drain()
        for change in _in_story_order(self._changes()):
            self._say(f"   {change.customer} {change.verb:<8}{change.segment}")

    def _month_passes(self) -> None:
        self._say(f"\n4. A month passes and no store says a word: the clock moves to {iso(A_MONTH_LATER)}\n")
        self._stack.move_clock(A_MONTH_LATER)
        self._stack.drain()
        changes = [change for change in self._changes() if change.cause == "clock"]
        self._totals(changes)
        self._instants(changes)

    def _totals(self, changes: Sequence[Change]) -> None:
        by_segment = Counter((change.segment, change.entered) for change in changes)
        self._say(f"   {'entered':>8}{'left':>8}{'now':>8}  by time alone")
        for name, count, _ in self._counts():
            self._say(f"   {by_segment[name, True]:>8,}{by_segment[name, False]:>8,}{count:>8,}  {name}")

    def _instants(self, changes: Sequence[Change]) -> None:
        by_instant: defaultdict[datetime, list[Change]] = defaultdict(list)
        for change in changes:
            by_instant[change.at].append(change)
        self._say(f"\n   {len(changes):,} changes at {len(by_instant)} instants, each a midnight of the shop: 05:00Z")
        self._say("   until New York moves its clocks on 8 March, 04:00Z from then on. Some:\n")
        self._say(f"   {'instant':<22}{'changes':>7}  one of them")
        for at in sorted(by_instant)[:: -(-len(by_instant) // _INSTANTS_SHOWN)]:
            first = _in_story_order(by_instant[at])[0]
            example = f"{first.customer} {first.verb} {first.segment}"
            self._say(f"   {iso(at):<22}{len(by_instant[at]):>7,}  {example}")
        self._say(f"\n   And Rowan ({shop.BUYER}), 31 days after the order:\n")
        for change in _in_story_order(change for change in changes if change.customer == shop.BUYER):
            self._say(f"   {iso(change.at)}  {change.verb} {change.segment}")

    def _counts(self) -> list[tuple[str, int, str]]:
        told = {one["name"]: one for one in self._call("GET", "/segments")["segments"]}
        return [(name, told[name]["count"], told[name]["query"]) for name, _ in SEGMENTS]

    def _changes(self) -> list[Change]:
        """What the bus told since the last time, each event once: it may deliver one twice."""
        changes: dict[str, Change] = {}
        while events := self._stack.events(self._last_event):
            self._last_event = events[-1]["sequence"]
            changes.update((event["detail"]["id"], _change(event["detail"])) for event in events)
        return list(changes.values())

    def _call(self, method: str, path: str, value: object = None) -> Any:
        answer = self._service.send(method, path, value)
        self._expect(answer, f"{method} {path}")
        return answer.body

    def _expect(self, answer: Answer, what: str) -> None:
        if not 200 <= answer.status < 300:
            raise CommandError(f"{what} answered {answer.status}: {answer.reason}")


def _command() -> str:
    """How the command is called in this person's shell: by its name, or by the path of this environment."""
    if which("tidemark"):
        return "tidemark"
    path = Path(sys.executable).with_name("tidemark")
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _wrapped(beginning: str, text: str) -> str:
    """The text after its beginning, in as many lines as it needs, aligned."""
    return fill(text, _WIDTH, initial_indent=beginning, subsequent_indent=" " * len(beginning))


def _change(detail: dict[str, Any]) -> Change:
    return Change(
        customer=detail["customer_id"],
        segment=detail["segment_name"],
        entered=detail["change"] == "enter",
        cause=detail["cause"],
        at=parse(detail["effective_at"]),
    )


def _in_story_order(changes: Iterable[Change]) -> list[Change]:
    """By time, customer, enters before leaves, then as the segments are listed: the bus promises no order."""
    place = {segment.name: n for n, segment in enumerate(SEGMENTS)}
    return sorted(changes, key=lambda change: (change.at, change.customer, not change.entered, place[change.segment]))


def default_customers(store: str) -> int:
    """How many customers the store bears in about a minute."""
    return CUSTOMERS_ON_MOTO if store == "moto" else CUSTOMERS


def tell(stack: Stack, customers: int) -> None:
    """Tell the story on standard output; raises CommandError when the system did not answer as it should."""
    Story(stack).tell(customers)
    sys.stdout.flush()


def try_it(stack: Stack) -> None:
    """Addresses and commands to go on with."""
    url, tidemark = stack.url, _command()
    tag_back = webhooks.tags_changed(shop.TAGGED, ["vip"], A_MONTH_LATER)
    print(
        f"""
Still serving at {url}, where it is {iso(A_MONTH_LATER)} until you move the clock. Try:

  export TIDEMARK_TOKEN=$({tidemark} token --url {url})
  curl -H "Authorization: Bearer $TIDEMARK_TOKEN" {url}/segments
  curl -H "Authorization: Bearer $TIDEMARK_TOKEN" {url}/customers/{shop.BUYER}/segments
  curl -H "Authorization: Bearer $TIDEMARK_TOKEN" -H "Content-Type: application/json" {url}/segments \\
       -d '{{"name": "Regulars", "query": "orders_placed MATCHES (date >= -365d, count >= 4)"}}'
  curl -X POST {url}/_local/clock -d '{{"to": "2026-05-01T00:00:00Z"}}'

A webhook, signed as the store signs it (Maple gets the tag back), and what it changed:

{indent(webhooks.signed_curl(url, "customer.tags_added", tag_back, A_MONTH_LATER), "  ")}
  curl -H "Authorization: Bearer $TIDEMARK_TOKEN" {url}/customers/{shop.TAGGED}/segments

On files: who belongs, what the same customers do once they are imported, and a query that is wrong on purpose:

  {tidemark} members --query "last_order_date >= -30d" --customers {SAMPLE} --at 2026-03-01T12:00:00Z --zone Europe/Oslo
  {tidemark} import {SAMPLE} --url {url}
  {tidemark} check "last_order_date > -30 AND amount_spent >= 500"

Ctrl-C stops it.""",
        flush=True,
    )
