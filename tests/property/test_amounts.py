"""Amounts of money: all that a store can mean are read exactly, and no other number costs more than its refusal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segment_core.errors import NotUnderstood
from segment_core.ingest.body import amount
from segment_core.ingest.topics import TOPICS
from tests.unit.ingest.bodies import sample, understood

USED = [name for name, topic in TOPICS.items() if topic.read]
NAMES_OF_MONEY = ("current_total_price", "total_price", "amount")
# Wherever the body gives the shop's currency, its other amounts are not read.
SETS_OF_MONEY = tuple(f"{name}_set" for name in NAMES_OF_MONEY)

Path = tuple[str | int, ...]


def hostile(largest_exponent: int) -> st.SearchStrategy[str | float]:
    """Numbers, and what looks like one, that are no amount of money."""
    exponents = st.integers(16, largest_exponent)
    return st.one_of(
        st.builds(
            "{}{}E{}{}".format, st.sampled_from(["", "-"]), st.integers(0, 9), st.sampled_from(["-", ""]), exponents
        ),
        st.integers(16, 5_000).map(lambda digits: "9" * digits),
        st.integers(9, 5_000).map(lambda digits: "1." + "0" * digits),
        st.floats(1e15, 1e300) | st.floats(-1e300, -1e15) | st.floats(1e-300, 1e-9),
        st.sampled_from(["NaN", "sNaN", "-Infinity", "1E99999999999999999999", "", " ", "1,50", "0x10"]),
    )


def without_sets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_sets(part) for key, part in value.items() if key not in SETS_OF_MONEY}
    return [without_sets(part) for part in value] if isinstance(value, list) else value


def places(value: Any, names: tuple[str, ...], path: Path = ()) -> Iterator[Path]:
    """Every path at which a key of one of these names leads to a single value."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(part, dict | list):
            yield from places(part, names, (*path, key))
        elif key in names and "presentment_money" not in path:
            yield (*path, key)


def changed(value: Any, path: Path, to: object) -> Any:
    if not path:
        return to
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], to)
    return copy


def bodies_with_money() -> Iterator[Any]:
    """A topic, a body of it and the place of an amount in it that is read."""
    for topic in USED:
        if not topic.startswith(("orders/", "refunds/", "order_transactions/")) or topic == "orders/delete":
            continue
        full = {**sample(topic)}
        if topic.startswith("orders/"):
            full["refunds"] = [sample("refunds/create")]
        plain = without_sets(full)
        at_sale = {key: value for key, value in plain.items() if key != "current_total_price"}
        for form, body in (("full", full), ("plain", plain), ("at sale", at_sale)):
            for path in places(body, NAMES_OF_MONEY):
                if is_read(topic, body, path):
                    yield pytest.param(topic, body, path, id=f"{topic} {form} {'.'.join(map(str, path))}")


def is_read(topic: str, body: Any, path: Path) -> bool:
    try:
        return understood(topic, changed(body, path, "7.25")) != understood(topic, body)
    except NotUnderstood:
        return True


MONEY = list(bodies_with_money())


def test_every_amount_that_tells_something_is_tried() -> None:
    tried = {(param.values[0], str(param.values[2][-1])) for param in MONEY}

    for topic in USED:
        if topic.startswith("orders/") and topic != "orders/delete":
            assert {(topic, name) for name in NAMES_OF_MONEY} <= tried
    assert ("refunds/create", "amount") in tried


@pytest.mark.parametrize(("topic", "body", "path"), MONEY)
def test_a_hostile_number_is_refused_by_the_name_of_its_field(topic: str, body: Any, path: Path) -> None:
    @given(hostile(largest_exponent=2_000_000))
    @settings(max_examples=30)
    def refused(number: str | float) -> None:
        with pytest.raises(NotUnderstood, match=f"^{topic}: '{path[-1]}' is not an amount$"):
            understood(topic, changed(body, path, number))

    refused()


@given(hostile(largest_exponent=10**17))
def test_no_exponent_is_too_large_to_be_refused(number: str | float) -> None:
    with pytest.raises(NotUnderstood):
        amount({"amount": number}, "amount")


@given(st.from_regex(r"-?[0-9]{1,15}(\.[0-9]{1,8})?", fullmatch=True) | st.integers(0, 10**15 - 1))
def test_an_amount_that_a_customer_document_can_hold_is_read_as_it_is(number: str | int) -> None:
    assert amount({"amount": number}, "amount") == Decimal(number)
