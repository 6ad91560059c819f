"""`/segments` and `/customers`: made, listed, read, deleted, and who is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from segment_core import clock
from segment_core.membership.flips import Change
from segment_core.membership.project import project
from segment_core.model.membership import Membership
from segment_core.runtime import environment
from segment_core.segments.shops import put_shop
from segment_core.store import generations, members, memberships

from .api_caller import ApiCaller
from .conftest import NOW, Stack

AT = "2026-03-01T12:00:00Z"
QUERY = "number_of_orders>0"
CANONICAL = "number_of_orders > 0"

Enter = Callable[..., None]


@pytest.fixture(autouse=True)
def shops(stack: Stack) -> None:
    """Two shops, so that there is always another one."""
    for shop in ("demo", "other"):
        put_shop(
            stack.tables,
            shop,
            domain=f"{shop}.myshopify.com",
            zone="UTC",
            currency="EUR",
            count_test_orders=False,
            count_cancelled_orders=False,
            at=NOW,
        )


@pytest.fixture
def enter(stack: Stack) -> Enter:
    """Puts customers into the first segment of the shop, as evaluation and projection would."""

    def enter(*customers: str, shop: str = "demo") -> None:
        generation = generations.current(stack.tables.segments, shop)
        assert generation is not None
        state = Membership(0b1, None, generation.number, 1, "fact", NOW)
        for customer in customers:
            assert memberships.commit(stack.tables.memberships, shop, customer, None, state)
        changes = [Change(shop, customer, None, state) for customer in customers]
        project(stack.tables, stack.event_bus_name, changes, NOW)

    return enter


def make(api: ApiCaller, name: str = "Buyers", query: str = QUERY) -> str:
    answer = api("POST", "/segments", {"name": name, "query": query})
    assert answer.status == 201, answer.body
    made: str = answer.body["id"]
    return made


# Making ---------------------------------------------------------------------------------------


def test_a_segment_is_made_with_its_query_in_canonical_form(api: ApiCaller) -> None:
    answer = api("POST", "/segments", {"name": "  Buyers ", "query": QUERY})
    assert answer.status == 201
    segment = answer.body
    assert segment == {
        "id": segment["id"],
        "name": "Buyers",
        "query": CANONICAL,
        "definition_id": segment["definition_id"],
        # Nobody is in the shop yet, so the build had nothing to do.
        "state": "ready",
        "count": 0,
        "as_of": AT,
        "build": None,
        "created_at": AT,
        "updated_at": AT,
        "etag": '"1"',
    }
    read = api("GET", f"/segments/{segment['id']}")
    assert read.body == segment
    assert answer.headers["ETag"] == '"1"'
    assert read.headers["ETag"].startswith('"1.')


def test_a_query_is_refused_with_every_problem_its_place_and_a_hint(api: ApiCaller) -> None:
    answer = api("POST", "/segments", {"name": "Buyers", "query": "number_of_order > 0\nAND amount_spend >= 5"})
    assert answer.problem == (422, "invalid_query")
    found = answer.body["problems"]
    assert [(one["line"], one["column"]) for one in found] == [(1, 0), (2, 4)]
    assert all(set(one) == {"line", "column", "length", "code", "message", "hint"} for one in found)
    assert "number_of_orders" in found[0]["hint"]
    assert api("GET", "/segments").body["segments"] == []


def named(api: ApiCaller, name: str) -> str:
    answer = api("POST", "/segments", {"name": name, "query": QUERY})
    assert answer.status == 201, answer.body
    called: str = answer.body["name"]
    return called


def test_a_name_that_is_taken_gets_a_number(api: ApiCaller) -> None:
    names = [named(api, name) for name in ("Buyers", "BUYERS", "Buyers", "Buyers (7)", "Buyers (7)", "Foo (0)")]
    assert names == ["Buyers", "BUYERS (2)", "Buyers (3)", "Buyers (7)", "Buyers (8)", "Foo (0)"]
    assert named(api, "Foo (0)") == "Foo (1)"
    assert named(replace(api, shop="other"), "Buyers") == "Buyers"


def test_a_name_that_is_another_segments_id_is_taken(api: ApiCaller) -> None:
    first, second = (api("POST", "/segments", {"name": name, "query": QUERY}).body for name in ("A", "B"))
    assert named(api, first["id"].upper()) == f"{first['id'].upper()} (2)"
    for segment, status in ((second, 409), (first, 200)):
        answer = api("PATCH", f"/segments/{segment['id']}", {"name": first["id"]}, headers={"if-match": "*"})
        assert answer.status == status
    assert api("GET", f"/segments/{second['id']}").body["name"] == "B"


def test_a_name_that_has_no_room_for_a_number_is_refused(api: ApiCaller) -> None:
    name = "x" * 252
    assert named(api, name) == name
    assert api("POST", "/segments", {"name": name, "query": QUERY}).problem == (409, "segment_name_taken")


def test_numbers_end_where_the_store_gives_up(api: ApiCaller) -> None:
    assert [named(api, "Foo (98)"), named(api, "Foo (98)")] == ["Foo (98)", "Foo (99)"]
    assert api("POST", "/segments", {"name": "Foo (98)", "query": QUERY}).problem == (409, "segment_name_taken")


# `ΐ` takes three characters without letter case.
@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 256, "\N{PARTY POPPER}" * 255, "\u0390" * 255, "é\0", "a\nb", "a\x7fb", "a\x85b"]
)
def test_a_name_must_be_one(api: ApiCaller, name: str) -> None:
    assert api("POST", "/segments", {"name": name, "query": QUERY}).problem == (400, "invalid_name")
    assert api("GET", "/segments").body["segments"] == []


@pytest.mark.parametrize("name", ["x" * 255, "\N{PARTY POPPER}" * 254, "\u0390" * 169, "ß" * 255, "Straße", "a\u2028é"])
def test_any_other_name_is_kept_as_it_is(api: ApiCaller, name: str) -> None:
    segment = make(api, name)
    assert api("GET", f"/segments/{segment}").body["name"] == name
    assert api("DELETE", f"/segments/{segment}").status == 204
    assert named(api, name) == name


def test_names_that_differ_in_letter_case_alone_are_one(api: ApiCaller) -> None:
    make(api, "Straße")
    assert named(api, "STRASSE") == "STRASSE (2)"


def test_names_that_look_the_same_are_one(api: ApiCaller) -> None:
    make(api, "Caf\u00e9")
    assert named(api, "Cafe\u0301") == "Caf\u00e9 (2)"
    found = api("GET", "/segments", search="AFE\u0301", sort="name").body["segments"]
    assert [one["name"] for one in found] == ["Caf\u00e9", "Caf\u00e9 (2)"]


@pytest.mark.parametrize("field", ["name", "query"])
def test_half_a_surrogate_pair_is_no_text(api: ApiCaller, field: str) -> None:
    body = {"name": "Buyers", "query": QUERY, field: "customer_tags CONTAINS '\ud83c'"}
    answer = api("POST", "/segments", body)
    assert answer.problem == (400, "invalid_request")
    assert answer.body["detail"].startswith(f"body.{field}: ")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"name": "Buyers"}, "body.query"),
        ({"query": QUERY}, "body.name"),
        ({"name": 7, "query": QUERY}, "body.name"),
        ({"name": "Buyers", "query": None}, "body.query"),
        ({"name": "Buyers", "query": QUERY, "id": "s1"}, "body.id"),
        ([], "body"),
        ("text", "body"),
    ],
)
def test_a_body_of_another_form_is_refused_with_the_place(api: ApiCaller, body: object, place: str) -> None:
    answer = api("POST", "/segments", body)
    assert answer.problem == (400, "invalid_request")
    assert answer.body["detail"].startswith(f"{place}: ")


@pytest.mark.parametrize(
    ("raw", "is_base64"),
    [("{", False), ("no json", False), ('{"name": NaN}', False), ("[" * 100_000, False), ("/w==", True), ("a", True)],
)
def test_a_body_that_is_not_json_is_refused_as_such(api: ApiCaller, raw: str, is_base64: bool) -> None:
    assert api("POST", "/segments", raw=raw, is_base64=is_base64).problem == (400, "invalid_json")


def test_a_request_without_a_body_is_refused(api: ApiCaller) -> None:
    answer = api("POST", "/segments")
    assert answer.problem == (400, "invalid_request")
    assert answer.body["detail"] == "body: is missing"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"]
)
def test_only_json_is_read(api: ApiCaller, content_type: str) -> None:
    answer = api("POST", "/segments", {"name": "Buyers", "query": QUERY}, content_type=content_type)
    assert answer.problem == (415, "unsupported_media_type")


def test_a_body_may_come_in_base64_and_with_a_charset(api: ApiCaller) -> None:
    encoded = "eyJuYW1lIjogIlpvw6siLCAicXVlcnkiOiAibnVtYmVyX29mX29yZGVycz4wIn0="
    answer = api("POST", "/segments", raw=encoded, is_base64=True, content_type="application/json; charset=utf-8")
    assert (answer.status, answer.body["name"]) == (201, "Zoë")


def test_a_shop_has_room_for_so_many_segments(api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFINITIONS_PER_SHOP", "2")
    environment.environment.cache_clear()
    first = make(api, "First")
    make(api, "Second")
    refused = api("POST", "/segments", {"name": "Third", "query": QUERY})
    assert refused.problem == (429, "too_many_segments")
    assert int(refused.headers["Retry-After"]) > 0
    assert len(api("GET", "/segments").body["segments"]) == 2
    assert replace(api, shop="other")("POST", "/segments", {"name": "Third", "query": QUERY}).status == 201
    assert api("DELETE", f"/segments/{first}").status == 204
    make(api, "Third")


# Listing --------------------------------------------------------------------------------------


def test_pages_of_segments_hold_each_of_them_once(api: ApiCaller) -> None:
    made = {make(api, f"Buyers {number}") for number in range(5)}
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    pages = 0
    while True:
        page = api("GET", "/segments", **query)
        assert page.status == 200
        found += [segment["id"] for segment in page.body["segments"]]
        pages += 1
        if page.body["next_cursor"] is None:
            break
        query["cursor"] = page.body["next_cursor"]
    assert (sorted(found), pages) == (sorted(made), 3)


def test_a_last_page_that_is_full_says_so(api: ApiCaller) -> None:
    for number in range(2):
        make(api, f"Buyers {number}")
    assert api("GET", "/segments", limit=2).body["next_cursor"] is None


# Deleting -------------------------------------------------------------------------------------


def test_a_deleted_segment_is_gone_and_its_name_is_free(api: ApiCaller) -> None:
    segment = make(api)
    deleted = api("DELETE", f"/segments/{segment}")
    assert (deleted.status, deleted.body) == (204, None)
    assert api("GET", f"/segments/{segment}").problem == (404, "segment_not_found")
    assert api("GET", f"/segments/{segment}/members").problem == (404, "segment_not_found")
    assert api("DELETE", f"/segments/{segment}").problem == (404, "segment_not_found")
    assert api("GET", "/segments").body["segments"] == []
    make(api)


# Members --------------------------------------------------------------------------------------


def test_members_come_in_pages_in_order_of_their_ids(api: ApiCaller, enter: Enter) -> None:
    segment = make(api)
    enter(*(f"c{number}" for number in range(7)))
    first = api("GET", f"/segments/{segment}/members", limit=3)
    assert first.body == {
        "segment_id": segment,
        "definition_id": api("GET", f"/segments/{segment}").body["definition_id"],
        "as_of": AT,
        "members": [{"customer_id": f"c{number}", "since": AT} for number in range(3)],
        "next_cursor": first.body["next_cursor"],
    }
    second = api("GET", f"/segments/{segment}/members", limit=3, cursor=first.body["next_cursor"])
    third = api("GET", f"/segments/{segment}/members", limit=3, cursor=second.body["next_cursor"])
    assert [member["customer_id"] for member in second.body["members"]] == ["c3", "c4", "c5"]
    assert [member["customer_id"] for member in third.body["members"]] == ["c6"]
    assert third.body["next_cursor"] is None
    assert api("GET", f"/segments/{segment}").body["count"] == 7


def test_a_page_may_be_short_and_lead_on(api: ApiCaller, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "FURTHER_ROUNDS", ())
    segment = make(api)
    definition = api("GET", f"/segments/{segment}").body["definition_id"]
    rows = [members.Row(definition, f"c{number:02d}", number == 29, NOW, 1) for number in range(30)]
    members.apply(stack.tables, "demo", rows, NOW)
    found: list[list[str]] = []
    query: dict[str, Any] = {"limit": 1}
    while True:
        page = api("GET", f"/segments/{segment}/members", **query).body
        found.append([member["customer_id"] for member in page["members"]])
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found[0] == []
    assert [customer for page in found for customer in page] == ["c29"]


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "ten", "1.5", "", "1,2"])
@pytest.mark.parametrize("path", ["/segments", "/segments/s1/members"])
def test_a_limit_out_of_bounds_is_refused(api: ApiCaller, path: str, limit: str) -> None:
    answer = api("GET", path, limit=limit)
    assert answer.problem == (400, "invalid_request")
    assert answer.body["detail"].startswith("query.limit: must be ")


def test_the_bounds_of_limits(api: ApiCaller) -> None:
    segment = make(api)
    assert api("GET", "/segments", limit=100).status == 200
    assert api("GET", "/segments", limit=101).problem == (400, "invalid_request")
    assert api("GET", f"/segments/{segment}/members", limit=1000).status == 200


# Cursors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cursor", ["", "x", "e30", "bm90IGEgY3Vyc29y", "..%2f"])
@pytest.mark.parametrize("path", ["/segments", "/segments/s1/members"])
def test_what_is_no_cursor_is_refused(api: ApiCaller, path: str, cursor: str) -> None:
    assert api("GET", path, cursor=cursor).problem == (400, "invalid_cursor")


def test_a_cursor_opens_neither_another_list_nor_another_shop(api: ApiCaller, enter: Enter) -> None:
    segment, second = make(api), make(api, "Others")
    enter("c1", "c2")
    cursor = api("GET", f"/segments/{segment}/members", limit=1).body["next_cursor"]
    of_segments = api("GET", "/segments", limit=1).body["next_cursor"]
    stranger = replace(api, shop="other")
    assert api("GET", f"/segments/{second}/members", cursor=cursor).problem == (400, "invalid_cursor")
    assert api("GET", "/segments", cursor=cursor).problem == (400, "invalid_cursor")
    assert api("GET", f"/segments/{segment}/members", cursor=of_segments).problem == (400, "invalid_cursor")
    assert stranger("GET", f"/segments/{segment}/members", cursor=cursor).problem == (400, "invalid_cursor")
    assert stranger("GET", "/segments", cursor=of_segments).problem == (400, "invalid_cursor")


# Customers ------------------------------------------------------------------------------------


def test_the_segments_of_a_customer(api: ApiCaller, enter: Enter) -> None:
    segment = make(api)
    make(api, "Others")
    enter("c1")
    answer = api("GET", "/customers/c1/segments")
    assert (answer.status, answer.body) == (
        200,
        {"customer_id": "c1", "as_of": AT, "segments": [{"id": segment, "name": "Buyers", "since": AT}]},
    )


def test_a_customer_whom_nobody_knows_is_404(api: ApiCaller) -> None:
    assert api("GET", "/customers/nobody/segments").problem == (404, "customer_not_found")


@pytest.mark.parametrize("path", ["/customers/{}/segments", "/segments/{}", "/segments/{}/members"])
@pytest.mark.parametrize("id_", ["a%23b", "a b", "a%25b", "x" * 129, "a@example.com"])
def test_what_cannot_be_an_id_is_refused(api: ApiCaller, path: str, id_: str) -> None:
    assert api("GET", path.format(id_)).problem == (400, "invalid_id")


def test_an_id_may_be_sent_with_escapes(api: ApiCaller, enter: Enter) -> None:
    make(api)
    enter("a:b")
    assert api("GET", "/customers/a%3Ab/segments").body["customer_id"] == "a:b"


# Shops and time -------------------------------------------------------------------------------


def test_another_shop_sees_nothing_of_it(api: ApiCaller, enter: Enter) -> None:
    segment = make(api)
    enter("c1")
    stranger = replace(api, shop="other")
    assert stranger("GET", "/segments").body["segments"] == []
    assert stranger("GET", f"/segments/{segment}").problem == (404, "segment_not_found")
    assert stranger("GET", f"/segments/{segment}/members").problem == (404, "segment_not_found")
    assert stranger("DELETE", f"/segments/{segment}").problem == (404, "segment_not_found")
    assert stranger("GET", "/customers/c1/segments").problem == (404, "customer_not_found")
    assert api("GET", f"/segments/{segment}").body["count"] == 1


def test_a_segment_needs_a_shop(api: ApiCaller) -> None:
    nowhere = replace(api, shop="nowhere")
    assert nowhere("POST", "/segments", {"name": "Buyers", "query": QUERY}).problem == (404, "shop_not_found")
    assert nowhere("GET", "/segments").problem == (404, "shop_not_found")


def test_a_request_is_answered_as_of_the_clock(api: ApiCaller) -> None:
    segment = make(api)
    clock.use(lambda: NOW + timedelta(microseconds=1))
    assert api("GET", f"/segments/{segment}").body["as_of"] == "2026-03-01T12:00:00.000001Z"
