"""The commands on files, as tests/cases/command says: arguments, files and input, then output and exit status.

A line of `stderr` that ends in … is the beginning of the real one: the rest is worded elsewhere.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tidemark import cli

CASES = Path(__file__).parents[2] / "cases" / "command"


def _cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.json")):
        told = json.loads(path.read_text("utf-8"))
        files = told.get("files", {})
        found += [pytest.param(files, case, id=f"{path.stem}: {case['name']}") for case in told["cases"]]
    return found


def _write(folder: Path, files: dict[str, Any]) -> None:
    """A JSON list under a name in .ndjson becomes a line per element."""
    for name, content in files.items():
        lines = content if name.endswith(".ndjson") else [content]
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def _run(arguments: list[str]) -> int:
    """The exit status; argparse raises it."""
    try:
        return cli.main(arguments)
    except SystemExit as ended:
        return int(str(ended.code))


def _agree(lines: list[str], expected: list[str]) -> bool:
    return len(lines) == len(expected) and all(
        line.startswith(wanted.removesuffix("…")) if wanted.endswith("…") else line == wanted
        for line, wanted in zip(lines, expected, strict=True)
    )


@pytest.mark.parametrize(("files", "case"), _cases())
def test_command(
    files: dict[str, Any],
    case: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(case.get("stdin", "").encode()), "utf-8"))

    status = _run(case["args"])

    out, err = capsys.readouterr()
    assert status == case.get("status", 0), err
    if "usage" in case:
        assert case["usage"] in err
    else:
        assert _agree(err.splitlines(), case.get("stderr", [])), err
    if "json" in case:
        assert json.loads(out) == case["json"]
    else:
        assert out == case.get("stdout", "")
