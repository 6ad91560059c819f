"""Log lines say where an error was and never what it quotes; metrics are written when there are some."""

from __future__ import annotations

import io
import json
import warnings
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from segment_core.errors import NotFound
from segment_core.runtime.observability import count, logger, metrics, observed, waited

PLANTED = "planted@example.com"
CONTEXT = SimpleNamespace(
    function_name="function",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:function",
    aws_request_id="i-1",
)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    lines = io.StringIO()
    monkeypatch.setattr(logger().registered_handler, "stream", lines)
    return lines


def logged(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_an_error_is_logged_by_type_and_place_with_those_that_caused_it(log: io.StringIO) -> None:
    try:
        try:
            int(PLANTED)
        except ValueError as error:
            raise RuntimeError(f"cannot read {PLANTED}") from error
    except RuntimeError:
        logger().exception("failed", extra={"customer": "c1"})
    (line,) = logged(log)
    assert (line["customer"], line["exception_name"]) == ("c1", "RuntimeError")
    places, causes = line["exception"].splitlines()[:-2], line["exception"].splitlines()[-2:]
    assert causes == ["RuntimeError", "ValueError"]
    assert all("test_observability.py" in place for place in places)
    assert places
    assert "planted" not in log.getvalue()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotFound("there is no such shop", code="shop_not_found"), "NotFound shop_not_found: there is no such shop"),
        (
            ClientError({"Error": {"Code": "ThrottlingException", "Message": PLANTED}}, "GetItem"),
            "ClientError GetItem: ThrottlingException",
        ),
    ],
)
def test_errors_that_quote_nothing_say_more(log: io.StringIO, error: Exception, told: str) -> None:
    try:
        raise error
    except type(error):
        logger().exception("failed")
    (line,) = logged(log)
    assert line["exception"].splitlines()[-1] == told
    assert "planted" not in log.getvalue()


def test_lines_of_a_handler_carry_the_requests_id_and_forget_the_one_before(log: io.StringIO) -> None:
    @observed("requestContext.requestId")
    def handler(event: dict[str, Any], context: object) -> None:
        logger().append_keys(**event.get("keys", {}))
        logger().info("handled")

    handler({"requestContext": {"requestId": "r-1"}, "keys": {"shop": "demo"}}, CONTEXT)
    handler({"requestContext": {"requestId": "r-2"}}, CONTEXT)
    first, second = logged(log)
    assert (first["correlation_id"], first["shop"], first["function_request_id"]) == ("r-1", "demo", "i-1")
    assert second["correlation_id"] == "r-2"
    assert "shop" not in second


def test_the_event_is_not_logged_even_if_the_environment_asks_for_it(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    observed()(lambda event, context: logger().info("handled"))({"email": PLANTED}, CONTEXT)
    assert [line["message"] for line in logged(log)] == ["handled"]
    assert "planted" not in log.getvalue()


@pytest.mark.parametrize("fails", [False, True])
def test_metrics_are_written_after_each_invocation_that_counted(
    capsys: pytest.CaptureFixture[str], fails: bool
) -> None:
    @observed()
    def handler(event: int, context: object) -> None:
        if event:
            count("WebhookQueued", event)
        if fails:
            raise KeyError(event)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in (2, 0, 3):
            try:
                handler(number, CONTEXT)
            except KeyError:
                assert fails
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["WebhookQueued"] for line in written] == [[2], [3]]
    assert {tuple(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]) for line in written} == {("service",)}
    assert {line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in written} == {"Tidemark"}


def test_the_namespace_is_the_stacks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Tidemark/one-of-two")
    metrics.cache_clear()
    observed()(lambda event, context: waited("OldestDueSeconds", timedelta(minutes=2)))({}, CONTEXT)
    metrics.cache_clear()
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = line["_aws"]["CloudWatchMetrics"]
    assert (told["Namespace"], told["Metrics"]) == (
        "Tidemark/one-of-two",
        [{"Name": "OldestDueSeconds", "Unit": "Seconds"}],
    )
    assert line["OldestDueSeconds"] == [120]
