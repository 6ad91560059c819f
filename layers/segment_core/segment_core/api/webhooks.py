"""Taking in a store's webhook: is it theirs, is it whole, is it used? Then it is queued as it came.

The signature covers the body alone. So the shop is the one in the path, whose own secrets the body must be
signed with, and headers are hints; where body or headers do name a shop, it has to be the same one.

Checks are made in this order, and the first that fails is the answer: the shop (404), the size (413), the
signature (401), JSON (400), the shop's domain (403), the topic (400).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from segment_core.errors import Forbidden, InvalidRequest, NotFound, TidemarkError, TooLarge, Unauthorised
from segment_core.facts import strict_json
from segment_core.ingest import signature, topics
from segment_core.ingest.platforms import PLATFORMS, Platform
from segment_core.instants import iso
from segment_core.record import field, record
from segment_core.runtime import queue, secrets
from segment_core.store import keys, shops
from segment_core.store.tables import Tables

# A queue message holds 1 MiB, and inside it quotes and line ends take two bytes each.
BODY_LIMIT_BYTES = 700 * 1024

# How long a shop's secrets may be used without asking again: what was withdrawn still opens for that long.
SECRETS_LAST = timedelta(minutes=5)
# After a signature that does not hold, newer secrets are looked for; a forger causes one read in this time.
SECRETS_LAST_AFTER_MISMATCH = timedelta(minutes=1)

Outcome = Literal["queued", "ignored"]


@record
class Delivery:
    """One webhook as it arrived. Names of `headers` are in lower case, without `x-`."""

    shop: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def topic(self) -> str:
        """What the store says happened, whatever make of store it is; empty if it says nothing."""
        return next((told for one in PLATFORMS.values() if (told := self.headers.get(one.headers.topic))), "")

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> Delivery:
        """The delivery in an HTTP API event (payload format 2.0), its body in the bytes that were signed."""
        text: str = event.get("body") or ""
        return cls(
            shop=event["pathParameters"]["shop"],
            # A surrogate is no character: such a body is not what was signed, and the signature says so.
            body=base64.b64decode(text) if event.get("isBase64Encoded") else text.encode(errors="surrogatepass"),
            headers={name.lower().removeprefix("x-"): value for name, value in event["headers"].items()},
        )


@record
class _Lock:
    """What opens a shop's door, and when that was read."""

    domain: str
    platform: Platform
    secrets: tuple[str, ...]
    read_at: datetime


@record
class Door:
    """Where webhooks of all shops come in. It remembers shops and their secrets for a while."""

    tables: Tables
    secrets_prefix: str
    queue_url: str
    _locks: dict[str, _Lock] = field(default_factory=dict)

    def accept(self, delivery: Delivery, at: datetime) -> Outcome:
        """Queue the webhook, or say that its topic is not used; `at` is when it was received.

        Raises NotFound, TooLarge, Unauthorised, InvalidRequest or Forbidden; nothing is stored then.
        """
        shop = _shop_id(delivery.shop)
        lock = self._lock(shop, at, SECRETS_LAST)
        if len(delivery.body) > BODY_LIMIT_BYTES:
            raise TooLarge(f"a webhook's body holds at most {BODY_LIMIT_BYTES} bytes", code="body_too_large")
        if lock.platform.is_ping(delivery.body):
            return "ignored"
        lock = self._opened(lock, shop, delivery, at)
        text, content = _json(delivery.body)
        _check_domain(lock, delivery, content)
        topic = delivery.headers.get(lock.platform.headers.topic)
        if not topic:
            raise InvalidRequest(f"{_header(lock.platform.headers.topic)} is missing", code="missing_topic")
        if not topics.is_used(topic, lock.platform.topics):
            return "ignored"
        self._queue(_message(shop, lock.platform, topic, delivery, text, at), shop)
        return "queued"

    def _lock(self, shop: str, at: datetime, lasts: timedelta) -> _Lock:
        """The shop's lock, read again unless it was read in the last `lasts`."""
        known = self._locks.get(shop)
        # A clock that was turned back makes what was read in its future worthless too.
        if known and timedelta(0) <= at - known.read_at < lasts:
            return known
        record = shops.existing(self.tables.segments, shop)
        lock = _Lock(record.domain, PLATFORMS[record.platform], secrets.read(self.secrets_prefix, shop), at)
        self._locks[shop] = lock
        return lock

    def _opened(self, lock: _Lock, shop: str, delivery: Delivery, at: datetime) -> _Lock:
        header = lock.platform.headers.signature
        signed = delivery.headers.get(header, "")
        if not signature.verify(delivery.body, signed, lock.secrets):
            lock = self._lock(shop, at, SECRETS_LAST_AFTER_MISMATCH)
            if not signature.verify(delivery.body, signed, lock.secrets):
                raise Unauthorised(
                    f"{_header(header)} is not the body's signature under a secret of this shop",
                    code="invalid_signature",
                )
        return lock

    def _queue(self, message: Mapping[str, str], shop: str) -> None:
        if queue.size(message) > queue.MESSAGE_LIMIT_BYTES:
            raise TooLarge("the body does not fit into a queue message once it is quoted", code="body_too_large")
        queue.send(self.queue_url, shop, message)


def _shop_id(text: str) -> str:
    try:
        return keys.shop_id(text)
    except TidemarkError as error:
        raise NotFound("there is no such shop", code="shop_not_found") from error


def _json(body: bytes) -> tuple[str, Any]:
    """The body's text and content. Raises InvalidRequest if it is not JSON in UTF-8."""
    try:
        text = body.decode()
        return text, strict_json.loads(text, repeated_keys=True)
    except strict_json.NotJson as error:
        raise InvalidRequest(f"the body {error}", code="invalid_json") from error
    except UnicodeDecodeError as error:
        raise InvalidRequest("the body is not text in UTF-8", code="invalid_json") from error


def _header(name: str) -> str:
    return f"the header X-{name.title()}"


def _check_domain(lock: _Lock, delivery: Delivery, content: Any) -> None:
    """A body that was signed for one shop of an app opens the doors of its other shops: compare what it says."""
    told = [delivery.headers.get(lock.platform.headers.domain)]
    if isinstance(content, dict):
        told += [content.get("shop_domain"), content.get("myshopify_domain")]
    if any(isinstance(one, str) and _host(one) != lock.domain.lower() for one in told):
        raise Forbidden("the webhook names another shop's domain than this shop is bound to", code="shop_mismatch")


def _host(told: str) -> str:
    """The host name in what a store says of itself: that name, or the address of its front page."""
    return told.strip().lower().partition("://")[-1 if "://" in told else 0].partition("/")[0]


# Fields of the message that are there only if the store sent the header.
_HINTS = ("triggered_at", "webhook_id", "api_version")


def _message(shop: str, platform: Platform, topic: str, delivery: Delivery, text: str, at: datetime) -> dict[str, str]:
    sent = {name: delivery.headers.get(getattr(platform.headers, name)) for name in _HINTS}
    hints = {name: value for name, value in sent.items() if value is not None}
    return {
        "kind": "webhook",
        "shop": shop,
        "platform": platform.name,
        "topic": topic,
        "received_at": iso(at),
        **hints,
        "body": text,
    }
