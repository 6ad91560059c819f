"""Schedules on a clock that is moved: fired at every instant with work, at that instant, and never back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from segment_core.instants import iso

from .conftest import START, Sample


def _now(sample: Sample) -> datetime:
    return sample.stack.clock.now()


def test_it_stands_still_and_functions_know(sample: Sample) -> None:
    sample.do(send=[{"name": "when"}])
    assert {one["at"] for one in sample.seen("worker")} == {_now(sample).isoformat()}
    assert sample.ask("GET", "/_local/clock").body == {"now": iso(_now(sample)), "frozen": True}


def test_a_schedule_without_a_hook_fires_at_each_of_its_instants(sample: Sample) -> None:
    begin = _now(sample)
    answer = sample.ask("POST", "/_local/clock", {"advance": "P3D"}).body
    assert answer == {"from": iso(begin), "to": iso(begin + timedelta(days=3)), "fired": 3}
    nights = [one for one in sample.seen("nightly") if "time" in one]
    assert [datetime.fromisoformat(one["at"]).hour for one in nights] == [3, 3, 3]
    assert [datetime.fromisoformat(one["time"]) for one in nights] == [
        datetime.fromisoformat(one["at"]) for one in nights
    ]


def test_a_schedule_with_a_hook_fires_only_where_it_has_work(sample: Sample) -> None:
    begin = _now(sample)
    due = begin.replace(second=0) + timedelta(minutes=90, seconds=20)
    sample.do(put=[{"pk": "due", "sk": "-", "do": due.isoformat()}])
    answer = sample.stack.move_clock(begin + timedelta(hours=2))
    ticks = sample.seen("minutely")
    served = due.replace(second=0) + timedelta(minutes=1)
    assert [datetime.fromisoformat(one["time"]) for one in ticks] == [served]
    assert answer["fired"] == 1


def test_work_at_the_instant_moved_to_is_done(sample: Sample) -> None:
    target = (_now(sample) + timedelta(hours=1)).replace(second=0)
    sample.do(put=[{"pk": "due", "sk": "-", "do": target.isoformat()}])
    sample.stack.move_clock(target)
    assert [datetime.fromisoformat(one["time"]) for one in sample.seen("minutely")] == [target]
    sample.stack.move_clock(target + timedelta(minutes=1))
    assert sample.seen("minutely") == []


def test_it_does_not_go_back(sample: Sample) -> None:
    answer = sample.ask("POST", "/_local/clock", {"to": iso(START - timedelta(days=1))})
    assert answer.status == 409
    assert "does not go back" in answer.body["message"]


def test_what_it_cannot_read_it_refuses(sample: Sample) -> None:
    assert sample.ask("POST", "/_local/clock", {"to": "tomorrow"}).status == 400
    assert sample.ask("POST", "/_local/clock", {"advance": "P1M"}).status == 409
    assert sample.ask("POST", "/_local/clock", {"forward": "1d"}).status == 400


def test_a_schedule_fires_by_hand(sample: Sample) -> None:
    assert sample.ask("POST", "/_local/schedules/MinutelyTick").body == {"value": None, "error": None}
    assert [one["time"] for one in sample.seen("minutely")] == [iso(_now(sample))]
    assert sample.ask("POST", "/_local/schedules/None").status == 404


def test_it_runs_on_from_where_it_stood(sample: Sample) -> None:
    stood = _now(sample)
    running = sample.ask("POST", "/_local/clock", {"freeze": False}).body
    assert running["frozen"] is False
    assert stood <= datetime.fromisoformat(running["now"]).astimezone(UTC) < stood + timedelta(minutes=1)
    again = sample.ask("POST", "/_local/clock", {"freeze": True}).body
    assert again["frozen"] is True
    assert again["now"] == sample.ask("GET", "/_local/clock").body["now"]


def test_resources_are_listed(sample: Sample) -> None:
    told = sample.ask("GET", "/_local/resources").body
    assert "ANY /echo/{name}" in [route["route"] for route in told["routes"]]
    assert told["tables"] == ["tidemark-Items"]
    assert told["schedules"] == ["MinutelyTick", "NightlyThree"]
    assert told["outputs"] == {"Address": sample.stack.url}
