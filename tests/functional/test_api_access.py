"""Every route, and who may use it; every error, and what it gives away."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.api import openapi
from segment_core.api.access import SECURITY_SCHEME
from segment_core.segments import reads, shops

from .api_caller import EVERY_SCOPE, ApiCaller
from .conftest import NOW, REPOSITORY, Stack
from .living import Living
from .tables import resources
from .test_reading import work

Things = dict[str, str]

PLACES = {"id": "a1", "shop": "demo", "customer": "c1", "extract": "e1", "name": "customer_tags"}


def routes() -> Iterator[tuple[str, str, str]]:
    """Method, path and scope of every route of the kept document."""
    document = json.loads((REPOSITORY / "infra" / "openapi.json").read_text("utf-8"))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            ((scope,),) = [security[SECURITY_SCHEME] for security in operation["security"]]
            yield method.upper(), path.format(**PLACES), scope


ROUTES = list(routes())


def test_the_kept_document_is_the_one_that_the_routes_make() -> None:
    kept = (REPOSITORY / "infra" / "openapi.json").read_text("utf-8")
    assert kept == openapi.text(), "run: make openapi"


# The gateway refuses in plain JSON, and some statuses are its answer as well as ours.
OURS, PLAIN = {"application/problem+json"}, {"application/json"}
ANSWERED = dict.fromkeys(("401", "403", "429", "500", "503"), OURS | PLAIN)


def test_every_answer_of_a_route_is_documented_as_a_problem_or_its_success() -> None:
    for operations in openapi.document()["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                expected = ANSWERED.get(status, OURS if int(status) >= 400 else PLAIN)
                assert set(answer.get("content", ())) == (set() if status in ("204", "304") else expected)


def test_the_gateway_has_the_same_routes_with_the_same_scopes() -> None:
    served = set()
    for event in resources()["ApiFunction"]["Properties"]["Events"].values():
        properties = event["Properties"]
        assert (event["Type"], properties["Auth"]["Authorizer"]) == ("HttpApi", "Jwt")
        (scope,) = properties["Auth"]["AuthorizationScopes"]
        served.add((properties["Method"].upper(), properties["Path"].format(**PLACES), scope))
    assert served == set(ROUTES)


def test_each_route_needs_its_scope_and_no_other_will_do(api: ApiCaller) -> None:
    for method, path, scope in ROUTES:
        others = " ".join(one for one in EVERY_SCOPE.split() if one != scope)
        # An empty object is no valid body of any route: who may not ask is not told so.
        assert replace(api, scope=others)(method, path, {}).problem == (403, "missing_scope"), path
        assert replace(api, scope="")(method, path, {}).problem == (403, "missing_scope"), path
        assert replace(api, scope=scope)(method, path, {}).status not in (401, 403), path


def test_each_route_needs_a_shop_in_the_token(api: ApiCaller) -> None:
    for method, path, _ in ROUTES:
        for shop in (None, "", "Demo", "demo#1"):
            assert replace(api, shop=shop)(method, path, {}).problem == (403, "no_shop_claim"), path


def test_a_parameter_that_is_given_twice_is_refused_in_the_same_words_everywhere(api: ApiCaller) -> None:
    asked = set()
    for path, operations in openapi.document()["paths"].items():
        for method, operation in operations.items():
            for name in (one["name"] for one in operation.get("parameters", ()) if one.get("in") == "query"):
                answer = api(method.upper(), path.format(**PLACES), **{name: [5, 2]})
                assert answer.problem == (400, "invalid_request"), (path, name)
                assert answer.body["detail"] == f"query.{name}: must be given only once", path
                asked.add(name)
    assert {"limit", "at", "from", "cursor", "sort", "search"} <= asked


def test_a_comma_in_a_parameter_is_not_a_second_one(api: ApiCaller) -> None:
    assert api("GET", "/filters", search="e-mail,opened").body == {"filters": []}


def test_no_route_is_open_if_the_authorizer_is_missing(api: ApiCaller) -> None:
    for method, path, _ in ROUTES:
        event = api.event(method, path, {})
        del event["requestContext"]["authorizer"]
        answer = api.app.handler(event, api.context)
        assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (401, "no_token"), path


# Another shop's things ------------------------------------------------------------------------

QUERY = "number_of_orders >= 0"
UNKNOWN = (404, "segment_not_found")

# What each route answers whoever names things of another shop: a problem, or what its answer says of them.
# A route that is not here fails the test below.
OF_ANOTHER_SHOP: dict[str, tuple[int, str] | Callable[[dict[str, Any], Things], bool]] = {
    "putShop": (403, "shop_mismatch"),
    "readShop": (403, "shop_mismatch"),
    "createSegment": lambda body, theirs: body["count"] == 0,
    "listSegments": lambda body, theirs: theirs["id"] not in {one["id"] for one in body["segments"]},
    "readSegment": UNKNOWN,
    "deleteSegment": UNKNOWN,
    "changeSegment": UNKNOWN,
    "listDependents": UNKNOWN,
    "listMembers": UNKNOWN,
    "countMembers": UNKNOWN,
    "readStatistics": UNKNOWN,
    "askCustomersOfSegment": UNKNOWN,
    "compareSegments": UNKNOWN,
    "createSnapshot": UNKNOWN,
    "readSnapshot": UNKNOWN,
    "listSnapshotMembers": UNKNOWN,
    "createExport": UNKNOWN,
    "readExport": UNKNOWN,
    "explainMembership": UNKNOWN,
    "forecastSegment": UNKNOWN,
    "readHistory": UNKNOWN,
    "listSegmentsOfCustomer": (404, "customer_not_found"),
    "askSegmentsOfCustomer": (404, "customer_not_found"),
    "readTimeline": (404, "customer_not_found"),
    "checkQuery": lambda body, theirs: body["valid"],
    "previewQuery": UNKNOWN,
    "listFilters": lambda body, theirs: len(body["filters"]) > 20,
    "suggestValues": lambda body, theirs: body["values"] == [],
    "importCustomers": lambda body, theirs: [one["status"] for one in body["results"]] == ["accepted"],
    "takeEvents": lambda body, theirs: [one["status"] for one in body["results"]] == ["accepted"],
    "listDataRequests": lambda body, theirs: body["requests"] == [],
    "fetchDataRequest": (404, "data_request_not_found"),
}


def body_of(operation: str, theirs: Things) -> dict[str, Any] | None:
    """What the route is sent: whatever can be named in it is the other shop's."""
    bodies: dict[str, dict[str, Any]] = {
        "putShop": {"domain": "taken.example.com", "zone": "UTC", "currency": "EUR"},
        "createSegment": {"name": "Everybody", "query": QUERY},
        "askCustomersOfSegment": {"customers": [theirs["customer"]]},
        "changeSegment": {"name": "Ours"},
        "compareSegments": {"segments": [theirs["id"], theirs["id2"]]},
        "createSnapshot": {"sort": "amount_spent"},
        "createExport": {},
        "askSegmentsOfCustomer": {"segments": [theirs["id"]]},
        "checkQuery": {"query": QUERY},
        "previewQuery": {"query": QUERY, "segment_id": theirs["id"]},
        "importCustomers": {"customers": [{"id": theirs["customer"]}]},
        "takeEvents": {
            "events": [{"customer_id": theirs["customer"], "id": "e1", "type": "quiz", "at": "2026-03-01T00:00:00Z"}]
        },
    }
    return bodies.get(operation)


def test_no_route_gives_away_what_is_another_shops(
    stack: Stack, api: ApiCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _another_shop(stack, api, monkeypatch)
    shops.put_shop(
        stack.tables, "mine", domain="mine.example.com", zone="UTC", currency="EUR", at=NOW,
        count_test_orders=False, count_cancelled_orders=False,
    )  # fmt: skip
    mine = replace(api, shop="mine")
    for path, operations in openapi.document()["paths"].items():
        for method, operation in operations.items():
            name = operation["operationId"]
            places = {**theirs, "extract": theirs["export" if "exports" in path else "snapshot"]}
            if path.startswith("/customers/"):
                places["id"] = theirs["customer"]
            asked = path.format(**places)
            answer = mine(method.upper(), asked, body_of(name, theirs), headers={"if-match": "*"})
            expected = OF_ANOTHER_SHOP[name]
            if isinstance(expected, tuple):
                assert answer.problem == expected, name
            else:
                assert answer.status < 300, name
                assert expected(answer.body, theirs), name


def test_no_list_goes_on_from_another_shops_cursor(
    stack: Stack, api: ApiCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _another_shop(stack, api, monkeypatch)
    lists = [
        path.format(**{**theirs, "extract": theirs["snapshot"]})
        for path, operations in openapi.document()["paths"].items()
        if any(parameter.get("name") == "cursor" for parameter in operations.get("get", {}).get("parameters", []))
        # Its pages are given out once, and not to whoever does not know the request.
        and not path.startswith("/data-requests")
    ]
    assert len(lists) == 3
    for path in lists:
        page = api("GET", path, limit=1)
        cursor = page.body["next_cursor"]
        assert cursor, path
        for other in lists:
            going_on = api("GET", other, limit=1, cursor=cursor)
            assert going_on.status == 200 if other == path else going_on.problem == (400, "invalid_cursor")
        for twin in (_altered(cursor, 0), _altered(cursor, len(cursor) - 2)):
            assert api("GET", path, limit=1, cursor=twin).problem == (400, "invalid_cursor")
        mine = replace(api, shop="mine")("GET", path, limit=1, cursor=cursor)
        assert mine.problem in {(400, "invalid_cursor"), UNKNOWN}


def _altered(cursor: str, place: int) -> str:
    """The cursor with another letter there."""
    return f"{cursor[:place]}{'Q' if cursor[place] == 'A' else 'A'}{cursor[place + 1 :]}"


def _another_shop(stack: Stack, api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> Things:
    """The shop `demo` with two segments, two customers, a snapshot and an export."""
    living = Living.open(stack, api, monkeypatch, NOW)
    for customer in ("k1", "k2"):
        living.tell({"id": customer, "as_of": "2026-03-01T00:00:00Z", "tags": ["secret"]})
    first, second = living.make("Theirs", QUERY), living.make("Theirs too", QUERY)
    extracts = {
        "snapshot": api("POST", f"/segments/{first}/snapshots", {"sort": "created_at"}).body["id"],
        "export": api("POST", f"/segments/{first}/exports", {}).body["id"],
    }
    context = SimpleNamespace(**vars(api.context) | {"get_remaining_time_in_millis": lambda: 300_000})
    work(living, context)
    return {"id": first, "id2": second, "shop": "demo", "customer": "k1", "name": "customer_tags", **extracts}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("PUT", "/segments/a1"),
        ("GET", "/segments/a1/"),
        ("GET", "/segments/a/b/c"),
    ],
)
def test_a_route_that_is_not_there_is_404(api: ApiCaller, method: str, path: str) -> None:
    assert api(method, path).problem == (404, "route_not_found")


def test_what_nobody_foresaw_is_500_without_a_word_of_it(
    api: ApiCaller, log: io.StringIO, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        try:
            raise ValueError("planted@example.com is not a number")
        except ValueError as error:
            raise RuntimeError("customer planted@example.com broke") from error

    monkeypatch.setattr(reads, "segments_of", fail)
    monkeypatch.setenv("POWERTOOLS_DEV", "true")
    answer = api("GET", "/customers/c1/segments")
    assert answer.problem == (500, "internal_error")
    (line,) = [json.loads(line) for line in log.getvalue().splitlines() if "request failed" in line]
    assert (line["correlation_id"], line["shop"], line["exception_name"]) == ("r-1", "demo", "RuntimeError")
    assert "test_api_access.py" in line["exception"]
    assert "ValueError" in line["exception"]
    seen = capsys.readouterr()
    assert "planted" not in log.getvalue() + seen.out + seen.err + json.dumps(answer.body)


def test_an_answer_that_breaks_its_own_model_is_our_fault(api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "segments_of", lambda *_: object())
    assert api("GET", "/customers/c1/segments").problem == (500, "internal_error")


def test_requests_are_logged_by_ids_alone(api: ApiCaller, log: io.StringIO) -> None:
    api("GET", "/customers/planted@example.com/segments")
    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (line["message"], line["status"], line["code"]) == ("request refused", 400, "invalid_id")
    assert (line["correlation_id"], line["shop"]) == ("r-1", "demo")
    assert "planted" not in log.getvalue()
