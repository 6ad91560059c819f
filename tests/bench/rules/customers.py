"""Generated customers: their attributes as values, which other engines are given, and as facts, which ours reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from .attributes import ATTRIBUTES, BY_NAME, SETS, Known
from .rules import TODAY

if TYPE_CHECKING:
    from segment_core.facts.customer import Customer, Order
    from segment_core.facts.metafields import Metafield

AT = datetime.combine(TODAY, time(15), UTC)

Values = Mapping[str, Known]

_FIELDS = {
    "customer_account_status": "state",
    "email_subscription_status": "email_marketing_consent",
    "sms_subscription_status": "sms_marketing_consent",
    "product_subscription_status": "product_subscription_status",
    "customer_language": "locale",
    "created_by_app_id": "created_by_app_id",
}


def values(count: int, seed: int = 3) -> list[Values]:
    """The attributes of so many customers; a third of them have no orders."""
    random = Random(seed)
    return [_consistent({one.name: one.draw(random) for one in ATTRIBUTES}, random) for _ in range(count)]


def _consistent(drawn: dict[str, Known], random: Random) -> Values:
    orders = drawn["number_of_orders"] or 0
    ages = sorted(random.randrange(0, 700) if random.random() < 0.5 else random.randrange(0, 90) for _ in range(2))
    drawn["number_of_orders"] = orders
    drawn["amount_spent"] = (drawn["amount_spent"] or 0) if orders else 0
    drawn["last_order_date"] = ages[0] if orders else None
    drawn["first_order_date"] = ages[orders != 1] if orders else None
    return drawn


def customers(known: list[Values], seed: int = 4) -> Iterator[Customer]:
    """The same customers, as facts."""
    random = Random(seed)
    for number, one in enumerate(known):
        yield _customer(str(number), one, random)


def _customer(id: str, known: Values, random: Random) -> Customer:
    from segment_core.facts.customer import Checkout, Customer

    added, abandoned, domain = (
        known[name] for name in ("customer_added_date", "abandoned_checkout_date", "customer_email_domain")
    )
    return Customer(
        id,
        created_at=_instant(added, random),
        email=f"somebody@{domain}" if domain else None,
        tags=known["customer_tags"],  # type: ignore[arg-type]
        companies=known["companies"],  # type: ignore[arg-type]
        metafields=dict(_metafields(known, random)),
        orders=tuple(_orders(known, random)),
        checkouts=() if abandoned is None else (Checkout("1", _instant(abandoned, random)),),
        scores={name: str(known[name]) for name in ("rfm_group", "predicted_spend_tier") if known[name]},
        **{field: known[name] for name, field in _FIELDS.items()},  # type: ignore[arg-type]
    )


def _metafields(known: Values, random: Random) -> Iterator[tuple[str, Metafield]]:
    from segment_core.facts.metafields import Metafield

    for name, value in known.items():
        if not name.startswith("metafields.") or value is None:
            continue
        attribute, key = BY_NAME[name], name.removeprefix("metafields.")
        if attribute.money and isinstance(value, int):
            yield key, Metafield("number_decimal", f"{Decimal(value) / 100:.2f}")
        elif attribute.kind == "number":
            yield key, Metafield("number_integer", value)
        elif attribute.kind == "truth":
            yield key, Metafield("boolean", value == 1)
        elif attribute.kind == "word":
            yield key, Metafield("single_line_text_field", value)
        elif name.endswith("last_visit"):
            yield key, Metafield("date_time", _instant(value, random).isoformat())  # type: ignore[union-attr]
        else:
            yield key, Metafield("date", (TODAY - timedelta(days=int(value))).isoformat())  # type: ignore[arg-type]


def _orders(known: Values, random: Random) -> Iterator[Order]:
    from segment_core.facts.customer import Order, OrderLine

    count, first, last = (int(known[name] or 0) for name in ("number_of_orders", "first_order_date", "last_order_date"))  # type: ignore[arg-type]
    ages = [last, *(random.randint(last, first) for _ in range(count - 2)), first][:count]
    left = int(known["amount_spent"] or 0)  # type: ignore[arg-type]
    for number, age in enumerate(ages, 1):
        cents = left if number == count else random.randint(0, left)
        left -= cents
        at = _instant(age, random)
        lines = (OrderLine(str(random.randrange(30)), quantity=random.randint(1, 3)),)
        yield Order(str(number), at, at, Decimal(cents) / 100, "USD", lines=lines)


def _instant(age: Known, random: Random) -> datetime | None:
    """Some time of that day, in UTC; today not after `AT`."""
    if age is None:
        return None
    seconds = random.randrange(15 * 3600 if age == 0 else 86_400)
    return datetime.combine(TODAY - timedelta(days=int(age)), time(), UTC) + timedelta(seconds=seconds)  # type: ignore[arg-type]


def record(known: Values) -> str:
    """A stream record with the attributes as they are now and as they were, as DynamoDB writes them."""
    image = {"pk": {"S": "shop#8401"}, "sk": {"S": "PROFILE"}}
    image |= {name: _typed(name, value) for name, value in known.items() if value not in (None, ())}  # type: ignore[arg-type]
    return json.dumps({"eventName": "MODIFY", "dynamodb": {"NewImage": image, "OldImage": image}})


def _typed(name: str, value: Known) -> dict[str, object]:
    if name in SETS:
        return {"SS": list(value)}  # type: ignore[arg-type]
    match BY_NAME[name].kind:
        case "number":
            return {"N": str(value)}
        case "truth":
            return {"BOOL": value == 1}
        case "date":
            return {"S": (TODAY - timedelta(days=int(value))).isoformat() + "T10:00:00Z"}  # type: ignore[arg-type]
    return {"S": str(value)}
