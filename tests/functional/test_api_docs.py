"""docs/api.md: every call is there, and each example answers what stands below it.

`TIDEMARK_WRITE_DOCS=1` writes the answers anew.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from segment_core import errors
from segment_core.api import openapi, problems

from .api_caller import Answer, ApiCaller
from .conftest import REPOSITORY, Stack
from .five import CUSTOMERS, MARCH
from .living import Living
from .test_reading import work

DOCUMENT = REPOSITORY / "docs" / "api.md"
EXAMPLE = re.compile(
    r"```http\n(?P<request>[A-Z]+ [^\n]*(?:\n[A-Z][\w-]*: [^\n]*)*(?:\n\{[^\n]*)?)(?:\n\n(?P<answer>.*?))?\n```",
    re.DOTALL,
)
WIDTH = 110
ANY = "…"
# What is another one each time.
VARYING = ("url", "next_cursor")
# What is never known already: a file has another address each time.
ANOTHER_EACH_TIME = (r"/segments/[^/]+/exports/[^/]+",)


def test_every_route_has_an_example() -> None:
    asked = {example["request"].partition("\n")[0] for example in EXAMPLE.finditer(DOCUMENT.read_text("utf-8"))}
    for path, operations in openapi.document()["paths"].items():
        shape = re.compile(re.sub(r"\\\{\w+\\\}", "[^/?]+", re.escape(path)) + r"(\?.*)?")
        for method in operations:
            assert any(
                shape.fullmatch(one.partition(" ")[2]) for one in asked if one.startswith(f"{method.upper()} ")
            ), f"{method.upper()} {path} has no example in docs/api.md"


# Whatever answers the API, apart from what only queues and stores' webhooks are told.
ANSWERING = ("api", "privacy", "segments", "store")
OTHERS = ("api/webhooks.py", "segments/domains.py")
# Codes that do not stand where they are raised.
MADE = {
    "f'{kind}_not_found'": ("export_not_found", "snapshot_not_found"),
    "f'too_many_{kind}'": ("too_many_previews",),
    "problems.UNSUPPORTED_MEDIA_TYPE": (problems.UNSUPPORTED_MEDIA_TYPE,),
}


def raised() -> Iterator[tuple[str, int]]:
    """Every code with its status, as the sources raise it."""
    core = REPOSITORY / "layers" / "segment_core" / "segment_core"
    paths = {path for package in ANSWERING for path in (core / package).rglob("*.py")}
    for path in paths - {core / one for one in OTHERS}:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            family = getattr(errors, getattr(getattr(node, "func", None), "id", ""), None)
            if isinstance(node, ast.Call) and isinstance(family, type) and issubclass(family, errors.TidemarkError):
                given = [one.value for one in node.keywords if one.arg == "code"]
                for code in _codes(given[0]) if given else (family.code,):
                    error = family.__new__(family)
                    error.code = code
                    yield code, problems.answer_of(error).status


def _codes(given: ast.expr) -> tuple[str, ...]:
    return (str(given.value),) if isinstance(given, ast.Constant) else MADE[ast.unparse(given)]


def test_every_code_is_told_with_its_status() -> None:
    section = DOCUMENT.read_text("utf-8").partition("## Problems")[2]
    told = {
        (code, int(status))
        for codes, status in re.findall(r"^\| (`.*?`) \| (\d+) \|", section, re.MULTILINE)
        for code in re.findall(r"`(\w+)`", codes)
    }
    assert told == {*raised(), ("invalid_query", 422), ("internal_error", problems.UNEXPECTED.status)}


def test_every_example_answers_what_it_says(
    stack: Stack, api: ApiCaller, monkeypatch: pytest.MonkeyPatch, context: SimpleNamespace
) -> None:
    living = Living.open(stack, api, monkeypatch, MARCH)
    living.tell(*CUSTOMERS)
    names = {
        "recent": living.make("Recent", "last_order_date >= -30d"),
        "vips": living.make("VIPs", "customer_tags CONTAINS 'vip'"),
    }
    text = DOCUMENT.read_text("utf-8")
    written = EXAMPLE.sub(lambda example: _run(living, names, context, example), text)
    if os.environ.get("TIDEMARK_WRITE_DOCS"):
        DOCUMENT.write_text(written, encoding="utf-8")
    assert written == text


def _run(living: Living, names: dict[str, str], context: SimpleNamespace, example: re.Match[str]) -> str:
    line, *rest = _filled(example["request"], names).split("\n")
    sent = rest.pop() if rest and rest[-1].startswith("{") else ""
    headers = dict(header.lower().split(": ", 1) for header in rest)
    method, _, target = line.partition(" ")
    query = dict(parse_qsl(urlsplit(target).query))
    answer = living.api(method, urlsplit(target).path, json.loads(sent) if sent else None, headers=headers, **query)
    if answer.status == 201 and "id" in answer.body:
        names["made"] = answer.body["id"]
    if answer.status == 202 and "id" in answer.body:
        names["snapshot" if "sort" in answer.body else "export"] = answer.body["id"]
        work(living, context)
    living.settle()
    if method == "GET" and answer.status == 200:
        _ask_again(living, urlsplit(target).path, query, answer)
    shown = f"{answer.status}" + (f"\n{_json(_stable(answer.body))}" if answer.body is not None else "")
    for name, id_ in sorted(names.items()):
        shown = shown.replace(id_, f"{{{name}}}")
    return f"```http\n{example['request']}\n\n{shown}\n```"


def _ask_again(living: Living, path: str, query: dict[str, str], known: Answer) -> None:
    """A second later nothing has changed."""
    if any(re.fullmatch(one, path) for one in ANOTHER_EACH_TIME):
        return
    living.move(MARCH + timedelta(seconds=1))
    assert living.api("GET", path, if_none_match=known.headers["ETag"], **query).status == 304, path
    living.move(MARCH)


def _filled(text: str, names: dict[str, str]) -> str:
    for name, id_ in names.items():
        text = text.replace(f"{{{name}}}", id_)
    return text


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: ANY if name in VARYING and one else _stable(one) for name, one in value.items()}
    return [_stable(one) for one in value] if isinstance(value, list) else value


def _json(value: Any, indent: str = "") -> str:
    """JSON for people: whatever fits into a line stands in one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {_json(one, inner)}" for name, one in value.items()]
        return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _json(one, inner) for one in value) + f"\n{indent}]"
