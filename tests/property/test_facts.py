"""Facts merge to the same state in whatever order, grouping and number they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from segment_core.facts import order, profile, registers, standing
from segment_core.facts.document import read_customer, write_customer
from segment_core.facts.order import OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.tags import added, listed, removed
from segment_core.facts.told import to_customer
from segment_core.ingest.documents import understand_document
from segment_core.instants import iso, sortable
from segment_core.record import replace

START = datetime(2026, 1, 1, tzinfo=UTC)

# Few instants, tags and values, so that ties and conflicts are the rule.
instants = st.integers(0, 3).map(lambda minutes: START + timedelta(minutes=minutes))
stamps = st.builds(registers.stamp, instants, st.none() | instants, st.integers(0, 2))
values = st.sampled_from(["a", "b", None])
tags = st.lists(st.sampled_from(["x", "X", "y", "z"]), max_size=3)


def group(keys: list[str], held: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, registers.Register]]:
    return st.dictionaries(st.sampled_from(keys), st.builds(registers.Register, stamps, held), max_size=2)


places_ = st.sampled_from([{"latitude": 1, "longitude": 2}, {"latitude": 3.5, "longitude": 2}])
addresses = st.lists(
    st.builds(
        lambda city, where: {"country": "US", "city": city, **where},
        st.sampled_from(["A", "a", "B"]),
        places_ | st.just({}),
    ),
    max_size=2,
)
profiles = st.builds(
    ProfileState,
    st.builds(
        lambda fields, listed_: {**fields, **listed_},
        group(["email", "phone"], values),
        group(["addresses"], addresses),
    ),
    st.one_of(*(st.builds(say, stamps, tags) for say in (added, removed, listed))),
    group(["c1", "c2"], st.builds(lambda at: {"updated_at": iso(at)}, instants)),
    group(["e1", "e2"], st.builds(lambda at: {"type": "t", "at": iso(at)}, instants)),
    group(["US//a", "US//b"], places_),
)
lines = st.lists(
    st.fixed_dictionaries(
        {"product_id": st.sampled_from(["1", "1", "2", None])},
        optional={
            "vendor": values,
            "tags": st.sampled_from([["x"], ["y"], []]),
        },
    ),
    max_size=2,
)
bodies = st.builds(
    lambda fields, listed_, stands: {**fields, **listed_, **stands},
    group(["channel", "customer_id"], st.sampled_from(["a", "b"])),
    st.builds(lambda stamp, listed_: registers.told(stamp, {"lines": listed_}), stamps, lines) | st.just({}),
    group([standing.STANDING], st.sampled_from([standing.AWAITED, standing.ORDERED, standing.REVOKED])),
)
orders = st.builds(
    OrderState,
    bodies,
    group(
        ["r1", "r2"],
        st.builds(
            lambda at, late: {"created_at": iso(at), "amount": "1.00", **late},
            instants,
            st.sampled_from([{}, {"waiting": ["p1"]}]),
        ),
    ),
    st.none() | instants.map(sortable),
    st.sampled_from([False, False, False, False, True]),
    payments=group(["p1", "p2"], st.sampled_from(["2.00", "3.00"])),
)


State = TypeVar("State", ProfileState, OrderState)


def joined(states: list[State], empty: State) -> State:
    return reduce(lambda a, b: a.join(b), states, empty)


@given(st.lists(profiles, max_size=5), st.randoms(use_true_random=False))
def test_profiles_end_alike(told: list[ProfileState], chance: Any) -> None:
    end = joined(told, ProfileState())
    again = told + chance.choices(told, k=3) if told else []
    chance.shuffle(again)

    assert joined(again, ProfileState()) == end
    assert end.join(end) == end


@given(st.lists(orders, max_size=5), st.randoms(use_true_random=False))
def test_orders_end_alike(told: list[OrderState], chance: Any) -> None:
    end = joined(told, OrderState())
    again = told + chance.choices(told, k=3) if told else []
    chance.shuffle(again)

    assert joined(again, OrderState()) == end
    assert end.join(end) == end


@given(st.lists(orders.map(lambda told: replace(told, deleted=False)), min_size=2, max_size=4))
def test_of_a_product_the_latest_word_holds_unless_the_line_has_its_own(told: list[OrderState]) -> None:
    """The same rule said the naive way, over everything that was ever said of an order's products."""
    listings = [state.fields["lines"] for state in told if "lines" in state.fields]
    latest = reduce(registers.later, listings, registers.Register("", []))
    expected = []
    for line in latest.value:  # type: ignore[attr-defined]
        whole = dict(line)
        for key in ("vendor", "tags") if line.get("product_id") else ():
            said = [
                registers.Register(listing.stamp, other[key])
                for listing in listings
                for other in listing.value  # type: ignore[attr-defined]
                if other.get("product_id") == line["product_id"] and key in other
            ]
            last = reduce(registers.later, said) if said else None
            # A document is never added to by itself: what its own lines leave out, they leave out.
            of_itself = [other.get(key, ()) for other in latest.value if other.get("product_id") == line["product_id"]]  # type: ignore[attr-defined]
            if last and key not in line and not (last.stamp == latest.stamp and last.value in of_itself):
                whole[key] = last.value
        expected.append(whole)

    assert joined(told, OrderState()).document("1").get("lines", []) == expected


@given(profiles, profiles, profiles)
def test_profiles_join_in_any_grouping(a: ProfileState, b: ProfileState, c: ProfileState) -> None:
    assert a.join(b).join(c) == a.join(b.join(c))


@given(orders, orders, orders)
def test_orders_join_in_any_grouping(a: OrderState, b: OrderState, c: OrderState) -> None:
    assert a.join(b).join(c) == a.join(b.join(c))


@given(profiles, orders)
def test_stored_states_are_read_as_they_were(person: ProfileState, bought: OrderState) -> None:
    assert profile.decode(person.encode()) == person
    assert order.decode(bought.encode()) == bought


@given(st.lists(profiles, max_size=4))
def test_the_latest_list_and_what_came_after_it_decide_on_tags(told: list[ProfileState]) -> None:
    """The same rule said the naive way: for each tag, the last saying that speaks of it, lists of all tags."""
    state = joined(told, ProfileState())
    sayings = [saying.tags for saying in told]
    present = set()
    for tag in ("x", "y", "z"):
        spoken = [saying.each[tag] for saying in sayings if tag in saying.each]
        silent = [
            registers.Register(saying.floor, None) for saying in sayings if saying.floor and tag not in saying.each
        ]
        # Of two sayings with one stamp, the one that names the tag counts.
        last = max(
            (*spoken, *silent),
            key=lambda said: (said.stamp, said in spoken, registers.canonical(said.value)),
            default=None,
        )
        if last is not None and last.value is not None:
            present.add(last.value)

    assert set(state.tags.present()) == present


texts = st.text(max_size=8).filter(lambda text: all(not "\ud800" <= character <= "\udfff" for character in text))
ids = st.integers(1, 9).map(str)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(iso)
amounts = st.decimals(0, 10**9, places=2).map(str)


def some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"id": ids}, optional=keys)


documents = some(
    as_of=moments,
    created_at=st.none() | moments,
    email=st.none() | texts,
    tags=st.lists(texts, max_size=3, unique_by=str.casefold),
    state=st.sampled_from(["ENABLED", "DISABLED"]),
    companies=st.lists(ids, max_size=2),
    addresses=st.lists(
        st.fixed_dictionaries({}, optional={"country": st.just("NL"), "latitude": st.floats(-90, 90)}), max_size=2
    ),
    metafields=st.dictionaries(
        texts, st.fixed_dictionaries({"type": texts, "value": st.none() | st.integers() | texts}), max_size=2
    ),
    orders=st.lists(
        some(
            created_at=moments,
            updated_at=moments,
            total=amounts,
            currency=st.just("EUR"),
            test=st.booleans(),
            cancelled_at=st.none() | moments,
            channel=texts,
            tags=st.lists(texts, max_size=2),
            refunds=st.lists(
                some(created_at=moments, amount=amounts), max_size=2, unique_by=lambda refund: refund["id"]
            ),
            lines=st.lists(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "product_id": ids,
                        "quantity": st.integers(0, 9),
                        "vendor": st.none() | texts,
                        "product_type": texts,
                        "category": texts,
                        "tags": st.lists(texts, max_size=2),
                    },
                ),
                max_size=2,
            ),
        ),
        max_size=2,
        unique_by=lambda bought: bought["id"],
    ),
    events=st.lists(
        st.fixed_dictionaries(
            {"id": ids, "type": texts.filter(str.strip), "at": moments},
            optional={"properties": st.dictionaries(texts, texts, max_size=1)},
        ),
        max_size=2,
        unique_by=lambda event: event["id"],
    ),
)


@given(documents)
@settings(max_examples=60)
def test_documents_survive_writing_reading_and_merging(document: dict[str, Any]) -> None:
    customer = read_customer(document)
    told, *bought = understand_document(document, START)

    assert read_customer(write_customer(customer)) == customer
    merged = to_customer(told.customer_id, told.told, [(one.order_id, one.told) for one in bought])
    assert by_id(merged) == by_id(read_customer(document))


def by_id(customer: Any) -> Any:
    """What is a set in a customer, in one order; `as_of` is also the latest date of an event."""
    known = write_customer(customer)
    known.pop("as_of", None)
    for bought in known.get("orders", []):  # type: ignore[attr-defined]
        bought["refunds"] = sorted(bought.get("refunds", []), key=lambda refund: refund["id"])
    known["events"] = sorted(known.get("events", []), key=lambda event: event["id"])  # type: ignore[call-overload]
    known["tags"] = sorted(known.get("tags", []))  # type: ignore[call-overload]
    return known
