"""Reading members: batches, counts, spending, overlaps, past instants, orders and files, in a shop that lives."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from segment_core.membership import extracts as writing
from segment_core.runtime import environment, files
from segment_core.store import keys

from .conftest import load_function
from .five import MARCH, customer
from .living import Living

# Batches --------------------------------------------------------------------------------------


def test_one_customer_is_asked_of_many_segments_and_many_customers_of_one(
    living: Living, recent: str, vips: str
) -> None:
    answer = living.api("POST", "/customers/c05/memberships", {"segments": [vips, "nothing", recent, vips]})
    assert answer.body["memberships"] == [
        {"segment_id": vips, "member": True, "since": "2026-03-01T12:00:00Z"},
        {"segment_id": recent, "member": True, "since": "2026-03-01T12:00:00Z"},
    ]
    assert answer.body["unknown"] == ["nothing"]
    out = living.api("POST", "/customers/c04/memberships", {"segments": [recent]})
    assert out.body["memberships"] == [{"segment_id": recent, "member": False, "since": None}]
    # Many customers in one segment.
    asked = ["c05", "c04", "nobody", "c01"]
    answer = living.api("POST", f"/segments/{recent}/memberships", {"customers": asked})
    assert [(one["customer_id"], one["member"]) for one in answer.body["memberships"]] == [
        ("c05", True),
        ("c04", False),
        ("c01", True),
    ]
    assert answer.body["unknown"] == ["nobody"]
    # Each has its bounds.
    most = [f"x{number}" for number in range(1000)]
    assert living.api("POST", f"/segments/{recent}/memberships", {"customers": most}).status == 200
    assert living.api("POST", f"/segments/{recent}/memberships", {"customers": [*most, "y"]}).problem[0] == 400
    assert living.api("POST", f"/segments/{recent}/memberships", {"customers": []}).problem[0] == 400
    assert living.api("POST", "/customers/c01/memberships", {"segments": most[:500]}).status == 200
    assert living.api("POST", "/customers/c01/memberships", {"segments": most[:501]}).problem[0] == 400


# Numbers --------------------------------------------------------------------------------------


def test_how_many_there_are_and_what_they_spent(living: Living, recent: str) -> None:
    counted = living.api("GET", f"/segments/{recent}/count").body
    assert (counted["count"], counted["as_of"]) == (3, "2026-03-01T12:00:00Z")
    answer = living.api("GET", f"/segments/{recent}/statistics").body
    assert answer["scope"] == {"exact": True, "customers": 3, "looked_at": 3}
    spending = answer["spending"]
    assert (spending["currency"], spending["total"]["value"], spending["average"]["value"]) == (
        "EUR",
        "179.99",
        "60.00",
    )
    nobody = living.make("Nobody", "number_of_orders > 99")
    spending = living.api("GET", f"/segments/{nobody}/statistics").body["spending"]
    assert (spending["total"]["value"], spending["average"]) == ("0.00", None)


def test_segments_overlap(living: Living, recent: str, vips: str) -> None:
    answer = living.api("POST", "/segments/overlap", {"segments": [recent, vips]}).body
    assert answer["sizes"] == {recent: 3, vips: 3}
    assert answer["union"]["value"] == 5
    found = {tuple(one["segments"]): one["count"]["value"] for one in answer["combinations"]}
    assert found == {(recent,): 2, (vips,): 2, (recent, vips): 1}
    # They are named once and must be there.
    assert living.api("POST", "/segments/overlap", {"segments": [recent, recent]}).problem == (400, "invalid_segments")
    assert living.api("POST", "/segments/overlap", {"segments": [recent, "x"]}).problem == (404, "segment_not_found")
    eleven = [recent, vips, *(f"s{number}" for number in range(9))]
    assert living.api("POST", "/segments/overlap", {"segments": eleven}).problem == (400, "invalid_request")


def test_counts_of_several_segments_are_read_together(
    living: Living, recent: str, vips: str, calls: Counter[str]
) -> None:
    """Ten segments cost as many calls as two; of an overlap, apart from the lists themselves."""

    def listing() -> dict[str, int]:
        calls.clear()
        assert living.api("GET", "/segments").status == 200
        return dict(calls)

    def overlap(*wanted: str) -> dict[str, int]:
        calls.clear()
        assert living.api("POST", "/segments/overlap", {"segments": wanted}).status == 200
        return {**calls, "Query": calls["Query"] - keys.LIST_SHARDS * len(wanted)}

    listing()
    page, compared = listing(), overlap(recent, vips)
    made = [living.make(f"More {number}", "number_of_orders > 99") for number in range(8)]
    listing()

    assert (listing(), overlap(recent, vips, *made)) == (page, compared)


# Past instants --------------------------------------------------------------------------------


def test_every_past_instant_is_told_as_it_was(living: Living, recent: str) -> None:
    """Days go by, orders come in; afterwards each day is asked for again and must be what it was."""
    seen: dict[datetime, list[str]] = {}
    for day in range(3, 46, 6):
        living.pass_to(MARCH + timedelta(days=day))
        if day % 12 == 3:
            ordered = (MARCH + timedelta(days=day)).date().isoformat()
            living.tell(customer(3, ("2026-01-05", "500.00"), (ordered, "5.00"), as_of=f"{ordered}T11:00:00Z"))
            living.move(MARCH + timedelta(days=day, hours=1))
        at = living._at
        seen[at] = [one["customer_id"] for one in living.members(recent)]
    assert len({tuple(members) for members in seen.values()}) > 2
    for at, members in seen.items():
        told = [one["customer_id"] for one in living.members(recent, at=at.isoformat(), limit=2)]
        assert told == members, at
        of_customer = {
            number
            for number in range(1, 6)
            if living.api("GET", f"/customers/c{number:02d}/segments", at=at.isoformat()).body["segments"]
        }
        assert of_customer == {int(one[1:]) for one in members}, at


def test_which_definition_it_was_then_is_not_known_of_the_past(living: Living, recent: str) -> None:
    """Whatever was edited since: nothing is said of the definition, and nobody was in before there was a segment."""
    living.move(MARCH + timedelta(hours=1))
    path = f"/segments/{recent}"
    assert living.api("PATCH", path, {"query": "amount_spent >= 500"}, headers={"if-match": "*"}).status == 200
    living.settle()
    assert living.api("GET", f"{path}/members").body["definition_id"] == f"{recent}.2"
    first = living.api("GET", f"{path}/members", at=MARCH.isoformat(), limit=2)
    assert (first.body["definition_id"], len(first.body["members"])) == (None, 2)
    rest = living.api("GET", f"{path}/members", at=MARCH.isoformat(), limit=2, cursor=first.body["next_cursor"])
    assert (rest.body["definition_id"], [one["customer_id"] for one in rest.body["members"]]) == (None, ["c05"])
    before = living.api("GET", f"{path}/members", at=(MARCH - timedelta(seconds=1)).isoformat())
    assert (before.status, before.body["definition_id"], before.body["members"]) == (200, None, [])
    assert before.body["next_cursor"] is None


def test_past_members_have_been_in_since_their_last_enter(living: Living, recent: str) -> None:
    before = MARCH + timedelta(hours=1)
    living.pass_to(MARCH + timedelta(days=20))
    living.pass_to(MARCH + timedelta(days=40))
    assert living.members(recent) == []
    told = living.members(recent, at=before.isoformat())
    assert [one["customer_id"] for one in told] == ["c01", "c02", "c05"]
    assert {one["since"] for one in told} == {"2026-03-01T12:00:00Z"}


def test_however_many_past_segments_a_customer_had_history_is_read_twice(
    living: Living, recent: str, calls: Counter[str]
) -> None:
    wider = [living.make(f"Recent {days}", f"last_order_date >= -{days}d") for days in (31, 32)]
    before = MARCH + timedelta(hours=1)
    living.pass_to(MARCH + timedelta(days=40))
    calls.clear()
    told = living.api("GET", "/customers/c01/segments", at=before.isoformat()).body["segments"]
    assert {(one["id"], one["since"]) for one in told} == {(one, "2026-03-01T12:00:00Z") for one in (recent, *wider)}
    assert calls["Query"] == 2


@pytest.mark.parametrize("days", [400, 7])
def test_what_lies_ahead_or_is_kept_no_longer_cannot_be_asked_for(
    living: Living, recent: str, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    monkeypatch.setenv("HISTORY_DAYS", str(days))
    environment.environment.cache_clear()
    oldest = MARCH - timedelta(days=days)
    assert living.api("GET", f"/segments/{recent}/members", at=oldest.isoformat()).status == 200
    before = (oldest - timedelta(seconds=1)).isoformat()
    for at, code in (("2026-03-02T00:00:00Z", "in_future"), (before, "history_expired")):
        assert living.api("GET", f"/segments/{recent}/members", at=at).problem == (400, code)
        assert living.api("GET", "/customers/c01/segments", at=at).problem == (400, code)


def test_a_segment_deleted_since_is_still_told_of_by_its_id(living: Living, recent: str) -> None:
    before = MARCH + timedelta(minutes=5)
    living.move(before)
    living.api("DELETE", f"/segments/{recent}")
    living.settle()
    living.move(before + timedelta(hours=1))
    told = living.api("GET", "/customers/c01/segments", at=(before - timedelta(minutes=1)).isoformat())
    assert [one["id"] for one in told.body["segments"]] == [recent]
    assert living.api("GET", "/customers/c01/segments").body["segments"] == []


def test_days_add_up_to_what_the_segment_is(living: Living, recent: str) -> None:
    sizes = {}
    for day in (*range(1, 12, 5), 12, 13, 26, 33, 40):
        at = MARCH + timedelta(days=day)
        living.pass_to(at)
        if day == 12:
            living.tell(customer(4, (at.date().isoformat(), "7.00"), as_of="2026-03-13T11:00:00Z"))
        sizes[at.date().isoformat()] = len(living.members(recent))
    answer = living.api("GET", f"/segments/{recent}/history", **{"from": "2026-02-27", "to": "2026-04-10"})
    days = {one["date"]: one for one in answer.body["days"]}
    assert len(days) == 43
    assert {day: days[day]["size"] for day in sizes} == sizes
    assert days["2026-02-28"]["size"] is None
    assert days["2026-03-01"]["entered"] == {"definition": 3}
    assert days["2026-03-13"]["entered"] == {"fact": 1}
    assert days["2026-03-13"]["left"] == {"clock": 1}
    usual = living.api("GET", f"/segments/{recent}/history").body["days"]
    assert (usual[0]["date"], usual[-1]["date"], len(usual)) == ("2026-03-12", "2026-04-10", 30)
    # A period must be one.
    for period in (
        {"from": "2026-03-01", "to": "2026-02-01"},
        {"from": "2026-03-01", "to": "2026-04-11"},
        {"from": "2025-01-01", "to": "2026-03-01"},
    ):
        assert living.api("GET", f"/segments/{recent}/history", **period).problem == (400, "invalid_period")
    expired = living.api("GET", f"/segments/{recent}/history", **{"from": "2024-05-01", "to": "2024-05-02"})
    assert expired.problem == (400, "history_expired")
    odd = living.api("GET", f"/segments/{recent}/history", **{"from": "March"})
    assert odd.body["detail"] == "query.from: must be a date, such as 2026-03-01"


# Orders and files -----------------------------------------------------------------------------


def work(living: Living, context: SimpleNamespace) -> None:
    """Do what is on the work queue, until it is empty."""
    handler = load_function("evaluate").handler
    while found := living.stack.messages(living.stack.work_queue_url):
        records = [
            {"eventSource": "aws:sqs", "messageId": str(n), "body": json.dumps(body), "attributes": {}}
            for n, body in enumerate(found)
        ]
        assert handler({"Records": records}, context) == {"batchItemFailures": []}


ORDERS = [
    ("amount_spent", False, ["c04", "c05", "c02", "c01", "c03"], "0"),
    ("amount_spent", True, ["c03", "c01", "c02", "c05", "c04"], "500.00"),
    ("last_order_date", False, ["c03", "c02", "c01", "c05", "c04"], "2026-01-05T10:00:00Z"),
    ("last_order_date", True, ["c05", "c01", "c02", "c03", "c04"], "2026-02-28T10:00:00Z"),
    ("first_order_date", False, ["c03", "c02", "c01", "c05", "c04"], "2026-01-05T10:00:00Z"),
    ("number_of_orders", True, ["c01", "c05", "c03", "c02", "c04"], "2"),
    ("created_at", False, ["c01", "c02", "c03", "c04", "c05"], "2026-01-01T00:00:00Z"),
    ("last_abandoned_order_date", False, ["c01", "c02", "c03", "c04", "c05"], None),
]


def test_members_in_each_order_and_its_reverse(living: Living, context: SimpleNamespace) -> None:
    everybody = living.make("All", "number_of_orders >= 0")
    for sort, reverse, expected, first in ORDERS:
        asked = living.api("POST", f"/segments/{everybody}/snapshots", {"sort": sort, "reverse": reverse})
        assert (asked.status, asked.body["state"], asked.body["expected"]) == (202, "building", 5)
        path = f"/segments/{everybody}/snapshots/{asked.body['id']}"
        assert living.api("GET", f"{path}/members").problem == (409, "snapshot_not_ready")
        work(living, context)
        assert living.api("GET", path).body == asked.body | {"state": "ready", "written": 5}
        found, cursor = [], {}
        while True:
            page = living.api("GET", f"{path}/members", limit=2, **cursor).body
            found += page["members"]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert [one["customer_id"] for one in found] == expected, sort
        assert (found[0]["value"], page["as_of"]) == (first, "2026-03-01T12:00:00Z")


def test_a_snapshot_stays_as_it_was_and_ends_after_a_day(living: Living, context: SimpleNamespace, vips: str) -> None:
    asked = living.api("POST", f"/segments/{vips}/snapshots", {"sort": "amount_spent"}).body
    work(living, context)
    living.tell(customer(1, tags=["vip"], as_of="2026-03-01T13:00:00Z"))
    path = f"/segments/{vips}/snapshots/{asked['id']}"
    assert [one["customer_id"] for one in living.api("GET", f"{path}/members").body["members"]] == ["c04", "c05", "c03"]
    living.move(MARCH + timedelta(days=1))
    assert living.api("GET", path).problem == (404, "snapshot_not_found")


def fetched(answer: dict[str, Any]) -> bytes:
    bucket, _, key = answer["url"].split("/", 3)[3].partition("?")[0].partition("/")
    body: bytes = files.client().get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def test_a_segment_as_a_file(living: Living, context: SimpleNamespace, recent: str) -> None:
    for form in ("ndjson", "csv"):
        _exported(living, context, recent, form)


def _exported(living: Living, context: SimpleNamespace, recent: str, form: str) -> None:
    asked = living.api("POST", f"/segments/{recent}/exports", {"format": form})
    assert (asked.status, asked.body["url"]) == (202, None)
    work(living, context)
    answer = living.api("GET", f"/segments/{recent}/exports/{asked.body['id']}").body
    assert (answer["state"], answer["expected"], answer["written"]) == ("ready", 3, 3)
    assert "X-Amz-Signature=" in answer["url"]
    text = fetched(answer).decode()
    rows = (
        list(csv.DictReader(io.StringIO(text))) if form == "csv" else [json.loads(line) for line in text.splitlines()]
    )
    assert rows == living.members(recent)


def test_a_large_file_is_written_in_parts(
    living: Living, context: SimpleNamespace, recent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 1)
    monkeypatch.setattr(files, "PART_BYTES", 10)
    # moto knows S3's smallest part.
    monkeypatch.setattr("moto.settings.S3_UPLOAD_PART_MIN_SIZE", 1)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1, raising=False)
    context.get_remaining_time_in_millis = lambda: 0
    asked = living.api("POST", f"/segments/{recent}/exports", {"format": "ndjson"}).body
    work(living, context)
    answer = living.api("GET", f"/segments/{recent}/exports/{asked['id']}").body
    assert (answer["state"], answer["written"]) == ("ready", 3)
    assert [json.loads(line) for line in fetched(answer).decode().splitlines()] == living.members(recent)


def test_an_export_of_a_segment_that_is_replaced_meanwhile_fails_and_says_so(
    living: Living, context: SimpleNamespace, recent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 1)
    monkeypatch.setattr(writing, "_PLACED_PAGE", 1)
    for kind, body in (("exports", {"format": "ndjson"}), ("snapshots", {"sort": "amount_spent"})):
        asked = living.api("POST", f"/segments/{recent}/{kind}", body).body
        changed = living.api(
            "PATCH", f"/segments/{recent}", {"query": f"number_of_orders > {len(kind)}"}, headers={"if-match": "*"}
        )
        assert changed.status == 200
        work(living, context)
        path = f"/segments/{recent}/{kind}/{asked['id']}"
        answer = living.api("GET", path).body
        assert (answer["state"], answer["error"]) == ("failed", "definition_replaced")
        assert answer["written"] <= 1
    assert living.api("GET", f"{path}/members").problem == (409, "snapshot_failed")


def message(asked: dict[str, Any], tries: int) -> dict[str, Any]:
    """The work queue's message about an extract, as it comes for the so manyth time."""
    body = {"kind": "extract", "shop": "demo", "extract": asked["id"]}
    count = {"ApproximateReceiveCount": str(tries)}
    return {"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": json.dumps(body), "attributes": count}]}


def test_what_trying_again_cannot_help_fails_at_once_and_can_be_asked_for_again(
    living: Living, context: SimpleNamespace, recent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = living.api("POST", f"/segments/{recent}/exports", {}).body
    path = f"/segments/{recent}/exports/{asked['id']}"
    handler = load_function("evaluate").handler
    monkeypatch.setenv("EXPORTS_BUCKET", "there-is-no-such-bucket")
    environment.environment.cache_clear()
    # It is told as a failure too, so that somebody looks at it; handed out again, there is nothing left to do.
    assert handler(message(asked, 1), context)["batchItemFailures"]
    answer = living.api("GET", path).body
    assert (answer["state"], answer["error"], answer["url"]) == ("failed", "storage_refused", None)
    assert handler(message(asked, 2), context) == {"batchItemFailures": []}
    monkeypatch.setenv("EXPORTS_BUCKET", living.stack.exports_bucket)
    environment.environment.cache_clear()
    again = living.api("POST", f"/segments/{recent}/exports", {}).body
    work(living, context)
    assert living.api("GET", f"/segments/{recent}/exports/{again['id']}").body["state"] == "ready"
    assert living.api("GET", path).body == answer


def test_an_extract_that_ends_nowhere_again_and_again_has_failed(
    living: Living, context: SimpleNamespace, recent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = living.api("POST", f"/segments/{recent}/exports", {}).body
    path = f"/segments/{recent}/exports/{asked['id']}"
    handler = load_function("evaluate").handler

    def outage(*_: object) -> None:
        told = {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
        raise ClientError(told, "PutObject")  # type: ignore[arg-type]

    monkeypatch.setattr(files, "put", outage)
    for tries in range(1, writing.MOST_TRIES + 1):
        assert handler(message(asked, tries), context)["batchItemFailures"]
        assert living.api("GET", path).body["state"] == "building"
    assert handler(message(asked, writing.MOST_TRIES + 1), context) == {"batchItemFailures": []}
    answer = living.api("GET", path).body
    assert (answer["state"], answer["error"]) == ("failed", "given_up")


def test_an_extract_belongs_to_its_segment_and_kind(living: Living, recent: str, vips: str) -> None:
    asked = living.api("POST", f"/segments/{recent}/exports", {}).body
    assert living.api("GET", f"/segments/{vips}/exports/{asked['id']}").problem == (404, "export_not_found")
    assert living.api("GET", f"/segments/{recent}/snapshots/{asked['id']}").problem == (404, "snapshot_not_found")
    assert living.api("DELETE", f"/segments/{recent}").status == 204
    assert living.api("GET", f"/segments/{recent}/exports/{asked['id']}").problem == (404, "segment_not_found")


# Segments by name -----------------------------------------------------------------------------


def test_segments_are_found_and_ordered_by_name(living: Living) -> None:
    names = ["Berta vip", "anna VIP", "Zoe", "Straße vip", "Ölvip"]
    ids = {living.make(name, "number_of_orders > 0"): name for name in names}

    def listed(**query: object) -> list[str]:
        found, cursor = [], {}
        while True:
            page = living.api("GET", "/segments", limit=2, **query, **cursor).body
            found += [ids[one["id"]] for one in page["segments"]]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    assert listed(sort="name") == sorted(names, key=str.casefold)
    assert listed(search="VIP", sort="name") == ["anna VIP", "Berta vip", "Straße vip", "Ölvip"]
    assert sorted(listed(search="vip")) == sorted(name for name in names if name != "Zoe")
    assert listed(search="nothing like it") == []
    first = living.api("GET", "/segments", limit=1, sort="name").body["next_cursor"]
    assert living.api("GET", "/segments", limit=1, cursor=first).problem == (400, "invalid_cursor")
