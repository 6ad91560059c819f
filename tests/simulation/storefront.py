"""A store: what it knows of its customers, and the webhooks in which it tells that.

What it knows is the naive fold of everything it ever told: nothing is merged here, everything is simply so. Each act
happens at a second of its own, so that of two tellings it is always clear which is the later one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from segment_core.facts.customer import Checkout, Customer, Event, Order, OrderLine, Refund
from segment_core.instants import iso

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Webhook:
    """One telling: `event` names the act that it comes from, which may be told in several."""

    shop: str
    topic: str
    event: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(slots=True)
class Person:
    """A customer as the store has it.

    `word` is what holds of consent: how many merges ago it was said, counted downwards, when, and what.
    """

    id: int
    created_at: datetime
    email: str
    tags: set[str] = field(default_factory=set)
    word: tuple[int, datetime, str | None] | None = None

    @property
    def consent(self) -> str | None:
        """Their own word, else the latest of those who were merged into them, else of those merged into these."""
        return self.word[2] if self.word else None

    def says(self, at: datetime, consent: str | None) -> None:
        """They give their own word."""
        self.word = (0, at, consent)

    def takes_in(self, former: Person) -> None:
        """Somebody else turns out to be them."""
        self.tags |= former.tags
        if former.word is not None:
            ago, at, consent = former.word
            theirs = (ago - 1, at, consent)
            self.word = theirs if self.word is None else max(self.word, theirs, key=lambda one: one[:2])


@dataclass(slots=True)
class Basket:
    """A checkout as the store has it."""

    token: str
    owner: int
    changed_at: datetime
    completed_at: datetime | None = None


@dataclass(slots=True)
class Purchase:
    """An order as the store has it. `told_at` is the instant of the newest body, which says what was kept by then."""

    id: int
    buyer: int | None
    created_at: datetime
    total: Decimal
    test: bool
    told_at: datetime
    refunds: list[tuple[int, datetime, Decimal]] = field(default_factory=list)
    cancelled_at: datetime | None = None
    # It had another buyer: then its own body goes with whatever is told of it.
    handed_over: bool = False

    def kept(self) -> Decimal:
        """What the newest body said was kept."""
        return self.total - sum((amount for _, at, amount in self.refunds if at <= self.told_at), Decimal(0))


@dataclass(slots=True)
class Store:
    """One store. `secret` signs its webhooks; `zone` is only how it writes instants."""

    shop: str
    secret: str
    zone: ZoneInfo
    people: dict[int, Person] = field(default_factory=dict)
    purchases: dict[int, Purchase] = field(default_factory=dict)
    baskets: list[Basket] = field(default_factory=list)
    looks: list[tuple[int, Event]] = field(default_factory=list)
    erased: set[int] = field(default_factory=set)
    # Of these, who was only deleted: no law asks that they be forgotten.
    deleted: set[int] = field(default_factory=set)
    # Who was merged, into whom.
    merged: dict[int, int] = field(default_factory=dict)
    told: list[Webhook] = field(default_factory=list)
    _last: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    _numbers: int = 0

    @property
    def domain(self) -> str:
        """The store's own host name."""
        return f"{self.shop}.example.com"

    def instant(self, now: datetime) -> datetime:
        """A second of its own for an act."""
        self._last = max(now.replace(microsecond=0), self._last + SECOND)
        return self._last

    def now_of(self, id: int) -> int:
        """Who a customer is by now."""
        while id in self.merged:
            id = self.merged[id]
        return id

    # Acts ---------------------------------------------------------------------------------------

    def person(self, id: int, now: datetime, *, domain: str, tags: set[str], old_shape: bool) -> None:
        """Somebody signs up, or changes."""
        if id in self.erased or id in self.merged:
            return
        at = self.instant(now)
        known = self.people.get(id)
        one = known or Person(id, at, "")
        one.email = f"planted.{id}@{domain}"
        topic = "customers/update" if known else "customers/create"
        if old_shape:
            one.tags = set(tags)
            one.says(at, one.consent)
        self.people[id] = one
        self._tell(topic, at, self._person_body(one, at, old_shape))
        # A newer shape carries no tags: they are told by themselves.
        if not old_shape and tags - one.tags:
            self._tags(one, "tags_added", tags - one.tags, at)

    def tag(self, id: int, now: datetime, tag: str) -> None:
        """A tag comes, or goes."""
        one = self.people.get(id)
        if one is not None:
            self._tags(one, "tags_removed" if tag in one.tags else "tags_added", {tag}, self.instant(now))

    def consents(self, id: int, now: datetime, state: str) -> None:
        """Somebody agrees to e-mail, or does not any more."""
        one = self.people.get(id)
        if one is None:
            return
        at = self.instant(now)
        one.says(at, state.upper())
        consent = {"state": state, "consent_updated_at": self._written(at)}
        self._tell(
            "customers_email_marketing_consent/update", at, {"customer_id": id, "email_marketing_consent": consent}
        )

    def buys(self, id: int | None, now: datetime, *, ago: timedelta, total: Decimal, test: bool, again: bool) -> None:
        """An order is placed, or was some time ago. `again`: two webhooks of one act tell of it. No id: by a guest."""
        if id in self.erased or id in self.merged:
            return
        at = self.instant(now)
        # Stores never give an order's number to another one.
        self._numbers += 1
        order = self._numbers
        if id is not None and id not in self.people:
            self.people[id] = Person(id, at, f"planted.{id}@example.com")
        self.purchases[order] = Purchase(order, id, at - ago, total, test, at)
        self._order("orders/create", self.purchases[order], at)
        if again and id is not None:
            self._tell("customers/update", at, self._person_body(self.people[id], at, old_shape=False))

    def edits(self, which: int, now: datetime, total: Decimal) -> None:
        """An order comes to another sum."""
        if one := self._one(which):
            refunded = sum((amount for _, _, amount in one.refunds), Decimal(0))
            one.total = max(total, refunded)
            self._order("orders/updated", one, self.instant(now))

    def refunds(self, which: int, now: datetime, *, with_order: bool) -> None:
        """A part of the money goes back; the order's own webhook may follow."""
        one = self._one(which)
        if one is None or one.total < 10:
            return
        left = one.total - sum((amount for _, _, amount in one.refunds), Decimal(0))
        at, amount = self.instant(now), min(Decimal(10), left)
        if amount <= 0:
            return
        self._numbers += 1
        one.refunds.append((self._numbers, at, amount))
        self._tell("refunds/create", at, {"order_id": one.id, **self._refund_body(one.refunds[-1])})
        if with_order or one.handed_over:
            self._order("orders/updated", one, self.instant(now))

    def cancels(self, which: int, now: datetime) -> None:
        """An order is cancelled, for good."""
        one = self._one(which)
        if one is not None:
            at = self.instant(now)
            one.cancelled_at = one.cancelled_at or at
            self._order("orders/cancelled", one, at)

    def deletes(self, which: int, now: datetime) -> None:
        """An order is deleted, for good."""
        if one := self._one(which):
            del self.purchases[one.id]
            self._tell("orders/delete", self.instant(now), {"id": one.id})

    def hands_over(self, which: int, to: int, now: datetime) -> None:
        """An order is somebody else's from now on."""
        one = self._one(which)
        if one is not None and to in self.people and to != one.buyer:
            one.buyer, one.handed_over = to, True
            self._order("orders/updated", one, self.instant(now))

    def erases(self, id: int, now: datetime) -> None:
        """A customer is deleted, with everything."""
        if id in self.people:
            self._forget(id)
            self.deleted.add(id)
            self._tell("customers/delete", self.instant(now), {"id": id, "tax_exemptions": []})

    def redacts(self, id: int, now: datetime, *, lists: bool) -> None:
        """A customer must be forgotten, perhaps by an older id; with or without a list of their orders."""
        one = self.people.get(self.now_of(id))
        if one is None:
            return
        orders = [order.id for order in self._orders_of(one.id)] if lists else []
        self._forget(one.id)
        self._tell(
            "customers/redact",
            self.instant(now),
            {"customer": {"id": id, "email": one.email}, "orders_to_redact": orders},
        )

    def _forget(self, id: int) -> None:
        del self.people[id]
        self.erased |= {one for one in (id, *self.merged) if self.now_of(one) == id}
        self.purchases = {order: one for order, one in self.purchases.items() if one.buyer != id}

    def merges(self, gone: int, kept: int, now: datetime, *, edits: bool, untags: bool, deletes: bool) -> None:
        """Two customers turn out to be one; the store may say of the old id that it was deleted, too.

        Just before, an order of the old one may change, and just after, a tag that came with them may go.
        """
        if gone == kept or not {gone, kept} <= self.people.keys():
            return
        if untags and not self.people[gone].tags:
            self.tag(gone, now, "new")
        if edits and (theirs := self._orders_of(gone)):
            theirs[0].total += 10
            self._order("orders/updated", theirs[0], self.instant(now))
        at = self.instant(now)
        former, one = self.people.pop(gone), self.people[kept]
        self.merged[gone] = kept
        one.takes_in(former)
        for order in self._orders_of(gone):
            order.buyer = kept
        for basket in self.baskets:
            basket.owner = kept if basket.owner == gone else basket.owner
        self.looks = [(kept if id == gone else id, event) for id, event in self.looks]
        body = {
            "admin_graphql_api_customer_kept_id": f"gid://shopify/Customer/{kept}",
            "admin_graphql_api_customer_deleted_id": f"gid://shopify/Customer/{gone}",
            "status": "completed",
        }
        self._tell("customers/merge", at, body)
        if deletes:
            self._tell("customers/delete", at, {"id": gone, "tax_exemptions": []})
        if untags and former.tags:
            self._tags(one, "tags_removed", {min(former.tags)}, self.instant(now))

    def checks_out(self, id: int, now: datetime) -> None:
        """Somebody comes to the checkout."""
        if id in self.people:
            self._numbers += 1
            self.baskets.append(Basket(f"token{self._numbers}", id, self.instant(now)))
            self._basket("checkouts/create", self.baskets[-1])

    def completes(self, which: int, now: datetime) -> None:
        """A checkout is completed."""
        there = [one for one in self.baskets if one.owner in self.people]
        if there:
            one = there[which % len(there)]
            one.changed_at = self.instant(now)
            one.completed_at = one.completed_at or one.changed_at
            self._basket("checkouts/update", one)

    def sees(self, id: int, now: datetime, ago: timedelta) -> dict[str, Any] | None:
        """Somebody looks at a product: the event, which the store's pages tell by themselves."""
        if id not in self.people:
            return None
        self._numbers += 1
        event = Event(f"look{self._numbers}", "storefront.product_viewed", self.instant(now) - ago)
        self.looks.append((id, event))
        return {"customer_id": str(id), "id": event.id, "type": event.type, "at": iso(event.at)}

    def moves(self, zone: str, now: datetime) -> None:
        """The store counts its days elsewhere."""
        at = self.instant(now)
        body = {
            "iana_timezone": zone,
            "currency": "USD",
            "updated_at": self._written(at),
            "myshopify_domain": self.domain,
        }
        self._tell("shop/update", at, body)

    def document(self, id: int, now: datetime, *, dated: bool) -> dict[str, Any] | None:
        """The customer document of somebody, as of now, with or without what webhooks tell of orders' dates."""
        one = self.people.get(id)
        if one is None:
            return None
        at = self.instant(now)
        # A document that leaves a value empty says that there is none.
        one.says(at, one.consent)
        return {
            "id": str(id),
            "as_of": iso(at),
            "created_at": iso(one.created_at),
            "email": one.email,
            "first_name": f"Planted {id}",
            "tags": sorted(one.tags),
            "email_marketing_consent": one.consent,
            "orders": [
                {
                    "id": str(order.id),
                    **({"created_at": iso(order.created_at)} if dated else {}),
                    "updated_at": iso(order.told_at),
                    "total": str(order.kept()),
                    "currency": "USD",
                    "cancelled_at": None if order.cancelled_at is None else iso(order.cancelled_at),
                    "test": order.test,
                    "refunds": [
                        {"id": str(number), "created_at": iso(when), "amount": str(amount)}
                        for number, when, amount in order.refunds
                    ],
                    "lines": [{"product_id": str(order.id % 3), "quantity": 1 + order.id % 2}],
                }
                for order in self._orders_of(id)
            ],
        }

    # What is so ---------------------------------------------------------------------------------

    def _one(self, which: int) -> Purchase | None:
        """One of the orders that are there, counted around."""
        numbers = sorted(self.purchases)
        return self.purchases[numbers[which % len(numbers)]] if numbers else None

    def _orders_of(self, id: int) -> list[Purchase]:
        return [one for one in self.purchases.values() if one.buyer == id]

    def customers(self) -> dict[str, Customer]:
        """Everybody, as the oracle wants them."""
        return {str(id): self._customer(one) for id, one in self.people.items()}

    def _customer(self, one: Person) -> Customer:
        return Customer(
            id=str(one.id),
            created_at=one.created_at,
            email=one.email,
            tags=tuple(sorted(one.tags)),
            email_marketing_consent=one.consent,
            checkouts=tuple(
                Checkout(basket.token, basket.changed_at, basket.completed_at)
                for basket in self.baskets
                if basket.owner == one.id
            ),
            events=tuple(event for id, event in self.looks if id == one.id),
            orders=tuple(
                Order(
                    id=str(order.id),
                    created_at=order.created_at,
                    updated_at=order.told_at,
                    total=order.kept(),
                    currency="USD",
                    cancelled_at=order.cancelled_at,
                    test=order.test,
                    refunds=tuple(Refund(str(number), at, amount) for number, at, amount in order.refunds),
                    lines=(OrderLine(product_id=str(order.id % 3), quantity=1 + order.id % 2),),
                )
                for order in self._orders_of(one.id)
            ),
        )

    # Bodies -------------------------------------------------------------------------------------

    def _written(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def _tags(self, one: Person, what: str, tags: set[str], at: datetime) -> None:
        one.tags = one.tags | tags if what == "tags_added" else one.tags - tags
        body = {"customerId": f"gid://shopify/Customer/{one.id}", "tags": sorted(tags), "occurredAt": self._written(at)}
        self._tell(f"customer.{what}", at, body)

    def _person_body(self, one: Person, at: datetime, old_shape: bool) -> dict[str, Any]:
        consent = None if one.consent is None else {"state": one.consent.lower()}
        older = {"tags": ", ".join(sorted(one.tags)), "email_marketing_consent": consent}
        return {
            "id": one.id,
            "admin_graphql_api_id": f"gid://shopify/Customer/{one.id}",
            "email": one.email,
            "first_name": f"Planted {one.id}",
            "created_at": self._written(one.created_at),
            "updated_at": self._written(at),
            "state": "enabled",
            "addresses": [],
            **(older if old_shape else {}),
        }

    def _basket(self, topic: str, one: Basket) -> None:
        body = {
            "token": one.token,
            "created_at": self._written(one.changed_at),
            "updated_at": self._written(one.changed_at),
            "completed_at": None if one.completed_at is None else self._written(one.completed_at),
            "customer": {"id": one.owner},
        }
        self._tell(topic, one.changed_at, body)

    def _refund_body(self, refund: tuple[int, datetime, Decimal]) -> dict[str, Any]:
        number, at, amount = refund
        paid = {"id": number, "kind": "refund", "status": "success", "amount": str(amount), "currency": "USD"}
        return {"id": number, "created_at": self._written(at), "transactions": [paid]}

    def _order(self, topic: str, one: Purchase, at: datetime) -> None:
        one.told_at = at
        body = {
            "id": one.id,
            "admin_graphql_api_id": f"gid://shopify/Order/{one.id}",
            "created_at": self._written(one.created_at),
            "updated_at": self._written(at),
            "cancelled_at": None if one.cancelled_at is None else self._written(one.cancelled_at),
            "currency": "USD",
            "current_total_price": str(one.kept()),
            "total_price": str(one.total),
            "test": one.test,
            "tags": "",
            "discount_codes": [],
            "line_items": [{"id": one.id, "product_id": one.id % 3, "quantity": 1 + one.id % 2}],
            "refunds": [self._refund_body(refund) for refund in one.refunds],
            "customer": None if one.buyer is None else self._person_body(self.people[one.buyer], at, old_shape=False),
        }
        self._tell(topic, at, body)

    def _tell(self, topic: str, at: datetime, content: Mapping[str, Any]) -> None:
        body = json.dumps(content).encode()
        signature = hmac.digest(self.secret.encode(), body, hashlib.sha256)
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-API-Version": "2026-04",
            "X-Shopify-Triggered-At": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "X-Shopify-Event-Id": at.isoformat(),
            "X-Shopify-Hmac-Sha256": base64.b64encode(signature).decode(),
        }
        self.told.append(Webhook(self.shop, topic, at.isoformat(), body, headers))
