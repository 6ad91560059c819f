"""The forty attributes of the generated customers: what each is called in a query, and which values it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

Kind = Literal["number", "date", "word", "truth", "set"]
Known = int | str | None | tuple[str, ...]
"""A value: numbers are whole (money in cents), dates are days before today, true is 1; None: missing."""

STATUS = ("SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED")
WORDS = {
    "customer_account_status": ("ENABLED", "DISABLED", "INVITED", "DECLINED"),
    "email_subscription_status": STATUS,
    "sms_subscription_status": STATUS,
    "product_subscription_status": ("NEVER_SUBSCRIBED", "SUBSCRIBED", "PAUSED", "CANCELED", "EXPIRED"),
    "rfm_group": ("LOYAL", "CHAMPIONS", "NEW", "DORMANT", "AT_RISK", "PROMISING", "ACTIVE"),
    "predicted_spend_tier": ("LOW", "MEDIUM", "HIGH"),
    "metafields.loyalty.tier": ("bronze", "silver", "gold", "platinum"),
    "metafields.loyalty.channel": ("web", "pos", "app", "phone"),
    "metafields.profile.gender": ("f", "m", "x"),
    "metafields.profile.size": ("S", "M", "L", "XL", "XXL"),
    "metafields.profile.season": ("spring", "summer", "autumn", "winter"),
    "customer_email_domain": tuple(f"mail{number}.example" for number in range(200)),
    "customer_language": ("en", "de", "fr", "nb", "es", "pt-BR", "sv", "da"),
    "created_by_app_id": tuple(str(1000 + number) for number in range(12)),
    "metafields.profile.store": tuple(f"store-{number}" for number in range(120)),
    "metafields.profile.campaign": tuple(f"campaign-{number}" for number in range(300)),
}
NUMBERS = {
    # Of money (in cents) and of whole numbers: the highest there is.
    "amount_spent": 2_000_00,
    "number_of_orders": 12,
    "metafields.loyalty.balance": 500_00,
    "metafields.loyalty.credit": 100_00,
    "metafields.profile.basket": 900_00,
    "metafields.loyalty.points": 20_000,
    "metafields.profile.visits": 400,
    "metafields.profile.clicks": 5_000,
    "metafields.profile.score": 100,
    "metafields.profile.returns": 20,
    "metafields.profile.reviews": 50,
}
MONEY = ("amount_spent", "metafields.loyalty.balance", "metafields.loyalty.credit", "metafields.profile.basket")
DATES = {
    # From so many days ago to so many.
    "last_order_date": (0, 400),
    "first_order_date": (0, 1500),
    "customer_added_date": (0, 2000),
    "abandoned_checkout_date": (0, 120),
    "metafields.profile.last_visit": (0, 200),
    "metafields.loyalty.joined": (0, 1500),
    "metafields.loyalty.renewal": (-365, 60),
    "metafields.profile.last_mail": (0, 180),
}
TRUTHS = ("metafields.profile.verified", "metafields.profile.business", "metafields.loyalty.blocked")
SETS = {
    "customer_tags": tuple(f"tag{number}" for number in range(150)),
    "companies": tuple(str(500 + number) for number in range(60)),
}
FEW = ("abandoned_checkout_date", "metafields.loyalty.renewal", "metafields.profile.campaign")
"""Attributes that most customers lack."""


@dataclass(frozen=True)
class Attribute:
    """An attribute, how a value of it is drawn, and constants that rules compare it with."""

    name: str
    kind: Kind
    draw: Callable[[Random], Known]
    values: Sequence[str] = ()
    low: int = 0
    high: int = 0

    @property
    def money(self) -> bool:
        """Whether numbers are cents."""
        return self.name in MONEY


def _rank(random: Random, count: int, exponent: float = 1.1) -> int:
    """A number below `count`, small ones more often."""
    return min(int(count ** (random.random() ** exponent)) - 1, count - 1)


def _sometimes(name: str, draw: Callable[[Random], Known]) -> Callable[[Random], Known]:
    share = 0.7 if name in FEW else 0.1
    return lambda random: None if random.random() < share else draw(random)


def _word(name: str, values: Sequence[str]) -> Attribute:
    return Attribute(name, "word", _sometimes(name, lambda random: values[_rank(random, len(values))]), values)


def _number(name: str, high: int) -> Attribute:
    def draw(random: Random) -> int:
        return int(high * random.random() ** 2.5)

    return Attribute(name, "number", _sometimes(name, draw), low=0, high=high)


def _date(name: str, low: int, high: int) -> Attribute:
    def draw(random: Random) -> int:
        return int(low + (high - low) * random.random() ** 1.7)

    return Attribute(name, "date", _sometimes(name, draw), low=low, high=high)


def _set(name: str, values: Sequence[str]) -> Attribute:
    def draw(random: Random) -> tuple[str, ...]:
        found = {values[_rank(random, len(values))] for _ in range(random.choice((0, 1, 2, 3, 5)))}
        return tuple(sorted(found))

    return Attribute(name, "set", draw, values)


ATTRIBUTES: tuple[Attribute, ...] = (
    *(_number(name, high) for name, high in NUMBERS.items()),
    *(_date(name, *span) for name, span in DATES.items()),
    *(_word(name, values) for name, values in WORDS.items()),
    *(Attribute(name, "truth", _sometimes(name, lambda random: int(random.random() < 0.4))) for name in TRUTHS),
    *(_set(name, values) for name, values in SETS.items()),
)
BY_NAME = {attribute.name: attribute for attribute in ATTRIBUTES}
assert len(ATTRIBUTES) == 40
