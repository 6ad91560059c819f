"""What a reader has already is not sent again, and what has changed is."""

from __future__ import annotations

from datetime import timedelta

from segment_core.api import conditional, openapi

from .five import MARCH, customer
from .living import Living


def test_what_is_known_already_is_not_sent_again(living: Living, recent: str) -> None:
    path = f"/segments/{recent}/members"
    first = living.api("GET", path)
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    living.move(MARCH + timedelta(minutes=1))
    again = living.api("GET", path, if_none_match=f'"other", {tag}')
    assert (again.status, again.body, again.headers["ETag"]) == (304, None, tag)
    living.tell(customer(4, ("2026-03-01", "7.00"), as_of="2026-03-01T12:30:00Z"))
    changed = living.api("GET", path, if_none_match=tag)
    assert (changed.status, changed.headers["ETag"] == tag) == (200, False)


def test_a_forecast_that_says_the_same_is_not_sent_again(living: Living, recent: str) -> None:
    path = f"/segments/{recent}/forecast"
    tag = living.api("GET", path, days=5).headers["ETag"]
    living.move(MARCH + timedelta(minutes=1))
    assert living.api("GET", path, days=5, if_none_match=tag).status == 304
    assert living.api("GET", path, days=6, if_none_match=tag).status == 200
    # The `until` of an explanation is what was asked for.
    path = f"/segments/{recent}/members/c01/explanation"
    why = living.api("GET", path)
    assert conditional.tag_of(why.body) == why.headers["ETag"]
    assert conditional.tag_of({**why.body, "until": "2027-01-01T00:00:00Z"}) != why.headers["ETag"]


def test_the_document_says_what_has_a_tag() -> None:
    for path, operations in openapi.document()["paths"].items():
        for method, one in operations.items():
            success = next(answer for status, answer in one["responses"].items() if status.startswith("2"))
            reads = method == "get" and path != "/data-requests/{id}"
            segment = (method, path) in {("post", "/segments"), ("patch", "/segments/{id}")}
            condition = {"$ref": "#/components/parameters/IfNoneMatch"} in one.get("parameters", [])
            assert ("ETag" in success.get("headers", {}), "304" in one["responses"], condition) == (
                reads or segment, reads, reads,
            ), (method, path)  # fmt: skip


def test_a_segment_whose_numbers_have_changed_is_sent_again_and_may_be_changed(living: Living, recent: str) -> None:
    path = f"/segments/{recent}"
    read = living.api("GET", path)
    tag = read.headers["ETag"]
    assert living.api("GET", path, if_none_match=tag).status == 304
    living.tell(customer(4, ("2026-03-01", "7.00"), as_of="2026-03-01T12:30:00Z"))
    again = living.api("GET", path, if_none_match=tag)
    assert (again.status, again.body["count"]) == (200, read.body["count"] + 1)
    # Nobody has changed its name or query since, so the tag of then will do; the next time it will not.
    assert living.api("PATCH", path, {"name": "Lately"}, headers={"if-match": tag}).status == 200
    refused = living.api("PATCH", path, {"name": "Newly"}, headers={"if-match": tag})
    assert refused.problem == (412, "precondition_failed")
