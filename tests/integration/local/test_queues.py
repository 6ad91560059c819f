"""Queues as functions and readers see them: batches, partial failures, dead letters, the bus."""

from __future__ import annotations

import json

from .conftest import Sample


def test_what_is_sent_is_handled_once(sample: Sample) -> None:
    sample.do(send=[{"name": f"m{n}"} for n in range(12)])
    handled = [one for one in sample.seen("worker") if "message" in one]
    assert sorted(one["message"] for one in handled) == sorted(f"m{n}" for n in range(12))
    assert {one["tries"] for one in handled} == {1}


def test_only_the_failed_message_of_a_batch_comes_again(sample: Sample) -> None:
    sample.do(send=[{"name": "good"}, {"name": "late", "fail": 2}, {"name": "fine"}])
    handled = {one["message"]: one["tries"] for one in sample.seen("worker") if "message" in one}
    assert handled == {"good": 1, "late": 3, "fine": 1}


def test_what_fails_too_often_goes_to_the_dead_letters(sample: Sample) -> None:
    before = len(sample.messages("tidemark-InboxDead"))
    sample.do(send=[{"name": "bad", "fail": 99}])
    assert len([one for one in sample.seen("worker") if one.get("batch") == ["bad"]]) == 3
    dead = sample.messages("tidemark-InboxDead")[before:]
    assert [json.loads(one["body"])["name"] for one in dead] == ["bad"]


def test_depths_are_told(sample: Sample) -> None:
    queues = {one["name"]: one for one in sample.ask("GET", "/_local/queues").body["queues"]}
    assert queues["tidemark-Inbox"] == {"name": "tidemark-Inbox", "visible": 0, "in_flight": 0, "delayed": 0}
    assert sample.ask("GET", "/_local/queues/none/messages").status == 404


def test_events_are_kept_in_order_and_rules_hand_them_on(sample: Sample) -> None:
    told = len(sample.stack.events())
    large = len(sample.messages("tidemark-Large"))
    sample.do(tell=[{"total": 50}, {"total": 100}, {"total": 250}])
    assert [one["small"] for one in sample.seen("nightly")] == [50]
    assert [json.loads(one["body"])["detail"]["total"] for one in sample.messages("tidemark-Large")[large:]] == [
        100,
        250,
    ]
    answer = sample.ask("GET", f"/_local/events?after={told}&limit=2").body
    assert [one["detail"]["total"] for one in answer["events"]] == [50, 100]
    rest = sample.ask("GET", f"/_local/events?after={answer['next_after']}").body
    assert [one["detail"]["total"] for one in rest["events"]] == [250]


def test_an_asynchronous_call_that_fails_is_tried_again_and_then_told(sample: Sample) -> None:
    before = len(sample.messages("tidemark-CallFailures"))
    sample.do(tell=[{"total": -1}])
    assert [one["small"] for one in sample.seen("nightly")] == [-1, -1]
    (failure,) = [json.loads(one["body"]) for one in sample.messages("tidemark-CallFailures")[before:]]
    assert failure["requestPayload"]["detail"] == {"total": -1}
    assert failure["requestContext"]["approximateInvokeCount"] == 2
    assert failure["responsePayload"]["errorMessage"] == "as told"
