"""Webhooks that come over an EventBridge partner bus instead of HTTPS: the event as a message of the ingest queue.

https://shopify.dev/docs/apps/build/webhooks/subscribe/get-started?deliveryMethod=eventBridge. The bus is the boundary
of trust: it takes events from the partner alone, so nothing is signed. Two generations of the envelope differ in how
they spell the names of their metadata (`X-Shopify-Topic`, `shopify-topic`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from segment_core.errors import NotUnderstood
from segment_core.ingest.body import Body, part, text
from segment_core.ingest.platforms import SHOPIFY

_DETAIL_TYPE = "shopifyWebhook"


def is_envelope(message: Body) -> bool:
    """Whether a message is such an event."""
    return message.get("detail-type") == _DETAIL_TYPE


def unwrap(message: Body) -> tuple[str, Mapping[str, object]]:
    """The domain of the store that it comes from, and the message that `webhook` would have queued for it.

    Raises NotUnderstood.
    """
    detail = part(message, "detail") or {}
    told = part(detail, "metadata") or {}
    metadata = {name.lower().removeprefix("x-"): value for name, value in told.items()}
    names = SHOPIFY.headers
    domain, topic = text(metadata, names.domain), text(metadata, names.topic)
    if domain is None or topic is None:
        raise NotUnderstood(f"the event's metadata name no {'shop domain' if domain is None else 'topic'}")
    if "payload" not in detail:
        raise NotUnderstood("the event has no 'detail.payload'")
    hints = {
        name: metadata[header]
        for name, header in names._asdict().items()
        if name in ("triggered_at", "webhook_id", "api_version") and header in metadata
    }
    return domain.strip().lower(), {
        "kind": "webhook",
        "topic": topic,
        "received_at": message.get("time"),
        **hints,
        "body": json.dumps(detail["payload"]),
    }
