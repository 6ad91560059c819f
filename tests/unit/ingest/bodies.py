"""Sample bodies of this project, for tests to change one thing in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from segment_core import instants
from segment_core.facts.customer import Customer, Order
from segment_core.facts.document import assemble_order
from segment_core.facts.told import Fact, OrderFact, ProfileFact, to_customer
from segment_core.ingest.topics import understand

EVENTS = Path(__file__).parents[3] / "events"
RECEIVED = datetime(2026, 3, 10, tzinfo=UTC)


def samples() -> list[dict[str, Any]]:
    """Every sample webhook: topic, triggered_at, body."""
    return [json.loads(path.read_text()) for path in sorted((EVENTS / "webhooks").glob("*.json"))]


def sample(topic: str) -> dict[str, Any]:
    """The body of one topic's sample."""
    (body,) = [sample["body"] for sample in samples() if sample["topic"] == topic]
    return dict(body)


def understood(topic: str, body: dict[str, Any], triggered_at: str | None = None) -> tuple[Fact, ...]:
    """The facts of a body."""
    return understand(topic, body, RECEIVED, instants.parse(triggered_at) if triggered_at else None)


def customer(*facts: Fact) -> Customer:
    """The customer of the first of these facts that is about one, without orders."""
    (fact,) = [fact for fact in facts if isinstance(fact, ProfileFact)]
    return to_customer(fact.customer_id, fact.told, [])


def order(*facts: Fact) -> Order:
    """The order of the one of these facts that is about one."""
    (fact,) = [fact for fact in facts if isinstance(fact, OrderFact)]
    return assemble_order(fact.told.document(fact.order_id))
