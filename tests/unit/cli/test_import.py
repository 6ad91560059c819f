"""`tidemark import`: every good line once, every bad line by its number, whatever the connection does."""

from __future__ import annotations

import gzip
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import jwt
import pytest

from segment_core import clock
from tidemark.cli import importing, main
from tidemark.cli.customer_file import CustomerFile
from tidemark.cli.import_formats import FORMATS

from .conftest import FakeStack

AS_OF = datetime(2026, 2, 1, tzinfo=UTC)

Captured = pytest.CaptureFixture[str]


def _file(folder: Path, lines: list[str]) -> str:
    path = folder / "customers.ndjson"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return str(path)


def _token(shop: str) -> str:
    return jwt.encode({"shop": shop}, "k" * 32)


def _customers(count: int) -> list[str]:
    return [json.dumps({"id": str(n)}) for n in range(count)]


def test_sends_every_customer_once_in_batches(stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
    assert main(["import", _file(tmp_path, _customers(250)), "--url", stack.url]) == 0

    assert [len(batch) for batch in stack.batches] == [100, 100, 50]
    assert stack.imported == [str(n) for n in range(250)]
    assert capsys.readouterr().out == "250 accepted into demo, 0 refused\n"


def test_a_bad_line_is_named_and_the_rest_imported(stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
    lines = ['{"id": "1"}', '{"id": "2", "colour": "red"}', "", '{"id": "3"', '{"id": "4"}']

    assert main(["import", _file(tmp_path, lines), "--url", stack.url, "--json"]) == 1

    out, err = capsys.readouterr()
    assert stack.imported == ["1", "4"]
    assert [line.split(":")[0] for line in err.splitlines()] == ["line 2", "line 4"]
    told = json.loads(out)
    assert told["accepted"] == 2
    assert [(line["line"], line["path"]) for line in told["refused"]] == [(2, "colour"), (4, "")]


def test_a_second_document_of_a_customer_is_refused(stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
    lines = ['{"id": "1"}', '{"id": "2"}', '{"id": 1}']

    assert main(["import", _file(tmp_path, lines), "--url", stack.url]) == 1

    assert stack.imported == ["1", "2"]
    assert capsys.readouterr().err == "line 3: id: this customer is on line 1 already\n"


def test_what_the_service_refuses_is_named_by_its_line(stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
    stack.refused = {"101": "no room for this one"}

    assert main(["import", _file(tmp_path, ["", *_customers(150)]), "--url", stack.url]) == 1

    out, err = capsys.readouterr()
    assert err == "line 103: id: no room for this one\n"
    assert out == "149 accepted into demo, 1 refused\n"


@pytest.mark.parametrize("trouble", [0, 429, 500, 503])
def test_passing_trouble_is_waited_out(stack: FakeStack, tmp_path: Path, trouble: int) -> None:
    stack.script = [202, trouble, trouble, 202]

    assert main(["import", _file(tmp_path, _customers(150)), "--url", stack.url]) == 0

    assert stack.imported == [str(n) for n in range(150)]


def test_lasting_trouble_ends_it_with_what_was_done(stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
    stack.script = [202, *[503] * 50]

    assert main(["import", _file(tmp_path, _customers(150)), "--url", stack.url]) == 1

    err = capsys.readouterr().err
    assert "503 told to fail" in err
    assert "100 customers were accepted" in err
    assert len(stack.tokens) == 1 + 6


def test_a_refusal_is_not_tried_again(stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
    stack.script = [401]

    assert main(["import", _file(tmp_path, _customers(1)), "--url", stack.url]) == 1

    assert len(stack.tokens) == 1
    assert "401 told to fail" in capsys.readouterr().err


def test_nobody_there(tmp_path: Path, capsys: Captured) -> None:
    assert main(["import", _file(tmp_path, _customers(1)), "--url", "http://127.0.0.1:9"]) == 1

    assert "http://127.0.0.1:9 does not answer" in capsys.readouterr().err


def test_a_gzip_file(stack: FakeStack, tmp_path: Path) -> None:
    path = tmp_path / "customers.ndjson.gz"
    path.write_bytes(gzip.compress("\n".join(_customers(3)).encode()))

    assert main(["import", str(path), "--url", stack.url]) == 0
    assert stack.imported == ["0", "1", "2"]


def test_half_a_gzip_file(stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "customers.ndjson.gz"
    path.write_bytes(gzip.compress("\n".join(_customers(3000)).encode())[:-20])

    assert main(["import", str(path), "--url", stack.url]) == 1
    assert "is not a whole gzip file" in capsys.readouterr().err


def test_bytes_that_are_not_utf8(stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "customers.ndjson"
    path.write_bytes(b'{"id": "1"}\n{"id": "2", "city": "K\xf6ln"}\n{"id": "3"}\n')

    assert main(["import", str(path), "--url", stack.url]) == 1
    assert stack.imported == ["1", "3"]
    assert capsys.readouterr().err == "line 2: byte 23 is not UTF-8\n"


def test_numbers_arrive_as_they_were_written(stack: FakeStack, tmp_path: Path) -> None:
    line = '{"id": "1", "addresses": [{"country": "US", "latitude": 40.710000000000000001, "longitude": -74.0}]}'
    (batch,) = importing.batches(CustomerFile(Path(_file(tmp_path, [line]))))

    assert batch.body(AS_OF) == b'{"as_of":"2026-02-01T00:00:00Z","customers":[' + line.encode() + b"]}"


def test_requests_stay_below_the_limit_of_bytes(
    stack: FakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(importing, "BATCH_BYTES", 400)
    lines = [json.dumps({"id": str(n), "email": "x" * 100}) for n in range(10)]
    lines[4] = json.dumps({"id": "4", "email": "x" * 500})

    assert main(["import", _file(tmp_path, lines), "--url", stack.url]) == 1

    assert stack.imported == ["0", "1", "2", "3", "5", "6", "7", "8", "9"]
    assert max(stack.sizes) < 400 + len(importing.Batch().body(AS_OF))
    assert capsys.readouterr().err == "line 5: the document is larger than 400 bytes; split it\n"


class TestAsOf:
    """From when documents count that carry no date of their own."""

    def test_from_when_the_file_was_modified_in_every_batch(self, stack: FakeStack, tmp_path: Path) -> None:
        path = _file(tmp_path, _customers(150))
        os.utime(path, (0, AS_OF.timestamp()))

        for _ in range(2):
            assert main(["import", path, "--url", stack.url]) == 0

        assert stack.as_of == ["2026-02-01T00:00:00Z"] * 4

    def test_as_told(self, stack: FakeStack, tmp_path: Path) -> None:
        path = _file(tmp_path, _customers(1))

        assert main(["import", path, "--url", stack.url, "--as-of", "2025-12-31T23:00:00-01:00"]) == 0
        assert stack.as_of == ["2026-01-01T00:00:00Z"]

    def test_not_after_the_present_of_a_stack_whose_clock_is_behind(
        self, stack: FakeStack, tmp_path: Path, capsys: Captured
    ) -> None:
        path = _file(tmp_path, _customers(1))
        stack.now = "2026-01-31T12:00:00Z"
        os.utime(path, (0, AS_OF.timestamp()))

        assert main(["import", path, "--url", stack.url]) == 0
        assert stack.as_of == ["2026-01-31T12:00:00Z"]
        assert "--as-of 2026-01-31T12:00:00Z" in capsys.readouterr().err

    def test_from_when_the_file_was_modified_if_the_stacks_clock_is_ahead(
        self, stack: FakeStack, tmp_path: Path, capsys: Captured
    ) -> None:
        path = _file(tmp_path, _customers(1))
        stack.now = "2026-02-01T00:00:01Z"
        os.utime(path, (0, AS_OF.timestamp()))

        assert main(["import", path, "--url", stack.url]) == 0
        assert stack.as_of == ["2026-02-01T00:00:00Z"]
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize("as_of", ["yesterday", "2026-02-01"])
    def test_no_instant(self, stack: FakeStack, tmp_path: Path, as_of: str) -> None:
        with pytest.raises(SystemExit, match="2"):
            main(["import", _file(tmp_path, _customers(1)), "--url", stack.url, "--as-of", as_of])
        assert stack.batches == []

    def test_standard_input_counts_from_the_start(self, stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = "\n".join(_customers(150)).encode()
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(lines)))
        instants = iter([AS_OF])
        clock.use(lambda: next(instants))
        try:
            assert main(["import", "-", "--url", stack.url]) == 0
        finally:
            clock.use(None)

        assert stack.as_of == ["2026-02-01T00:00:00Z"] * 2


class TestToken:
    """Which token is sent: the one given, else the environment's, else a local one."""

    def test_given(self, stack: FakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIDEMARK_TOKEN", "of-the-environment")
        main(["import", _file(tmp_path, _customers(1)), "--url", stack.url, "--token", "given"])
        assert stack.tokens == ["Bearer given"]

    def test_environment(self, stack: FakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIDEMARK_TOKEN", "of-the-environment")
        main(["import", _file(tmp_path, _customers(1)), "--url", stack.url])
        assert stack.tokens == ["Bearer of-the-environment"]

    def test_local_issuer(self, stack: FakeStack, tmp_path: Path) -> None:
        main(["import", _file(tmp_path, _customers(1)), "--url", stack.url, "--shop", "tea"])
        assert stack.tokens == ["Bearer issued-here"]
        assert stack.issued[0]["shop"] == "tea"
        assert "events:write" in stack.issued[0]["scope"].split()

    @pytest.mark.parametrize("wanted", [[], ["--shop", "tea"]])
    def test_a_given_one_says_into_which_shop(
        self, stack: FakeStack, tmp_path: Path, capsys: Captured, wanted: list[str]
    ) -> None:
        path = _file(tmp_path, _customers(1))
        assert main(["import", path, "--url", stack.url, "--token", _token("tea"), *wanted]) == 0
        assert capsys.readouterr().out == "1 accepted into tea, 0 refused\n"

    @pytest.mark.parametrize("token", [jwt.encode({"shop": "tea"}, "k" * 32), "opaque", "a.b.c", "a.MQ.c"])
    def test_a_given_one_of_another_shop(
        self, stack: FakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured, token: str
    ) -> None:
        monkeypatch.setenv("TIDEMARK_TOKEN", token)
        assert main(["import", _file(tmp_path, _customers(1)), "--url", stack.url, "--shop", "coffee"]) == 2
        assert stack.batches == []
        assert "not for --shop coffee" in capsys.readouterr().err

    def test_none_for_another_machine(self, stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
        assert main(["import", _file(tmp_path, _customers(1)), "--url", "https://api.example.com"]) == 1
        assert "give --token or set TIDEMARK_TOKEN" in capsys.readouterr().err


def test_the_token_command_prints_a_token(stack: FakeStack, capsys: Captured) -> None:
    assert main(["token", "--url", stack.url, "--shop", "tea", "--scope", "segments:read"]) == 0
    assert capsys.readouterr().out == "issued-here\n"
    assert stack.issued == [{"shop": "tea", "scope": "segments:read"}]


@pytest.mark.parametrize("shop", ["bad shop!", "", "Tea", "-tea", "t" * 64])
def test_what_cannot_be_a_shop_gets_no_token_and_no_import(
    stack: FakeStack, tmp_path: Path, capsys: Captured, shop: str
) -> None:
    for command in (["token"], ["import", _file(tmp_path, _customers(1))]):
        with pytest.raises(SystemExit) as ended:
            main([*command, "--url", stack.url, f"--shop={shop}"])
        assert ended.value.code == 2
        assert "lower-case letters, digits and hyphens" in capsys.readouterr().err
    assert stack.issued == stack.batches == []


class TestWhatNobodyCanTell:
    """A file in none of the formats is one error, whatever its lines."""

    @pytest.mark.parametrize(
        "first", ["\nCustomer number;Mail", "[", '"id","email"', "id\temail", '{"foo":1}', "{}", "{foo", "8401"]
    )
    def test_a_first_line_of_no_format(self, stack: FakeStack, tmp_path: Path, capsys: Captured, first: str) -> None:
        path = _file(tmp_path, [*first.split("\n"), *_customers(3)])
        assert main(["import", path, "--url", stack.url]) == 2
        [told] = capsys.readouterr().err.splitlines()
        assert "looks like none of the formats" in told
        assert "--format (documents, shopify-customers, shopify-orders, shopify-bulk)" in told
        assert stack.batches == []

    def test_nor_from_standard_input(self, stack: FakeStack, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
        for given, message in ((b"id,email\n1,a\n", "looks like none of the formats"), (b"\n", "is empty")):
            monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(given)))
            assert main(["import", "-", "--url", stack.url]) == 2
            assert message in capsys.readouterr().err
        assert stack.batches == []

    @pytest.mark.parametrize("first", ['{"id": "1"', '{"id": "1", "id": "2"}', '{"id": null}'])
    def test_a_bad_document_is_one_all_the_same(self, stack: FakeStack, tmp_path: Path, first: str) -> None:
        assert main(["import", _file(tmp_path, [first, *_customers(2)]), "--url", stack.url]) == 1
        assert stack.imported == ["0", "1"]

    def test_whoever_says_the_format_is_told_of_each_line(
        self, stack: FakeStack, tmp_path: Path, capsys: Captured
    ) -> None:
        path = _file(tmp_path, ["oops", *_customers(2)])
        assert main(["import", path, "--url", stack.url, "--format", "documents"]) == 1
        assert capsys.readouterr().err.startswith("line 1: ")
        assert stack.imported == ["0", "1"]

    @pytest.mark.parametrize("told", [[], *(["--format", name] for name in FORMATS)])
    @pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf"])
    def test_an_empty_file(
        self, stack: FakeStack, tmp_path: Path, capsys: Captured, told: list[str], content: bytes
    ) -> None:
        path = tmp_path / "empty"
        path.write_bytes(content)
        assert main(["import", str(path), "--url", stack.url, *told]) == 2
        assert capsys.readouterr().err.endswith(f"{path} is empty: there is nothing to import\n")

    def test_blank_lines_before_an_export_are_no_hindrance(self, stack: FakeStack, tmp_path: Path) -> None:
        assert main(["import", _file(tmp_path, ["", "  ", *_customers(2)]), "--url", stack.url]) == 0
        assert stack.imported == ["0", "1"]
