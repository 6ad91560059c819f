"""Merging the facts of one message: read what is stored of them together, plan, write it together.

Every write stands on what was read; if it does not any more, all is read again. So the profile of a new
customer and their first order are two calls, and their records in the stream lie side by side. What is told of
somebody who was merged into another customer goes to that one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from segment_core.facts import registers
from segment_core.facts.order import OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Registers
from segment_core.facts.told import Erasure, Fact, Merge, OrderFact, ProductFact, ProfileFact
from segment_core.record import field, record, replace
from segment_core.store import events, keys, orders, products, profiles
from segment_core.store.client import Item, backoff
from segment_core.store.orders import Change, Held
from segment_core.store.products import product_key
from segment_core.store.profiles import former_key, profile_key
from segment_core.store.stored import Nothing, Stored
from segment_core.store.writes import Step, Write, alive, carry_out, together


@record
class Message:
    """What one message tells, by whom it is about."""

    profiles: dict[str, ProfileState] = field(default_factory=dict)
    orders: dict[str, OrderState] = field(default_factory=dict)
    products: dict[str, Registers] = field(default_factory=dict)
    erasures: dict[str, Erasure] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)

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
                message.erasures[keys.entity_id(fact.customer_id)] = fact
            elif isinstance(fact, Merge):
                message.merges.append(replace(fact, into=keys.entity_id(fact.into)))
            else:
                raise TypeError(f"{type(fact).__name__} is not about customers; it is for whoever keeps the shop")
        return message

    def customers(self) -> set[str]:
        """Everybody who is named."""
        buyers = {told.customer_id for told in self.orders.values() if told.customer_id is not None}
        return {*self.profiles, *self.erasures, *buyers}


def merge(table: str, shop: str, message: Message, *, bulk: bool) -> bool:
    """Merge what a message tells; whether that changed anything. `bulk` marks what is written as an import's.

    What is more than one transaction takes is written in several, profiles first. Raises TooLarge, and
    Contention if others never give way.
    """
    changed = False
    for pause in backoff():
        for step in together(_plan(Stored(table), shop, message, bulk)):
            if not carry_out(table, step):
                break
            changed = True
        else:
            return changed
        pause()
    raise AssertionError("backoff raises when it ends")


def changes_anything(table: str, shop: str, message: Message) -> bool:
    """Whether merging the message would write anything as things stand."""
    return bool(_plan(Stored(table), shop, message, bulk=False))


def check_sizes(shop: str, message: Message) -> None:
    """Raises TooLarge if something in the message is more than its item can hold, even where nothing is stored."""
    _plan(Nothing(), shop, message, bulk=True)


def _plan(stored: Stored, shop: str, message: Message, bulk: bool) -> list[Step]:
    """What is to be written, reading what that depends on."""
    stored.read(product_key(shop, product) for product in message.products)
    message = _with_news(stored, shop, message)
    pointers = {order: orders.pointer_key(shop, order) for order in message.orders}
    stored.read([*(profile_key(shop, customer) for customer in message.customers()), *pointers.values()])
    owner = partial(stored.owner, shop)
    erasures = _erasures(message, owner)
    stored.read(place for key in pointers.values() if (place := orders.place_of(stored[key])))
    held = [Held(order, key, stored[key], stored[orders.place_of(stored[key])]) for order, key in pointers.items()]
    changes = [change for one in held if (change := orders.told(shop, one, message.orders[one.id], owner))]
    if not bulk:
        # An import tells what its products were; it is about orders of long ago.
        changes = _learned(stored, shop, changes)
    buyers = {str(change.owner) for change in changes if change.comes}
    # Unread are those whose order changes place though this message does not say whose it is.
    stored.read(profile_key(shop, customer) for customer in buyers)
    involved = {change.owner for change in changes if change.owner is not None}
    final = {customer for customer, erasure in erasures.items() if not erasure.rests}
    erased = {*final, *(one for one in involved if profiles.is_erased(stored[profile_key(shop, one)]))}
    left = (change.buried() if change.owner in erased else change for change in changes)
    remaining = [change for change in left if change is not None]
    return [
        *_profiles(stored, shop, message, erasures, buyers, bulk),
        *(orders.writes(shop, change, bulk=bulk) for change in remaining),
        *_events(stored, shop, message, erasures, bulk),
        *(step for fact in message.merges if (step := _merged(stored, shop, fact))),
        # Last: as long as a product is not written, the orders that wait for it are told again.
        *([write] for write in _products(stored, shop, message, [] if bulk else remaining)),
    ]


def _with_news(stored: Stored, shop: str, message: Message) -> Message:
    """The message with what orders learn of products that they wait for."""
    told = dict(message.orders)
    for id_, saying in message.products.items():
        for order, news in products.news(id_, stored[product_key(shop, id_)], saying).items():
            told[order] = told.get(order, OrderState()).join(news)
    return replace(message, orders=told)


def _products(stored: Stored, shop: str, message: Message, changes: list[Change]) -> Iterator[Write]:
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


def _learned(stored: Stored, shop: str, changes: list[Change]) -> list[Change]:
    """The changes with what is known of the products of their orders."""
    wanted = [{id_: product_key(shop, id_) for id_ in products.wanted(change.state)} for change in changes]
    stored.read(key for keys_ in wanted for key in keys_.values())
    return [
        replace(change, state=products.learned(change.state, {id_: stored[key] for id_, key in keys_.items()}))
        for change, keys_ in zip(changes, wanted, strict=True)
    ]


def _erasures(message: Message, owner: orders.Owner) -> dict[str, Erasure]:
    """Who is really erased: of those who were merged into somebody, nobody, or that one where a demand says so."""
    found = {}
    for customer, erasure in message.erasures.items():
        now = owner(customer)
        if now == customer or erasure.follow:
            found[now] = erasure
    return found


def _profiles(
    stored: Stored, shop: str, message: Message, erasures: dict[str, Erasure], buyers: set[str], bulk: bool
) -> Iterator[Step]:
    """Tombstones, and profiles: of whom something was told, and of whom an order comes to, so that they have one."""
    told = {customer: replace(state, events={}) for customer, state in message.profiles.items()}
    for customer in sorted({*told, *erasures, *buyers}):
        saying = told.get(customer, ProfileState())
        if customer in erasures:
            written = _gone(shop, customer, stored.profile(shop, customer), erasures[customer])
        elif (now := stored.owner(shop, customer)) != customer:
            yield from _of_former(stored, shop, customer, now, saying, bulk)
            continue
        else:
            written = profiles.told(shop, customer, stored.profile(shop, customer), saying, bulk=bulk)
        if written is not None:
            yield [written]


def _gone(shop: str, customer: str, item: Item | None, erasure: Erasure) -> Write | None:
    if erasure.rests:
        return profiles.hidden(shop, customer, item, erasure.stamp)
    return profiles.erased(shop, customer, item, erasure.stamp, redacted=erasure.follow)


def _of_former(stored: Stored, shop: str, former: str, now: str, saying: ProfileState, bulk: bool) -> Iterator[Step]:
    """What is told of somebody who was merged, beside the profile of who that is now."""
    tombstone = stored.profile(shop, former)
    if tombstone is None or profiles.is_erased(stored.profile(shop, now)):
        return
    key = former_key(shop, now, former)
    stored.read([key])
    merge = {"merged": tombstone["stamp"], "into": tombstone["into"]}
    written = profiles.former_told(shop, now, former, stored[key], saying, **merge, bulk=bulk)
    if written is not None:
        yield [alive(profile_key(shop, now)), written]


def _events(stored: Stored, shop: str, message: Message, erasures: dict[str, Erasure], bulk: bool) -> Iterator[Step]:
    """What happened, each an item of its own.

    Not even in one transaction with a look at the profile, which would double the cost of every page view: what is
    written beside a tombstone wakes an evaluation, and that deletes it.
    """
    owners = {one: stored.owner(shop, one) for one, told in message.profiles.items() if told.events}
    living = {
        one: now
        for one, now in owners.items()
        if now not in erasures and not profiles.is_erased(stored.profile(shop, now))
    }
    places = {one: events.places(shop, now, message.profiles[one].events) for one, now in living.items()}
    stored.read(key for theirs in places.values() for key in theirs)
    for theirs in places.values():
        for key, (event_id, register) in theirs.items():
            written = events.told(key, stored[key], event_id, register, bulk=bulk)
            if written is not None:
                yield [written]


def _merged(stored: Stored, shop: str, fact: Merge) -> Step | None:
    """A forward address in place of the one profile, and what it held beside the other. None if that is so already.

    What else is under the old id follows when its tombstone is evaluated. Whoever was erased, or merged before,
    stays that; merges that contradict each other end with the first. Stores merge nobody who has to be forgotten, so
    whoever was redacted under the old id was merged before, and the demand is about who that is now.
    https://shopify.dev/docs/api/admin-graphql/latest/enums/CustomerMergeErrorFieldType
    """
    former = stored.profile(shop, fact.customer_id)
    into = stored.owner(shop, fact.into)
    if into == fact.customer_id:
        return None
    target = stored.profile(shop, into)
    if profiles.is_redacted(former):
        late = profiles.erased(shop, into, target, fact.stamp, redacted=True)
        return None if late is None else [late]
    if profiles.is_erased(former):
        return None
    # The address is the merge's own: where that one went since is in its own tombstone.
    tombstone = profiles.erased(shop, fact.customer_id, former, fact.stamp, into=fact.into)
    if tombstone is None or profiles.is_erased(target):
        return None if tombstone is None else [tombstone]
    key = former_key(shop, into, fact.customer_id)
    stored.read([key])
    merge = {"merged": fact.stamp, "into": fact.into}
    theirs = profiles.state_of(former)
    known = profiles.former_told(shop, into, fact.customer_id, stored[key], theirs, **merge, bulk=False)
    being = profiles.told(shop, into, target, ProfileState(), bulk=False) or alive(profile_key(shop, into))
    return [tombstone, being, *([known] if known else [])]
