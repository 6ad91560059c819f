"""Nothing that wakes a function is lost in silence: retries end, what is given up is kept, somebody hears of it."""

from __future__ import annotations

import json
import re

import pytest

from segment_core.membership import extracts
from segment_core.model.segment import ABANDONED_AFTER

from .stack import ROOT, Properties, Stack, referenced

CORE = ROOT / "layers" / "segment_core" / "segment_core"

FOURTEEN_DAYS = 14 * 24 * 3600
STREAM_KEEPS_SECONDS = 24 * 3600

_RATE = re.compile(r"rate\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9]\d+) (?:minutes|hours|days))\)")
_CRON = re.compile(r"cron\((?:[\w*,/?#-]+ ){5}[\w*,/?#-]+\)")
_AT = re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")


def _valid_schedule(expression: str) -> bool:
    return any(form.fullmatch(expression) for form in (_RATE, _CRON, _AT))


def _mappings(stack: Stack, source: str) -> dict[str, Properties]:
    sources = stack.all(source)
    return {
        name: mapping
        for name, mapping in stack.all("Lambda::EventSourceMapping").items()
        if referenced(mapping["EventSourceArn"]) in sources
    }


def _dead_letter_queues(stack: Stack) -> set[str]:
    queues = stack.all("SQS::Queue").values()
    streams = _mappings(stack, "DynamoDB::Table").values()
    woken = stack.all("Lambda::EventInvokeConfig").values()
    schedules = stack.all("Scheduler::Schedule").values()
    found = [
        *(queue["RedrivePolicy"]["deadLetterTargetArn"] for queue in queues if "RedrivePolicy" in queue),
        *(settings["DestinationConfig"]["OnFailure"]["Destination"] for settings in (*streams, *woken)),
        *(schedule["Target"]["DeadLetterConfig"]["Arn"] for schedule in schedules),
    ]
    return {referenced(arn) for arn in found}


def _alarms(stack: Stack, metric: str) -> dict[str, Properties]:
    alarms = {}
    for alarm in stack.all("CloudWatch::Alarm").values():
        if alarm["MetricName"] == metric:
            (dimension,) = alarm["Dimensions"]
            alarms[referenced(dimension["Value"])] = alarm
    return alarms


def test_every_stream_is_read_from_its_start_with_bounded_retries(stack: Stack) -> None:
    mappings = _mappings(stack, "DynamoDB::Table")
    assert len(mappings) == 2
    for name, mapping in mappings.items():
        assert mapping["StartingPosition"] == "TRIM_HORIZON", name
        assert mapping["BatchSize"] == 100, name
        assert 3 <= mapping["MaximumRetryAttempts"] <= 10, name
        # What is given up must still be in the stream, to be read from there.
        assert 60 <= mapping["MaximumRecordAgeInSeconds"] < STREAM_KEEPS_SECONDS, name
        assert mapping["BisectBatchOnFunctionError"] is True, name
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


def test_every_filter_is_json(stack: Stack) -> None:
    patterns = [
        item["Pattern"]
        for mapping in stack.all("Lambda::EventSourceMapping").values()
        for item in mapping.get("FilterCriteria", {}).get("Filters", [])
    ]
    assert patterns
    assert all(isinstance(json.loads(pattern), dict) for pattern in patterns)


def test_every_queue_is_read_with_partial_answers_and_bounded_concurrency(stack: Stack) -> None:
    mappings = _mappings(stack, "SQS::Queue")
    assert {referenced(mapping["EventSourceArn"]) for mapping in mappings.values()} == {
        "IngestQueue",
        "ProjectRetryQueue",
        "WorkQueue",
    }
    for name, mapping in mappings.items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert 2 <= mapping["ScalingConfig"]["MaximumConcurrency"] <= 1000, name


def test_a_message_stays_hidden_while_its_reader_and_its_retries_may_run(stack: Stack) -> None:
    functions = stack.all("Lambda::Function")
    for mapping in _mappings(stack, "SQS::Queue").values():
        queue = stack.all("SQS::Queue")[referenced(mapping["EventSourceArn"])]
        assert queue["VisibilityTimeout"] >= 6 * functions[referenced(mapping["FunctionName"])]["Timeout"]


def test_every_queue_is_read_and_redriven_or_holds_what_was_given_up(stack: Stack) -> None:
    read = {referenced(mapping["EventSourceArn"]) for mapping in _mappings(stack, "SQS::Queue").values()}
    queues = stack.all("SQS::Queue")
    assert read.isdisjoint(_dead_letter_queues(stack))
    assert read | _dead_letter_queues(stack) == queues.keys()
    assert read == {name for name, queue in queues.items() if "RedrivePolicy" in queue}
    assert all(queues[name]["RedrivePolicy"]["maxReceiveCount"] >= 3 for name in read)


def test_an_extract_fails_before_its_message_is_given_up(stack: Stack) -> None:
    assert stack.all("SQS::Queue")["WorkQueue"]["RedrivePolicy"]["maxReceiveCount"] > extracts.MOST_TRIES


def test_queues_keep_everything_for_as_long_as_they_can_and_encrypted(stack: Stack) -> None:
    for name, queue in stack.all("SQS::Queue").items():
        assert queue["MessageRetentionPeriod"] == FOURTEEN_DAYS, name
        assert queue["SqsManagedSseEnabled"] is True, name


def test_every_dead_letter_queue_has_an_alarm_for_its_first_message(stack: Stack) -> None:
    alarms = _alarms(stack, "ApproximateNumberOfMessagesVisible")
    assert alarms.keys() == _dead_letter_queues(stack)
    assert all(_exceeds(alarm, 0) for alarm in alarms.values())


def _exceeds(alarm: Properties, threshold: int) -> bool:
    return bool(alarm["ComparisonOperator"] == "GreaterThanThreshold" and alarm["Threshold"] == threshold)


def test_every_function_has_an_alarm_for_its_errors(stack: Stack) -> None:
    alarms = _alarms(stack, "Errors")
    assert alarms.keys() == stack.all("Lambda::Function").keys()
    assert all(_exceeds(alarm, 0) for alarm in alarms.values())


def test_every_stream_reader_has_an_alarm_for_falling_behind(stack: Stack) -> None:
    readers = {referenced(mapping["FunctionName"]) for mapping in _mappings(stack, "DynamoDB::Table").values()}
    assert _alarms(stack, "IteratorAge").keys() == readers


def test_every_queue_that_is_read_has_an_alarm_for_falling_behind(stack: Stack) -> None:
    read = {referenced(mapping["EventSourceArn"]) for mapping in _mappings(stack, "SQS::Queue").values()}
    assert _alarms(stack, "ApproximateAgeOfOldestMessage").keys() == read


def test_a_schedule_that_stops_is_heard_of(stack: Stack) -> None:
    scheduled = {referenced(schedule["Target"]["Arn"]) for schedule in stack.all("Scheduler::Schedule").values()}
    alarms = _alarms(stack, "Invocations")
    assert alarms.keys() == scheduled
    # No invocation at all is no data, not a zero.
    assert {alarm["TreatMissingData"] for alarm in alarms.values()} == {"breaching"}


def _own_alarms(stack: Stack) -> dict[str, Properties]:
    """The alarms on metrics that our own code writes, by metric."""
    alarms = stack.all("CloudWatch::Alarm").values()
    return {alarm["MetricName"]: alarm for alarm in alarms if not str(alarm["Namespace"]).startswith("AWS/")}


def test_what_goes_wrong_without_an_error_has_an_alarm(stack: Stack) -> None:
    alarms = _own_alarms(stack)
    assert alarms.keys() == {"OldestDueSeconds", "JobsAbandoned", "DefinitionNotEvaluated", "AuditMismatches"}
    assert alarms["OldestDueSeconds"]["Threshold"] <= 600
    assert _exceeds(alarms["DefinitionNotEvaluated"], 0)
    assert _exceeds(alarms["AuditMismatches"], 0)
    # The sweep finds a job that does not move once in this time, and so in each of the alarm's periods.
    stuck = alarms["JobsAbandoned"]
    assert stuck["Period"] >= ABANDONED_AFTER.total_seconds() + 60
    assert stuck["EvaluationPeriods"] > 1


def test_an_alarm_of_ours_looks_where_its_function_writes(stack: Stack) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in CORE.rglob("*.py"))
    functions = stack.functions()
    for metric, alarm in _own_alarms(stack).items():
        (dimension,) = alarm["Dimensions"]
        variables = functions[dimension["Value"]]["Environment"]["Variables"]
        assert dimension == {"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}, metric
        assert alarm["Namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"], metric
        assert f'"{metric}"' in code, metric


def test_every_alarm_tells_somebody_why(stack: Stack) -> None:
    for name, alarm in stack.all("CloudWatch::Alarm").items():
        assert [referenced(action) for action in alarm["AlarmActions"]] == ["AlarmTopic"], name
        assert alarm["AlarmDescription"], name


def test_schedules_are_valid_and_bounded(stack: Stack) -> None:
    schedules = stack.all("Scheduler::Schedule")
    assert schedules
    for name, schedule in schedules.items():
        assert _valid_schedule(schedule["ScheduleExpression"]), name
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}, name
        assert "Name" not in schedule, f"{name}: a fixed name is taken after the first stack of an account"
        retries = schedule["Target"]["RetryPolicy"]
        assert retries.keys() == {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"}, name


def test_what_a_schedule_wakes_ends_in_time_and_keeps_its_failures(stack: Stack) -> None:
    configured = {referenced(config["FunctionName"]) for config in stack.all("Lambda::EventInvokeConfig").values()}
    periods = {"rate(1 minute)": 60, "rate(1 day)": 24 * 3600}
    for schedule in stack.all("Scheduler::Schedule").values():
        function = referenced(schedule["Target"]["Arn"])
        assert function in configured
        assert stack.all("Lambda::Function")[function]["Timeout"] < periods[schedule["ScheduleExpression"]]


@pytest.mark.parametrize(
    ("expression", "valid"),
    [
        ("rate(1 minute)", True),
        ("rate(5 minutes)", True),
        ("rate(1 hours)", False),
        ("rate(2 day)", False),
        ("rate(0 minutes)", False),
        ("cron(0 3 * * ? *)", True),
        ("cron(0 3 * * *)", False),
        ("every minute", False),
    ],
)
def test_what_counts_as_a_schedule(expression: str, valid: bool) -> None:
    assert _valid_schedule(expression) is valid
