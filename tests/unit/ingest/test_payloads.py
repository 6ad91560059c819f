"""Every published body that we have, of every API version: it becomes facts, or its topic is knowingly let go."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

from segment_core.facts.told import Erasure, Fact, OrderFact, ProductFact, ProfileFact
from segment_core.ingest.topics import TOPICS, is_used

from .bodies import understood

# The publisher of some real shapes replaced every value; these stand where the format asks for more than text.
PLACEHOLDER = "example string"
INSTEAD = {
    "amount": "1.00", "currency_code": "EUR", "currency": "EUR", "total_price": "1.00", "current_total_price": "1.00",
    "iana_timezone": "Europe/Oslo", "checkout_token": "c0ffee", "token": "c0ffee", "kind": "refund",
    "status": "success",
}  # fmt: skip
SHAPES = {
    "carts": "carts/update", "checkouts": "checkouts/update", "customers": "customers/update",
    "customers_email_marketing_consent": "customers_email_marketing_consent/update",
    "customers_marketing_consent": "customers_marketing_consent/update", "draft_orders": "draft_orders/update",
    "order_transactions": "order_transactions/create", "orders": "orders/updated", "refunds": "refunds/create",
    "shop": "shop/update",
}  # fmt: skip


def bodies(shared: Path) -> list[tuple[str, str, Any]]:
    """File, topic and content of every file that holds a body; placeholders are filled in."""
    directory = shared / "payloads"
    with (directory / "INDEX.tsv").open() as index:
        rows = [(row["file"], row["topic"]) for row in csv.DictReader(index, delimiter="\t")]
    found = []
    for file, told in rows:
        if not told.startswith("("):
            resource, _, event = told.split(" ")[0].partition("/")
            body = filled(json.loads((directory / file).read_text()))
            topic = SHAPES[resource] if event == "*" else told.split(" ")[0]
            # One of the shapes of orders is another resource.
            found.append((file, "orders/risk_assessment_changed" if "risk_level" in body else topic, body))
    return found


def filled(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: filled(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, key) for part in value]
    return INSTEAD.get(key, value) if value == PLACEHOLDER else value


def test_every_topic_is_known(shared: Path) -> None:
    assert {topic for _, topic, _ in bodies(shared)} <= TOPICS.keys()


def test_every_body_becomes_facts_or_is_let_go(shared: Path) -> None:
    silent, tried = set(), Counter[str]()
    for file, topic, body in bodies(shared):
        if is_used(topic):
            facts = understood(topic, body)
            tried[topic] += 1
            if not facts and says_something(topic, body):
                silent.add(file)

    assert silent == set()
    assert len(tried) >= 20
    assert sum(tried.values()) >= 70


def says_something(topic: str, body: Any) -> bool:
    """Whether a body of a used topic has to become facts."""
    if topic.startswith("checkouts/"):
        return bool(body.get("customer"))
    if topic.startswith("order_transactions/"):
        return body["kind"] == "refund"
    if topic == "customers/merge":
        return body["status"] == "completed"
    return True


def test_ids_are_those_of_the_global_id(shared: Path) -> None:
    compared = 0
    for _, topic, body in bodies(shared):
        global_id = str(body.get("admin_graphql_api_id", "")) if isinstance(body, dict) else ""
        if is_used(topic) and global_id.startswith("gid://") and not topic.startswith(("refunds", "order_tr")):
            last = identity(understood(topic, body)[-1])
            assert last == global_id.rpartition("/")[2], topic
            compared += 1

    assert compared >= 40


def identity(fact: Fact) -> str:
    assert isinstance(fact, ProfileFact | OrderFact | ProductFact | Erasure)
    return getattr(fact, "order_id", "") or getattr(fact, "product_id", "") or fact.customer_id  # type: ignore[union-attr]
