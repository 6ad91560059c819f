"""What wakes an evaluation: a record of the customers stream or a message of the work queue.

Both only say that somebody must be looked at; nothing in them is applied. So order does not matter, and
a customer who is named many times in one batch is evaluated once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segment_core.errors import NotUnderstood
from segment_core.membership import jobs
from segment_core.membership.evaluate import evaluate_customer
from segment_core.runtime import queue
from segment_core.store import keys
from segment_core.store.tables import Tables


@dataclass(frozen=True, slots=True)
class Wake:
    """One invocation's worth of evaluations, at one instant."""

    tables: Tables
    work_queue_url: str
    at: datetime
    _done: set[tuple[str, str]] = field(default_factory=set)

    def defer_marked(self, records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Send on what a bulk writer marked, to the queue that is fair between shops; returns the others.

        So one shop's import does not delay the customers of another.
        """
        marked: dict[str, dict[str, None]] = {}
        for record in records:
            if _is_marked(record):
                shop, customer = _customer(record)
                marked.setdefault(shop, {})[customer] = None
        for shop, customers in marked.items():
            queue.send_all(self.work_queue_url, shop, _messages(shop, customers))
        return [record for record in records if not _is_marked(record)]

    def by_fact(self, record: Mapping[str, Any]) -> None:
        """Evaluate the customer whose facts a stream record says have changed."""
        self._evaluate(*_customer(record), cause="fact")

    def by_message(self, record: Mapping[str, Any]) -> None:
        """Do what a message of the work queue asks for. Raises NotUnderstood for one of no known kind."""
        message = json.loads(record["body"])
        kind = message.get("kind")
        if kind not in _KINDS:
            raise NotUnderstood(f"a work message of kind '{kind}' is not known")
        _KINDS[kind](self, message)

    def _evaluate_message(self, message: Mapping[str, Any]) -> None:
        self._evaluate(message["shop"], message["customer"], message["cause"])

    def _job_message(self, message: Mapping[str, Any]) -> None:
        if not jobs.work(self.tables, message["shop"], message["job"], self.at):
            queue.send(self.work_queue_url, message["shop"], message)

    def _evaluate(self, shop: str, customer: str, cause: Any) -> None:
        # Only after an evaluation for a fact is there surely a commit that covers all others of the batch.
        if (shop, customer) not in self._done:
            evaluate_customer(self.tables, shop, customer, self.at, cause)
            if cause == "fact":
                self._done.add((shop, customer))


_KINDS: dict[str, Callable[[Wake, Mapping[str, Any]], None]] = {
    "evaluate": Wake._evaluate_message,
    "job": Wake._job_message,
}


def _customer(record: Mapping[str, Any]) -> tuple[str, str]:
    return keys.split_customer(record["dynamodb"]["Keys"]["pk"]["S"])


def _is_marked(record: Mapping[str, Any]) -> bool:
    return "bulk" in record["dynamodb"].get("NewImage", {})


def _messages(shop: str, customers: Iterable[str]) -> Iterable[dict[str, str]]:
    return ({"kind": "evaluate", "shop": shop, "customer": customer, "cause": "fact"} for customer in customers)
