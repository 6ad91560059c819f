"""`PATCH /segments/{id}`, dependents and repeated requests: who may change what, and what is seen while it happens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from segment_core import clock
from segment_core.membership.evaluate import evaluate_all
from segment_core.runtime import environment
from segment_core.segments import builds

from .api_caller import Answer, ApiCaller
from .conftest import NOW, Stack
from .customers import SHOP, customer_with_order, store

OLD, NEW = "number_of_orders > 0", "number_of_orders > 1"


@pytest.fixture(autouse=True)
def customers(shop: Stack) -> None:
    """One customer, who has an order."""
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    evaluate_all(shop.tables, SHOP, ["1"], NOW, "fact")


@pytest.fixture
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests save what they ask for and build nothing."""
    monkeypatch.setattr(builds, "SECONDS_PER_REQUEST", 0.0)


def make(api: ApiCaller, name: str = "Buyers", query: str = OLD, **headers: str) -> dict[str, Any]:
    answer = api("POST", "/segments", {"name": name, "query": query}, headers=headers)
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.body
    return made


def change(api: ApiCaller, segment: dict[str, Any], **to: str) -> Answer:
    return api("PATCH", f"/segments/{segment['id']}", to, headers={"if-match": segment["etag"]})


# Changing -------------------------------------------------------------------------------------


def test_a_name_is_changed_at_once_and_nothing_is_built(api: ApiCaller, no_time: None) -> None:
    segment = make(api)
    answer = change(api, segment, name=" Customers ")
    assert (answer.status, answer.headers["ETag"]) == (200, '"2"')
    assert answer.body == segment | {"name": "Customers", "etag": '"2"'}
    assert make(api, "Buyers")["name"] == "Buyers"
    assert change(api, answer.body, name="CUSTOMERS").body["name"] == "CUSTOMERS"


def test_a_name_that_another_segment_has_is_refused(api: ApiCaller) -> None:
    make(api, "Buyers")
    other = make(api, "Others")
    assert change(api, other, name="buyers").problem == (409, "segment_name_taken")
    assert change(api, other, name="  ").problem == (400, "invalid_name")


def test_readers_see_the_old_definition_until_the_new_one_is_built(
    api: ApiCaller, shop: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = make(api)
    assert (segment["state"], segment["count"]) == ("ready", 1)
    monkeypatch.setattr(builds, "SECONDS_PER_REQUEST", 0.0)
    changed = change(api, segment, query="number_of_orders>1").body
    build = changed.pop("build")
    assert changed | {"build": None} == segment | {"etag": '"2"'}
    assert build == {
        "definition_id": f"{segment['id']}.2",
        "query": NEW,
        "done": 0,
        "total": None,
        "started_at": "2026-03-01T12:00:00Z",
        "seconds_left": None,
        "error": None,
    }


def test_a_query_that_is_ready_is_read_in_place_of_the_old_one(api: ApiCaller) -> None:
    segment = make(api)
    changed = change(api, segment, query=NEW, name="Loyal").body
    assert (changed["query"], changed["definition_id"], changed["build"]) == (NEW, f"{segment['id']}.2", None)
    assert (changed["name"], changed["count"], changed["etag"]) == ("Loyal", 0, '"2"')


def test_a_new_name_beside_the_query_that_a_segment_has_builds_nothing(api: ApiCaller) -> None:
    segment = make(api)
    again = change(api, segment, query="number_of_orders  >  0", name="Customers").body
    assert again == segment | {"name": "Customers", "etag": '"2"'}


@pytest.mark.parametrize(
    "to", [{"name": " Buyers "}, {"query": "number_of_orders>0"}, {"name": "Buyers", "query": f"({OLD})"}]
)
def test_what_changes_nothing_is_in_no_other_editors_way(api: ApiCaller, shop: Stack, to: dict[str, str]) -> None:
    segment = make(api)
    stored = shop.items(shop.tables.segments)
    clock.use(lambda: NOW + timedelta(minutes=1))
    answer = change(api, segment, **to)
    assert (answer.status, answer.headers["ETag"]) == (200, segment["etag"])
    assert answer.body["updated_at"] == segment["updated_at"]
    assert shop.items(shop.tables.segments) == stored
    assert change(api, segment, name="Customers").status == 200
    assert change(api, segment, **to).problem == (412, "precondition_failed")


def test_the_query_that_is_being_built_is_not_begun_again(api: ApiCaller, no_time: None) -> None:
    segment = make(api)
    changed = change(api, segment, query=NEW).body
    assert change(api, changed, query="number_of_orders>1").body == changed


def test_a_query_with_problems_changes_nothing(api: ApiCaller) -> None:
    segment = make(api)
    assert change(api, segment, query="number_of_orders >").problem == (422, "invalid_query")
    assert change(api, segment, query=" ").problem == (422, "invalid_query")
    assert api("GET", f"/segments/{segment['id']}").body == segment


def test_nothing_to_change_is_no_change(api: ApiCaller) -> None:
    segment = make(api)
    answer = change(api, segment)
    assert answer.problem == (400, "nothing_to_change")
    assert answer.body["detail"] == "At least one attribute to change must be present"


# Preconditions --------------------------------------------------------------------------------


def test_a_change_must_say_what_it_is_about(api: ApiCaller) -> None:
    segment = make(api)
    assert api("PATCH", f"/segments/{segment['id']}", {"name": "B"}).problem == (428, "precondition_required")


@pytest.mark.parametrize("if_match", ['"2"', 'W/"1"', '"x"', '"7", "2"', '"01"'])
def test_a_change_of_another_state_is_refused(api: ApiCaller, if_match: str) -> None:
    path = f"/segments/{make(api)['id']}"
    assert api("PATCH", path, {"name": "B"}, headers={"if-match": if_match}).problem == (412, "precondition_failed")
    assert api("DELETE", path, headers={"if-match": if_match}).problem == (412, "precondition_failed")


@pytest.mark.parametrize("if_match", ['"1"', "*", '"7", "1"', ' "1" '])
def test_a_change_of_this_state_is_made(api: ApiCaller, if_match: str) -> None:
    path = f"/segments/{make(api)['id']}"
    assert api("PATCH", path, {"name": "B"}, headers={"if-match": if_match}).body["etag"] == '"2"'
    assert api("DELETE", path, headers={"if-match": '"2"'}).status == 204


@pytest.mark.parametrize("if_match", ["1", '"1', "", '"1" "2"'])
def test_what_is_no_etag_is_said_to_be_none(api: ApiCaller, if_match: str) -> None:
    path = f"/segments/{make(api)['id']}"
    assert api("PATCH", path, {"name": "B"}, headers={"if-match": if_match}).problem == (400, "invalid_precondition")


# Repeated requests ----------------------------------------------------------------------------


def test_a_request_that_is_sent_again_makes_nothing(api: ApiCaller) -> None:
    key = {"idempotency-key": "k-1"}
    first = make(api, **key)
    assert make(api, **key) == first
    assert make(api, **{"idempotency-key": "k-2"})["name"] == "Buyers (2)"
    assert len(api("GET", "/segments").body["segments"]) == 2


def test_a_key_is_one_requests(api: ApiCaller) -> None:
    key = {"idempotency-key": "k-1"}
    made = make(api, **key)
    answer = api("POST", "/segments", {"name": "Buyers", "query": NEW}, headers=key)
    assert answer.problem == (409, "idempotency_key_reused")
    assert api("DELETE", f"/segments/{made['id']}").status == 204
    answer = api("POST", "/segments", {"name": "Buyers", "query": OLD}, headers=key)
    assert answer.problem == (409, "idempotency_key_reused")


def test_a_key_has_a_length(api: ApiCaller) -> None:
    body = {"name": "Buyers", "query": OLD}
    assert api("POST", "/segments", body, headers={"idempotency-key": "x" * 256}).problem == (400, "invalid_request")


# Limits ---------------------------------------------------------------------------------------


def test_a_shop_builds_so_much_at_once(api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = make(api, "Ready")
    monkeypatch.setattr(builds, "SECONDS_PER_REQUEST", 0.0)
    monkeypatch.setenv("BUILDS_PER_SHOP", "1")
    environment.environment.cache_clear()
    first = make(api, "First")
    refused = api("POST", "/segments", {"name": "Second", "query": OLD})
    assert refused.problem == (429, "too_many_builds")
    assert int(refused.headers["Retry-After"]) > 0
    # What takes the place of a build is not one more, and a change of what is ready is.
    assert change(api, first, query=NEW).body["query"] == NEW
    refused = change(api, ready, query=NEW)
    assert refused.problem == (429, "too_many_builds")
    assert int(refused.headers["Retry-After"]) > 0


# Segments that ask segments -------------------------------------------------------------------


def test_a_segment_asks_another_by_its_name_of_today(api: ApiCaller) -> None:
    child = make(api, "Buyers")
    parent = make(api, "Parent", "in_segment('Buyers')")
    assert api("GET", f"/segments/{child['id']}/dependents").body == {
        "segments": [{"id": parent["id"], "name": "Parent"}]
    }
    renamed = change(api, child, name="Customers")
    assert renamed.status == 200
    assert api("GET", f"/segments/{parent['id']}").body["query"] == "in_segment('Customers')"
    assert api("GET", "/segments").body["segments"][0]["query"] in {OLD, "in_segment('Customers')"}
    assert make(api, "By id", f"in_segment('{child['id']}')")["query"] == "in_segment('Customers')"


def test_a_segment_is_asked_by_its_name_whatever_the_letter_case(api: ApiCaller) -> None:
    child = make(api, "Base nu5")
    parent = make(api, "Parent", "in_segment('base NU5')")
    assert parent["query"] == "in_segment('Base nu5')"
    child = change(api, child, name="BASE NU5").body
    assert api("GET", f"/segments/{parent['id']}").body["query"] == "in_segment('BASE NU5')"
    answer = change(api, child, query="in_segment('PARENT')")
    assert [problem["code"] for problem in answer.body["problems"]] == ["segment_cycle"]


def test_a_segment_that_is_asked_is_not_deleted(api: ApiCaller) -> None:
    child = make(api, "Buyers")
    parent = make(api, "Parent", "in_segment('Buyers')")
    refused = api("DELETE", f"/segments/{child['id']}")
    assert refused.problem == (409, "segment_has_dependents")
    assert f"'Parent' ({parent['id']})" in refused.body["detail"]
    assert change(api, parent, query=OLD).status == 200
    assert api("GET", f"/segments/{child['id']}/dependents").body == {"segments": []}
    assert api("DELETE", f"/segments/{child['id']}").status == 204


def test_a_segment_cannot_ask_what_is_not_there_or_itself(api: ApiCaller) -> None:
    child = make(api, "Buyers")
    parent = make(api, "Parent", "in_segment('Buyers')")
    for query, code in (
        ("in_segment('Nobody')", "unknown_segment"),
        ("in_segment ('Nobody')", "unknown_segment"),
        ("in_segment('Parent')", "segment_cycle"),
        (f"in_segment('{parent['id']}')", "segment_cycle"),
        ("in_segment('Buyers')", "segment_cycle"),
    ):
        answer = change(api, child, query=query)
        assert [problem["code"] for problem in answer.body["problems"]] == [code], query
        tried = api("POST", "/queries/preview", {"query": query, "segment_id": child["id"]})
        assert tried.body["problems"] == answer.body["problems"]


def test_a_segment_does_not_grow_too_deep_for_those_that_ask_it(api: ApiCaller) -> None:
    below = [make(api, "Level 0")]
    below += [make(api, f"Level {level}", f"in_segment('Level {level - 1}')") for level in range(1, 11)]
    make(api, "Beside")
    refused = change(api, below[0], query="in_segment('Beside')")
    assert [problem["code"] for problem in refused.body["problems"]] == ["segments_too_deep"]
    assert change(api, below[5], query="in_segment('Beside')").status == 200
    assert change(api, below[0], query="in_segment('Beside')").status == 200


def test_another_shops_segment_has_no_dependents_here(api: ApiCaller) -> None:
    assert api("GET", "/segments/abc/dependents").problem == (404, "segment_not_found")
    answer = api("PATCH", "/segments/abc", {"name": "B"}, headers={"if-match": "*"})
    assert answer.problem == (404, "segment_not_found")
