"""A table's stream: order, filters, batches, partial failures, halving, and the queue for what failed."""

from __future__ import annotations

import json

from .conftest import Sample


def _records(sample: Sample) -> list[str]:
    return [one["record"] for one in sample.seen("reader") if "record" in one]


def test_each_change_is_told_once_with_its_images(sample: Sample) -> None:
    sample.do(put=[{"pk": "images", "n": 1}])
    sample.do(put=[{"pk": "images", "n": 2}])
    inserted, modified = [one for one in sample.seen("reader") if "record" in one]
    assert (inserted["event"], inserted["old"], inserted["new"]["n"]) == ("INSERT", None, {"N": "1"})
    assert (modified["event"], modified["old"]["n"], modified["new"]["n"]) == ("MODIFY", {"N": "1"}, {"N": "2"})
    assert (modified["old"]["bits"], modified["new"]["bits"]) == ({"B": "Af8="}, {"B": "Av8="})


def test_a_write_that_changes_nothing_is_not_told(sample: Sample) -> None:
    sample.do(put=[{"pk": "same", "n": 1}])
    assert _records(sample) == ["same"]
    sample.do(put=[{"pk": "same", "n": 1}])
    assert _records(sample) == []


def test_changes_come_in_order(sample: Sample) -> None:
    names = [f"order{n}" for n in range(40)]
    sample.do(put=[{"pk": name} for name in names])
    assert _records(sample) == names


def test_the_filter_leaves_out(sample: Sample) -> None:
    sample.do(put=[{"pk": "in"}, {"pk": "out", "sk": "-"}, {"pk": "in too"}])
    assert _records(sample) == ["in", "in too"]


def test_a_reported_failure_is_tried_again_from_there(sample: Sample) -> None:
    before = len(sample.messages("tidemark-StreamFailures"))
    sample.do(put=[{"pk": "r0"}, {"pk": "r1", "do": "report"}, {"pk": "r2"}])
    seen = sample.seen("reader")
    tries = [one["batch"] for one in seen if "batch" in one and "r1" in one["batch"]]
    # What is before the failed one is done; what is after it comes again with it; it is tried 1 + 2 times at least.
    assert all(batch[0] == "r1" for batch in tries[1:])
    assert 3 <= len(tries) <= 4
    (failure,) = [json.loads(one["body"]) for one in sample.messages("tidemark-StreamFailures")[before:]]
    assert failure["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert failure["records"][0]["dynamodb"]["Keys"]["pk"]["S"] == "r1"


def test_an_error_halves_the_batch_until_the_record_at_fault_is_alone(sample: Sample) -> None:
    before = len(sample.messages("tidemark-StreamFailures"))
    sample.do(put=[{"pk": f"h{n}", "do": "raise" if n == 5 else "nothing"} for n in range(8)])
    seen = sample.seen("reader")
    assert [one["record"] for one in seen if "record" in one] == [f"h{n}" for n in range(8) if n != 5]
    (failure,) = [json.loads(one["body"]) for one in sample.messages("tidemark-StreamFailures")[before:]]
    assert failure["DDBStreamBatchInfo"]["batchSize"] == 1
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in failure["records"]] == ["h5"]
    assert failure["DDBStreamBatchInfo"]["startSequenceNumber"] == failure["records"][0]["dynamodb"]["SequenceNumber"]


def test_records_look_like_lambdas(sample: Sample) -> None:
    before = len(sample.messages("tidemark-StreamFailures"))
    sample.do(put=[{"pk": "shape", "do": "raise"}])
    sample.seen()
    (failure,) = [json.loads(one["body"]) for one in sample.messages("tidemark-StreamFailures")[before:]]
    (record,) = failure["records"]
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"] == "arn:aws:dynamodb:us-east-1:000000000000:table/tidemark-Items/stream/local"
    assert record["awsRegion"] == "us-east-1"
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], int | float)
    assert set(record["dynamodb"]["Keys"]) == {"pk", "sk"}
