"""Bodies about customers: the customer itself, tags, consent.

A key that is absent was not told: since API version 2025-01 customers carry neither tags nor consent, and
those of orders have no list of addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from segment_core.errors import NotUnderstood
from segment_core.facts import registers, tags
from segment_core.facts.profile import ADDRESSES, DEFAULT_ADDRESS, ProfileState
from segment_core.facts.told import Erasure, Fact, ProfileFact
from segment_core.ingest.body import (
    Body,
    Delivery,
    degrees,
    identity,
    instant,
    part,
    parts,
    required_identity,
    text,
    word,
    words,
)
from segment_core.instants import iso

_COUNTRY = re.compile(r"[A-Z]{2}")
_CONSENT_OF_EMAIL = "email_marketing_consent"
_CONSENT_OF_SMS = "sms_marketing_consent"


def changed(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customers/create, update, enable, disable: the customer as it is."""
    customer_id = required_identity(body)
    return (ProfileFact(customer_id, profile(body, delivery, delivery.time(instant(body, "updated_at")))),)


def deleted(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customers/delete: the customer is gone, and stores do not use its id again. A merge deletes too."""
    return (Erasure(required_identity(body), delivery.stamp(delivery.time(None), None), rests=True),)


def tags_added(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customer.tags_added: these tags came."""
    return _tags(body, delivery, tags.added)


def tags_removed(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customer.tags_removed: these tags went."""
    return _tags(body, delivery, tags.removed)


def email_consent(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customers_email_marketing_consent/update, which names the customer in `customer_id`."""
    return _consent(body, delivery, _CONSENT_OF_EMAIL)


def sms_consent(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customers_marketing_consent/update, which names the customer in `id`."""
    return _consent(body, delivery, _CONSENT_OF_SMS)


def profile(body: Body, delivery: Delivery, store_time: datetime) -> ProfileState:
    """What a customer object says, on its own or inside of an order."""
    told = {key: read(body, key) for key, read in _FIELDS.items() if key in body}
    # A customer always has a date: null stands for an order's snapshot that left it out.
    if told.get("created_at") is None:
        told.pop("created_at", None)
    listed = words(body, "tags") if body.get("tags") is not None else None
    stamp = delivery.stamp(store_time, {**told, "tags": listed})
    return ProfileState(registers.told(stamp, told), tags.Tags() if listed is None else tags.listed(stamp, listed))


def guest(order: Body, delivery: Delivery, store_time: datetime) -> ProfileState | None:
    """What an order says of its buyer when they have no account; None without an e-mail address to know them by."""
    email = text(order, "email") or text(order, "contact_email")
    if email is None:
        return None
    known = {"email": email, "phone": text(order, "phone"), "locale": text(order, "customer_locale")}
    told: dict[str, object] = {key: value for key, value in known.items() if value is not None}
    if where := part(order, "shipping_address") or part(order, "billing_address"):
        told[DEFAULT_ADDRESS] = address(where)
    return ProfileState(registers.told(delivery.stamp(store_time, told), told))


def _tags(body: Body, delivery: Delivery, say: Callable[[str, list[str]], tags.Tags]) -> tuple[Fact, ...]:
    customer_id = required_identity(body, "customerId", "customerId")
    if "tags" not in body:
        raise NotUnderstood("there is no 'tags'")
    named = words(body, "tags")
    stamp = delivery.stamp(delivery.time(instant(body, "occurredAt")), [say.__name__, sorted(named)])
    return (ProfileFact(customer_id, ProfileState(tags=say(stamp, named))),)


def _consent(body: Body, delivery: Delivery, key: str) -> tuple[Fact, ...]:
    customer_id = identity(body, "customer_id") or required_identity(body)
    consent = part(body, key)
    if consent is None:
        raise NotUnderstood(f"there is no '{key}'")
    # The body's date may lie far back: it is when the customer agreed, not when the store was told. When it
    # was triggered is the better order, and the date only for deliveries that do not say that.
    store_time = delivery.triggered_at or delivery.time(instant(consent, "consent_updated_at"))
    told = {key: word(consent, "state")}
    return (ProfileFact(customer_id, ProfileState(registers.told(delivery.stamp(store_time, told), told))),)


def _instant_text(body: Body, key: str) -> str | None:
    told = instant(body, key)
    return None if told is None else iso(told)


def _consent_state(body: Body, key: str) -> str | None:
    consent = part(body, key)
    return None if consent is None else word(consent, "state")


def _addresses(body: Body, key: str) -> list[dict[str, object]]:
    return [address(one) for one in parts(body, key)]


def _default_address(body: Body, key: str) -> dict[str, object] | None:
    told = part(body, key)
    return None if told is None else address(told)


def address(body: Body) -> dict[str, object]:
    """An address. Country and region by code; where there is no code, `country` may hold one, else its name."""
    codes = (word(body, "country_code"), word(body, "country"))
    country = next((code for code in codes if code and _COUNTRY.fullmatch(code)), None)
    # Some regions come with their country, as in ISO 3166-2: `JP-13`.
    region = (text(body, "province_code") or "").removeprefix(f"{country}-") or None
    where = {name: degrees(body, name) for name in ("latitude", "longitude")}
    known = {"country": country, "region": region, "city": text(body, "city"), **where}
    return {key: value for key, value in known.items() if value is not None}


_FIELDS: dict[str, Callable[[Body, str], object]] = {
    "created_at": _instant_text,
    "email": text,
    "phone": text,
    "first_name": text,
    "last_name": text,
    "locale": text,
    "state": word,
    _CONSENT_OF_EMAIL: _consent_state,
    _CONSENT_OF_SMS: _consent_state,
    ADDRESSES: _addresses,
    DEFAULT_ADDRESS: _default_address,
}
