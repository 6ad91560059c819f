"""Messages of the ingest queue: JSON text to the facts that it tells, and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from segment_core import instants
from segment_core.errors import NotUnderstood
from segment_core.facts import kinds, strict_json
from segment_core.facts.told import Fact
from segment_core.ingest import documents, partner_bus, platforms
from segment_core.ingest.body import Body
from segment_core.ingest.topics import is_used, understand
from segment_core.record import record


@record
class Told:
    """What a message tells. `bulk` marks one of a great many: an import."""

    shop: str
    facts: tuple[Fact, ...]
    bulk: bool
    received_at: datetime


ShopOfDomain = Callable[[str], str]


def _nobodys(domain: str) -> str:
    raise NotUnderstood("events of a partner bus are not taken here")


def read(text: str, shop_of: ShopOfDomain = _nobodys) -> Told:
    """What the message tells. Raises NotUnderstood, or InvalidDocument for a bad customer document.

    Events of a partner bus name their store by its domain; `shop_of` gives the shop that is bound to it, or raises.
    """
    message = _object(text, "the message")
    if partner_bus.is_envelope(message):
        domain, message = partner_bus.unwrap(message)
        if not is_used(_text(message, "topic")):
            return Told("", (), bulk=False, received_at=_instant(message, "received_at"))
        message = {**message, "shop": shop_of(domain)}
    kind = message.get("kind")
    reader = _KINDS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise NotUnderstood(f"the message is of no kind that we know: {', '.join(_KINDS)}", code="unknown_kind")
    return reader(message)


def _webhook(message: Body) -> Told:
    body = _object(_text(message, "body"), "the body")
    received_at = _instant(message, "received_at")
    # What was queued before shops said which platform they are on is Shopify's.
    table = platforms.platform(str(message.get("platform", platforms.SHOPIFY.name))).topics
    facts = understand(_text(message, "topic"), body, received_at, _hint(message, "triggered_at"), table)
    return Told(_text(message, "shop"), facts, bulk=False, received_at=received_at)


def _document(message: Body) -> Told:
    document = message.get("document")
    if not isinstance(document, dict):
        raise NotUnderstood("the message has no object 'document'")
    received_at = _instant(message, "received_at")
    facts = documents.understand(document, received_at)
    return Told(_text(message, "shop"), facts, bulk=True, received_at=received_at)


def _events(message: Body) -> Told:
    events = message.get("events")
    if not isinstance(events, list):
        raise NotUnderstood("the message has no list 'events'")
    document = {"id": _text(message, "customer"), "events": events}
    received_at = _instant(message, "received_at")
    facts = documents.understand_document(document, received_at)
    return Told(_text(message, "shop"), facts, bulk=False, received_at=received_at)


_KINDS: dict[str, Callable[[Body], Told]] = {"webhook": _webhook, "document": _document, "events": _events}


def _object(text: str, what: str) -> Body:
    try:
        # Stores are other people's programs: a repeated key is no reason to lose an order.
        value = strict_json.loads(text, repeated_keys=True)
    except strict_json.NotJson as error:
        raise NotUnderstood(f"{what} {error}", code="not_json") from None
    if not isinstance(value, dict):
        raise NotUnderstood(f"{what} is not a JSON object")
    return value


def _text(message: Body, key: str) -> str:
    value = message.get(key)
    if not isinstance(value, str) or not value:
        raise NotUnderstood(f"the message has no text '{key}'")
    return value


def _hint(message: Body, key: str) -> datetime | None:
    """An instant from an unsigned header. One that cannot be a fact's is none: it must not cost us the fact."""
    try:
        return kinds.instant(message.get(key))
    except kinds.Refused:
        return None


def _instant(message: Body, key: str) -> datetime:
    try:
        return instants.parse(_text(message, key))
    except (ValueError, OverflowError):
        raise NotUnderstood(f"'{key}' of the message is not an instant with an offset") from None
