"""The makes of store that we understand: how each writes its webhooks. A shop says which one it is.

To add one, write its adapter module with a table of topics, and add its row here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from segment_core.errors import NotUnderstood
from segment_core.ingest import topics, woocommerce
from segment_core.ingest.topics import Spelled


class Headers(NamedTuple):
    """Names of the headers of a webhook, in lower case and without `x-`; None for what the store does not send."""

    topic: str
    signature: str
    domain: str
    triggered_at: str | None = None
    webhook_id: str | None = None
    api_version: str | None = None


class Platform(NamedTuple):
    """One make of store. `is_ping` recognises what it sends to see whether anybody answers."""

    name: str
    topics: Spelled
    headers: Headers
    is_ping: Callable[[bytes], bool]


def _never(_: bytes) -> bool:
    return False


SHOPIFY: Final = Platform(
    "shopify",
    topics.SHOPIFY,
    Headers(
        topic="shopify-topic",
        signature="shopify-hmac-sha256",
        domain="shopify-shop-domain",
        triggered_at="shopify-triggered-at",
        webhook_id="shopify-webhook-id",
        api_version="shopify-api-version",
    ),
    _never,
)
WOOCOMMERCE: Final = Platform(
    "woocommerce",
    topics.spelled(woocommerce.TOPICS),
    Headers(
        topic="wc-webhook-topic",
        signature="wc-webhook-signature",
        domain="wc-webhook-source",
        webhook_id="wc-webhook-delivery-id",
    ),
    woocommerce.is_ping,
)

PLATFORMS: Final = {platform.name: platform for platform in (SHOPIFY, WOOCOMMERCE)}


def platform(name: str) -> Platform:
    """The platform of that name. Raises NotUnderstood."""
    if name not in PLATFORMS:
        raise NotUnderstood(f"the message is of no platform that we know: {', '.join(PLATFORMS)}")
    return PLATFORMS[name]
