"""Merging the facts of one message: read what is stored of them together, plan, write it together.

Every write stands on what was read; if it does not any more, all is read again. So the profile of a new
customer and their first order are two calls, and their records in the stream lie side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from segment_core.facts import registers
from segment_core.facts.order import OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Registers, Stamp
from segment_core.facts.told import Erasure, Fact, OrderFact, ProductFact, ProfileFact
from segment_core.store import client, keys, orders, products, profiles
from segment_core.store.client import Item, backoff, encode
from segment_core.store.orders import Change, Held
from segment_core.store.products import product_key
from segment_core.store.profiles import profile_key
from segment_core.store.states import Key, key_of
from segment_core.store.writes import Step, Write, carry_out, together


@dataclass(frozen=True, slots=True)
class Message:
    """What one message tells, by whom it is about."""

    profiles: dict[str, ProfileState] = field(default_factory=dict)
    orders: dict[str, OrderState] = field(default_factory=dict)
    products: dict[str, Registers] = field(default_factory=dict)
    erasures: dict[str, Stamp] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Iterable[Fact]) -> Message:
        """The facts, joined where several are about one. Raises InvalidRequest for ids that `keys` does not take."""
        message = cls()
        for fact in told:
            if isinstance(fact, ProfileFact):
                customer = keys.entity_id(fact.customer_id)
                message.profiles[customer] = message.profiles.get(customer, ProfileState()).join(fact.told)
            elif isinstance(fact, OrderFact):
                order = keys.entity_id(fact.order_id)
                message.orders[order] = message.orders.get(order, OrderState()).join(fact.told)
            elif isinstance(fact, ProductFact):
                product = keys.entity_id(fact.product_id)
                message.products[product] = registers.join(message.products.get(product, {}), fact.told)
            elif isinstance(fact, Erasure):
                message.erasures[keys.entity_id(fact.customer_id)] = fact.stamp
            else:
                raise TypeError(f"{type(fact).__name__} is not about customers; it is for whoever keeps the shop")
        return message

    def customers(self) -> set[str]:
        """Everybody who is named."""
        buyers = {told.customer_id for told in self.orders.values() if told.customer_id is not None}
        return {*self.profiles, *self.erasures, *buyers}


class _Stored:
    """Items as they were read for one attempt: each once, those that are asked for together in one call."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._read: dict[Key, Item | None] = {}

    def read(self, wanted: Iterable[Key]) -> None:
        unread = dict.fromkeys((key for key in wanted if key not in self._read), None)
        self._read |= unread
        for item in client.batch_get(self._table, [encode(key._asdict()) for key in unread]):
            self._read[key_of(item)] = item

    def __getitem__(self, key: Key | None) -> Item | None:
        return None if key is None else self._read.get(key)


def merge(table: str, shop: str, message: Message, *, bulk: bool) -> bool:
    """Merge what a message tells; whether that changed anything. `bulk` marks what is written as an import's.

    What is more than one transaction takes is written in several, profiles first. Raises TooLarge, and
    Contention if others never give way.
    """
    changed = False
    for pause in backoff():
        for step in together(_plan(_Stored(table), shop, message, bulk)):
            if not carry_out(table, step):
                break
            changed = True
        else:
            return changed
        pause()
    raise AssertionError("backoff raises when it ends")


def _plan(stored: _Stored, shop: str, message: Message, bulk: bool) -> list[Step]:
    """What is to be written, reading what that depends on."""
    stored.read(product_key(shop, product) for product in message.products)
    message = _with_news(stored, shop, message)
    pointers = {order: orders.pointer_key(shop, order) for order in message.orders}
    stored.read([*(profile_key(shop, customer) for customer in message.customers()), *pointers.values()])
    stored.read(place for key in pointers.values() if (place := orders.place_of(stored[key])))
    held = [Held(order, key, stored[key], stored[orders.place_of(stored[key])]) for order, key in pointers.items()]
    changes = [change for one in held if (change := orders.told(shop, one, message.orders[one.id]))]
    if not bulk:
        # An import tells what its products were; it is about orders of long ago.
        changes = _learned(stored, shop, changes)
    buyers = {str(change.customer_id) for change in changes if change.comes}
    # Unread are those whose order changes place though this message does not say whose it is.
    stored.read(profile_key(shop, customer) for customer in buyers)
    involved = message.customers() | buyers
    erased = {*message.erasures, *(one for one in involved if profiles.is_erased(stored[profile_key(shop, one)]))}
    remaining = [change.buried() if change.customer_id in erased else change for change in changes]
    return [
        *_profiles(stored, shop, message, buyers, bulk),
        *(orders.writes(shop, change, bulk=bulk) for change in remaining),
        # Last: as long as a product is not written, the orders that wait for it are told again.
        *([write] for write in _products(stored, shop, message, [] if bulk else remaining)),
    ]


def _with_news(stored: _Stored, shop: str, message: Message) -> Message:
    """The message with what orders learn of products that they wait for."""
    told = dict(message.orders)
    for id_, saying in message.products.items():
        for order, news in products.news(id_, stored[product_key(shop, id_)], saying).items():
            told[order] = told.get(order, OrderState()).join(news)
    return replace(message, orders=told)


def _products(stored: _Stored, shop: str, message: Message, changes: list[Change]) -> Iterator[Write]:
    """Products of which something was told, and those that orders of this message wait for."""
    waiting: dict[str, list[str]] = {}
    for change in changes:
        for id_ in products.wanted(change.state):
            waiting.setdefault(id_, []).append(change.held.id)
    for id_, saying in message.products.items():
        if (written := products.told(shop, id_, stored[product_key(shop, id_)], saying)) is not None:
            yield written
    for id_ in sorted(waiting.keys() - message.products.keys()):
        if (written := products.awaited(shop, id_, stored[product_key(shop, id_)], waiting[id_])) is not None:
            yield written


def _learned(stored: _Stored, shop: str, changes: list[Change]) -> list[Change]:
    """The changes with what is known of the products of their orders."""
    wanted = [{id_: product_key(shop, id_) for id_ in products.wanted(change.state)} for change in changes]
    stored.read(key for keys_ in wanted for key in keys_.values())
    return [
        replace(change, state=products.learned(change.state, {id_: stored[key] for id_, key in keys_.items()}))
        for change, keys_ in zip(changes, wanted, strict=True)
    ]


def _profiles(stored: _Stored, shop: str, message: Message, buyers: set[str], bulk: bool) -> Iterator[Step]:
    """Tombstones, and profiles: of whom something was told, and of whom an order comes to, so that they have one."""
    for customer in sorted({*message.profiles, *message.erasures, *buyers}):
        item = stored[profile_key(shop, customer)]
        if customer in message.erasures:
            written = profiles.erased(shop, customer, item, message.erasures[customer])
        else:
            saying = message.profiles.get(customer, ProfileState())
            written = profiles.told(shop, customer, item, saying, bulk=bulk)
        if written is not None:
            yield [written]
