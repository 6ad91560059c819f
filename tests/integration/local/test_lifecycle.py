"""Starting and stopping: what is kept, what is left behind, and what is refused."""

from __future__ import annotations

import http.client
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tidemark.stack import Stack, StackError, StoreError, TemplateError

from .conftest import NEXT_WORK, START, TEMPLATE, Sample

DAY_SECONDS = 24 * 3600


def test_stacks_one_after_the_other_share_nothing() -> None:
    for _ in range(2):
        with Stack(TEMPLATE, store="moto", clock=START, next_work=NEXT_WORK) as stack:
            sample = Sample(stack)
            sample.do(put=[{"pk": "a"}])
            assert [one["record"] for one in sample.seen("reader") if "record" in one] == ["a"]


def test_two_at_a_time_are_two() -> None:
    with (
        Stack(TEMPLATE, store="moto", clock=START, next_work=NEXT_WORK) as one,
        Stack(TEMPLATE, store="moto", clock=START + timedelta(days=1), next_work=NEXT_WORK) as other,
    ):
        Sample(one).do(put=[{"pk": "a"}])
        assert Sample(other).seen() == []
        assert Sample(one).seen()
        assert other.clock.now() - one.clock.now() == timedelta(days=1)


def test_a_function_with_several_environments_works_on_several_events(dynamodb_local: str) -> None:
    with Stack(TEMPLATE, store=dynamodb_local, clock=START, next_work=NEXT_WORK, environments=3) as stack:
        sample = Sample(stack)
        sample.do(send=[{"name": f"m{n}"} for n in range(30)], put=[{"pk": f"p{n}"} for n in range(10)])
        seen = sample.seen()
        assert sorted(one["message"] for one in seen if "message" in one) == sorted(f"m{n}" for n in range(30))
        assert [one["record"] for one in seen if "record" in one] == [f"p{n}" for n in range(10)]


def test_everything_is_kept_with_the_data(tmp_path: Path, dynamodb_local: str) -> None:
    with Stack(TEMPLATE, tmp_path, dynamodb_local, clock=START, next_work=NEXT_WORK) as stack:
        sample = Sample(stack)
        sample.do(put=[{"pk": "a"}], tell=[{"total": 7}])
        assert len(sample.seen("reader")) == 2
        before = len(sample.messages("tidemark-Seen"))
        key = stack.issuer.key_set()
        stack.move_clock(START + timedelta(hours=1))
    with Stack(TEMPLATE, tmp_path, dynamodb_local, next_work=NEXT_WORK) as stack:
        sample = Sample(stack)
        assert stack.clock.now() == START + timedelta(hours=1)
        assert [one["detail"] for one in stack.events()] == [{"total": 7}]
        assert stack.issuer.key_set() == key
        stack.drain()
        # Nothing of the stream is told a second time.
        assert len(sample.messages("tidemark-Seen")) == before
        sample.do(put=[{"pk": "b"}])
        assert [one["record"] for one in sample.seen("reader") if "record" in one] == ["a", "b"]


def test_the_clock_of_kept_data_never_goes_back_and_is_moved_on(tmp_path: Path, dynamodb_local: str) -> None:
    with Stack(TEMPLATE, tmp_path, dynamodb_local, clock=START, next_work=NEXT_WORK):
        pass
    with Stack(TEMPLATE, tmp_path, dynamodb_local, clock=START - timedelta(days=1), next_work=NEXT_WORK) as stack:
        assert stack.clock.now() == START
    with Stack(TEMPLATE, tmp_path, dynamodb_local, clock=START + timedelta(days=1), next_work=NEXT_WORK) as stack:
        assert stack.clock.now() == START + timedelta(days=1)
        # It passed three o'clock on the way.
        assert len(Sample(stack).seen("nightly")) == 1


def test_records_that_nobody_read_for_days_are_still_there(tmp_path: Path, dynamodb_local: str) -> None:
    """Streams forget after a day. A stack that was killed and left alone for longer must not."""
    without_reader = tmp_path / "template" / "template.yaml"
    shutil.copytree(TEMPLATE.parent, without_reader.parent)
    text = TEMPLATE.read_text()
    start, end = text.index("  Reader:"), text.index("  Minutely:")
    without_reader.write_text(text[:start] + text[end:])
    data = tmp_path / "data"
    with Stack(without_reader, data, dynamodb_local, clock=START, next_work=NEXT_WORK) as stack:
        Sample(stack).do(put=[{"pk": f"p{n}"} for n in range(3)])
    with closing(sqlite3.connect(data / "dynamodb" / "shared-local-instance.db")) as database, database:
        long_ago = int((time.time() - 3 * DAY_SECONDS) * 1000)
        database.execute("UPDATE us SET CreationDateTime = ?", (long_ago,))
        database.execute("UPDATE ss SET CreationDateTime = ?", (long_ago,))
    with Stack(TEMPLATE, data, dynamodb_local, next_work=NEXT_WORK) as stack:
        assert [one["record"] for one in Sample(stack).seen("reader") if "record" in one] == ["p0", "p1", "p2"]


def test_data_belongs_to_one_stack(tmp_path: Path, dynamodb_local: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidemark.stack.stack._LOCK_SECONDS", 0.1)
    with Stack(TEMPLATE, tmp_path, dynamodb_local), pytest.raises(StackError, match="in use by another stack"):
        Stack(TEMPLATE, tmp_path, dynamodb_local).start()


def test_moto_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="moto keeps nothing"):
        Stack(TEMPLATE, tmp_path, "moto").start()


def test_a_port_that_is_taken() -> None:
    with Stack(TEMPLATE, store="moto") as stack:
        port = urlsplit(stack.url).port
        assert port is not None
        with pytest.raises(StackError, match=f"port {port} cannot be used"):
            Stack(TEMPLATE, store="moto", port=port).start()


def test_a_function_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATE.parent, tmp_path / "sample")
    (tmp_path / "sample" / "functions" / "recorder" / "app.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(StackError, match="Worker cannot be loaded: ModuleNotFoundError"):
        Stack(tmp_path / "sample" / "template.yaml", store="moto").start()


def test_a_template_that_cannot_be_run_starts_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "template.yaml"
    broken.write_text(TEMPLATE.read_text().replace("!GetAtt Items.StreamArn", "!GetAtt Item.StreamArn"))
    with pytest.raises(TemplateError, match=r"Resources.Reader.Properties.Events.Items.*'Item.StreamArn'"):
        Stack(broken, store="moto").start()


def test_what_a_function_wrote_before_it_was_killed_is_read() -> None:
    with Stack(TEMPLATE, store="moto") as stack:
        sample = Sample(stack)
        assert sample.seen() == []
        assert sample.do(put=[{"pk": "last"}], die=True).status == 500
        assert [one["record"] for one in sample.seen("reader") if "record" in one] == ["last"]


def test_a_connection_that_is_kept_open_does_not_hold_up_the_end() -> None:
    stack = Stack(TEMPLATE, store="moto").start()
    connection = http.client.HTTPConnection(urlsplit(stack.url).netloc)
    connection.request("GET", "/_local/clock")
    connection.getresponse().read()
    stack.stop()
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        connection.request("GET", "/_local/clock")
