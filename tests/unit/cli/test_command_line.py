"""The command line as a whole: help for everything, light on its feet, quiet when its reader leaves."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tidemark.cli import main
from tidemark.cli.command import Command
from tidemark.cli.commands import COMMANDS
from tidemark.cli.errors import BROKEN_PIPE, PROBLEMS

ROOT = Path(__file__).parents[3]

Captured = pytest.CaptureFixture[str]


def _helped(arguments: list[str], capsys: Captured) -> str:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_help_lists_every_command_with_its_summary(capsys: Captured) -> None:
    told = " ".join(_helped(["--help"], capsys).split())
    for command in COMMANDS:
        assert f"{command.name} {command.summary}" in told


@pytest.mark.parametrize("command", COMMANDS, ids=[command.name for command in COMMANDS])
def test_every_command_has_help(command: Command, capsys: Captured) -> None:
    assert command.description in _helped([command.name, "--help"], capsys)


def test_one_version_everywhere(capsys: Captured) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert _helped(["--version"], capsys) == f"tidemark {project['version']}\n"
    assert json.loads((ROOT / "infra" / "openapi.json").read_text())["info"]["version"] == project["version"]
    newest = re.search(r"^## (\S+?)[,\s]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == project["version"]


def test_commands_on_files_do_without_aws_and_the_stack() -> None:
    program = (
        "import sys; from tidemark.cli import main; main(['check', 'number_of_orders = 0']);"
        "print(*sorted({'boto3', 'moto', 'pydantic', 'flask'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "number_of_orders = 0\n\n"


def test_a_reader_who_leaves_ends_it_quietly(tmp_path: Path) -> None:
    queries = tmp_path / "queries"
    queries.write_text("number_of_orders = 0\n" * 10_000)
    program = "import sys; from tidemark.cli import main; sys.exit(main(['check']))"
    with (
        queries.open("rb") as given,
        subprocess.Popen(
            [sys.executable, "-c", program], stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process,
    ):
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == BROKEN_PIPE


@pytest.mark.parametrize("second", ["--query=x", "--at=2026-03-02T00:00:00Z"])
def test_an_option_that_is_given_twice_is_refused(second: str, capsys: Captured) -> None:
    once = ["members", "--query", "number_of_orders = 0", "--customers", "-", "--at", "2026-03-01T00:00:00Z"]
    with pytest.raises(SystemExit, match="2"):
        main([*once, second])
    assert f"argument {second.partition('=')[0]}: is given twice" in capsys.readouterr().err


def test_an_instant_beyond_the_calendar_is_refused(capsys: Captured) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["members", "--query", "number_of_orders = 0", "--customers", "-", "--at", "0001-01-01T00:00:00+14:00"])
    assert "is beyond the calendar in UTC" in capsys.readouterr().err


def test_a_line_that_is_no_text_does_not_keep_the_others_from_being_checked(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = b"\xef\xbb\xbfnumber_of_orders = 1\r\nnumber_of_orders = 2 \xc3\xa9\xff\n\n\xffx\nbogus = 1\n"
    given += b"number_of_orders = 3"
    for arguments in (["check"], ["check", "--json"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), "utf-8"))
        assert main(arguments) == PROBLEMS
    text = capsys.readouterr()
    lines, _, told = text.out.partition("{")
    assert lines.splitlines() == ["number_of_orders = 1", "number_of_orders = 3"]
    places = [line.partition(" f")[0] for line in text.err.splitlines()]
    assert places[:2] == ["2:22 invalid_character byte 24 is not UTF-8.", "4:0 invalid_character byte 1 is not UTF-8."]
    queries = json.loads("{" + told)["queries"]
    assert [(one["line"], one["canonical"]) for one in queries] == [
        (1, "number_of_orders = 1"), (2, None), (4, None), (5, None), (6, "number_of_orders = 3"),
    ]  # fmt: skip
    assert queries[1]["query"] == "number_of_orders = 2 \u00e9\ufffd"
