"""moto's stream records, put right."""

from __future__ import annotations

from typing import Any

from tidemark.stack.moto_records import repaired


def _record(event: str, key: str, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {"eventName": event, "dynamodb": {"Keys": {"pk": {"S": key}}, "OldImage": old, "NewImage": new}}


def _shown(records: list[dict[str, Any]]) -> list[tuple[str, Any, Any]]:
    shown = []
    for record in repaired(records):
        images = record["dynamodb"]
        shown.append((record["eventName"], images.get("OldImage"), images.get("NewImage")))
    return shown


BARE = {"pk": {"S": "a"}}
ONE = {**BARE, "n": {"N": "1"}}
TWO = {**BARE, "n": {"N": "2"}}


def test_an_absent_image_is_absent() -> None:
    assert _shown([_record("INSERT", "a", {}, ONE), _record("REMOVE", "a", ONE, {})]) == [
        ("INSERT", None, ONE),
        ("REMOVE", ONE, None),
    ]


def test_an_update_that_makes_an_item_is_one_insert() -> None:
    assert _shown([_record("INSERT", "a", {}, BARE), _record("INSERT", "a", {}, ONE)]) == [("INSERT", None, ONE)]


def test_inserts_of_two_items_are_two() -> None:
    other = {"pk": {"S": "b"}}
    assert len(_shown([_record("INSERT", "a", {}, BARE), _record("INSERT", "b", {}, other)])) == 2


def test_a_write_that_changed_nothing_is_left_out() -> None:
    records = [_record("MODIFY", "a", ONE, ONE), _record("MODIFY", "a", ONE, TWO)]
    assert _shown(records) == [("MODIFY", ONE, TWO)]


def test_binary_values_are_encoded_once() -> None:
    twice = {"S": "a"}, {"B": "QWY4PQ=="}, {"BS": ["QWY4PQ=="]}, {"L": [{"M": {"x": {"B": "QWY4PQ=="}}}]}
    once = {"S": "a"}, {"B": "Af8="}, {"BS": ["Af8="]}, {"L": [{"M": {"x": {"B": "Af8="}}}]}
    (shown,) = _shown([_record("INSERT", "a", {}, dict(zip("abcd", twice, strict=True)))])
    assert shown == ("INSERT", None, dict(zip("abcd", once, strict=True)))
