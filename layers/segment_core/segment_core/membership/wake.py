"""What wakes an evaluation: a record of the customers stream or a message of the work queue.

Both only say that somebody must be looked at; nothing in them is applied. So order does not matter, and
a customer who is named many times in one batch is evaluated once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from segment_core.errors import NotFound, NotUnderstood
from segment_core.membership import extracts
from segment_core.membership.budget import SecondsLeft
from segment_core.membership.evaluate import Round
from segment_core.model.membership import Cause
from segment_core.privacy import shops as erasing
from segment_core.record import field, record
from segment_core.runtime import queue
from segment_core.store import keys, shops
from segment_core.store.tables import Tables

Customers = Mapping[str, Sequence[str]]
"""Shop to customers."""


@record
class Wake:
    """One invocation's worth of evaluations, at one instant: `by_fact` or `by_message` for each record, then `settle`.

    `named` are the customers of the batch, whose memberships are read together; `seconds_left` is what extracts may
    take.
    """

    tables: Tables
    work_queue_url: str
    exports_bucket: str
    at: datetime
    seconds_left: SecondsLeft
    named: Customers
    secrets_prefix: str
    _rounds: dict[str, Round] = field(default_factory=dict)
    _done: set[tuple[str, str]] = field(default_factory=set)
    _gone: set[str] = field(default_factory=set)

    def by_fact(self, record: Mapping[str, Any]) -> None:
        """Evaluate the customer whose facts a stream record says have changed."""
        self._evaluate(*_customer(record), cause="fact")

    def park(self, record: Mapping[str, Any]) -> None:
        """Leave a customer whose evaluation failed to the work queue: it tries again, and holds up nobody else."""
        shop, customer = _customer(record)
        # Alone: a refusal is an error of the service then, which leaves the record to Lambda's own tries.
        (message,) = _messages(shop, [customer])
        queue.send(self.work_queue_url, shop, message)

    def by_message(self, record: Mapping[str, Any]) -> None:
        """Do what a message of the work queue asks for. Raises NotUnderstood for one of no known kind."""
        message = json.loads(record["body"])
        kind = message.get("kind")
        if kind not in _KINDS:
            raise NotUnderstood(f"the work message is of no kind that we know: {', '.join(_KINDS)}")
        _KINDS[kind](self, message, _tries(record))

    def settle(self) -> None:
        """See to it that no evaluation of this batch stands under rules that were replaced meanwhile."""
        for together in self._rounds.values():
            together.settle()

    def _evaluate_message(self, message: Mapping[str, Any], tries: int) -> None:
        # Whoever tried before may have ended between commit and `settle`.
        self._evaluate(message["shop"], message["customer"], message["cause"], restamp=tries > 1)

    def _extract_message(self, message: Mapping[str, Any], tries: int) -> None:
        shop, extract = message["shop"], message["extract"]
        if not extracts.work(self.tables, self.exports_bucket, shop, extract, self.at, self.seconds_left, tries):
            queue.send(self.work_queue_url, shop, message)

    def _erasure_message(self, message: Mapping[str, Any], tries: int) -> None:
        if not erasing.work(
            self.tables, self.secrets_prefix, self.exports_bucket, message["shop"], self.at, self.seconds_left
        ):
            queue.send(self.work_queue_url, message["shop"], message)

    def _evaluate(self, shop: str, customer: str, cause: Cause, *, restamp: bool = False) -> None:
        # Only after an evaluation for a fact is there surely a commit that covers all others of the batch.
        if (shop, customer) in self._done:
            return
        if shop in self._gone:
            return
        if shop not in self._rounds:
            try:
                self._rounds[shop] = Round.begin(self.tables, shop, self.named.get(shop, ()), self.at)
            except NotFound:
                record = shops.read(self.tables.segments, shop)
                if record is None or record.erased_at is None:
                    raise
                # The last of its customers' tombstones were removed, and that is what wakes us.
                self._gone.add(shop)
                return
        self._rounds[shop].evaluate(customer, cause, restamp=restamp)
        if cause == "fact":
            self._done.add((shop, customer))


_KINDS: dict[str, Callable[[Wake, Mapping[str, Any], int], None]] = {
    "evaluate": Wake._evaluate_message,
    "extract": Wake._extract_message,
    "erasure": Wake._erasure_message,
}

_LONG = ("erasure", "extract")


def defer_marked(records: Sequence[Mapping[str, Any]], work_queue_url: str) -> list[Mapping[str, Any]]:
    """Send on what a bulk writer marked, to the queue that is fair between shops; returns the other records.

    So one shop's import does not delay the customers of another.
    """
    for shop, customers in in_records(filter(_is_marked, records)).items():
        queue.send_all(work_queue_url, shop, _messages(shop, customers))
    return [record for record in records if not _is_marked(record)]


def in_records(records: Iterable[Mapping[str, Any]]) -> Customers:
    """The customers whom stream records name."""
    return _by_shop(_customer(record) for record in records)


def long_last(records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages, with long work after everything else: they take what time is left, and nobody waits for them."""
    return sorted(records, key=lambda record: _read(record).get("kind") in _LONG)


def in_messages(records: Iterable[Mapping[str, Any]]) -> Customers:
    """The customers whom messages ask to be evaluated. What cannot be read is left to `by_message` to refuse."""
    return _by_shop(_asked(records))


def _asked(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for message in map(_read, records):
        match message:
            case {"kind": "evaluate", "shop": str(shop), "customer": str(customer)}:
                yield shop, customer


def _read(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A message; an empty one in place of what cannot be read."""
    try:
        message = json.loads(record["body"])
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _by_shop(customers: Iterable[tuple[str, str]]) -> Customers:
    found: dict[str, dict[str, None]] = {}
    for shop, customer in customers:
        found.setdefault(shop, {})[customer] = None
    return {shop: list(theirs) for shop, theirs in found.items()}


def _customer(record: Mapping[str, Any]) -> tuple[str, str]:
    return keys.split_customer(record["dynamodb"]["Keys"]["pk"]["S"])


def _is_marked(record: Mapping[str, Any]) -> bool:
    return "bulk" in record["dynamodb"].get("NewImage", {})


def _tries(record: Mapping[str, Any]) -> int:
    """How often the message was handed out, this time included."""
    return int(record["attributes"].get("ApproximateReceiveCount", "1"))


def _messages(shop: str, customers: Iterable[str]) -> Iterable[dict[str, str]]:
    return ({"kind": "evaluate", "shop": shop, "customer": customer, "cause": "fact"} for customer in customers)
