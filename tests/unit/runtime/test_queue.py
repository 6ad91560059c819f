"""A message holds what was given, in few bytes and in characters that the queue takes; batches fit into a call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segment_core.runtime import queue


class RecordingQueue:
    """Stands in for the client; refuses the message with the text that it is told to."""

    def __init__(self, refuses: str = "") -> None:
        self.batches: list[list[str]] = []
        self.refuses = refuses

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        assert {entry["MessageGroupId"] for entry in Entries} == {"demo"}
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        self.batches.append([entry["MessageBody"] for entry in Entries])
        failed = [
            {"Id": entry["Id"], "Code": "InternalError"} for entry in Entries if self.refuses in entry["MessageBody"]
        ]
        return {"Failed": failed} if self.refuses and failed else {}


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> RecordingQueue:
    recording = RecordingQueue()
    monkeypatch.setattr(queue, "client", lambda: recording)
    return recording


@pytest.mark.parametrize(
    "text", ["", "Zoë 中 \U0001f389", 'a "quoted"\\\n\ttext', "\x00\x7f", "\ud800 \udfff", "\ufffe\uffff"]
)
def test_a_message_says_what_was_given_in_characters_that_the_queue_takes(text: str) -> None:
    message = queue.encode({"body": text})
    assert json.loads(message) == {"body": text}
    # Allowed are #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD and #x10000 to #x10FFFF.
    assert all(0x20 <= ord(one) <= 0xD7FF or 0xE000 <= ord(one) <= 0xFFFD or ord(one) >= 0x10000 for one in message)


def test_text_in_any_script_takes_no_more_bytes_than_it_has() -> None:
    overhead = queue.size({"body": ""})
    for letter in ("a", "ë", "中", "\U0001f389"):
        assert queue.size({"body": letter * 1000}) == overhead + 1000 * len(letter.encode())


def test_batches_hold_ten_messages_at_most(recorded: RecordingQueue) -> None:
    assert queue.send_all("url", "demo", ({"n": number} for number in range(23))) == 23
    assert [len(batch) for batch in recorded.batches] == [10, 10, 3]
    assert [json.loads(text)["n"] for batch in recorded.batches for text in batch] == list(range(23))


def test_batches_hold_no_more_bytes_than_one_message_may(recorded: RecordingQueue) -> None:
    overhead = queue.size({"b": ""})
    sizes = [queue.MESSAGE_LIMIT_BYTES, 1, queue.MESSAGE_LIMIT_BYTES // 2, queue.MESSAGE_LIMIT_BYTES // 2, 400_000]
    assert queue.send_all("url", "demo", ({"b": "x" * max(0, size - overhead)} for size in sizes)) == len(sizes)
    assert [len(batch) for batch in recorded.batches] == [1, 2, 2]
    assert all(sum(map(len, batch)) <= queue.MESSAGE_LIMIT_BYTES for batch in recorded.batches)


def test_nothing_to_send_is_no_call(recorded: RecordingQueue) -> None:
    assert queue.send_all("url", "demo", []) == 0
    assert recorded.batches == []


def test_a_message_that_the_queue_refuses_is_an_error(recorded: RecordingQueue) -> None:
    recorded.refuses = '"n":3'
    with pytest.raises(RuntimeError, match="refused 1 of 5 messages: InternalError"):
        queue.send_all("url", "demo", ({"n": number} for number in range(5)))
