"""`tidemark check`: is this a query, and what is its canonical text?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from typing import Any

from segment_core.errors import InvalidQuery
from segment_core.language import Limits, check, describe
from segment_core.language.description import LOCALES
from segment_core.language.problems import Problem
from segment_core.record import as_dict, record, replace
from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.errors import OK, PROBLEMS
from tidemark.cli.output import print_json, print_remarks
from tidemark.cli.source_file import written_lines

_DESCRIPTION = """\
Checks a query, or each line of standard input. A good one is printed in its canonical text. A bad
one is explained on standard error, a line for each problem:

  line:column code message (hint)

Lines count from 1, columns from 0; for standard input, the line is the one of the input. Blank lines
there only part the queries. Warnings go to standard error too and leave the exit status at 0.

With --strict shopify, extensions that the store's own language does not have are problems.

With --describe, a good query is printed as a sentence in that language instead."""


@record
class Looked:
    """A query that was looked at; `canonical` is None if it was refused, `description` also if none was asked for."""

    line: int
    query: str
    canonical: str | None
    description: str | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark check`."""
    parser.add_argument("query", nargs="?", metavar="QUERY", help="the query (default: standard input, one a line)")
    parser.add_argument("--describe", choices=LOCALES, metavar="|".join(LOCALES), help="say it in a sentence")
    parser.add_argument("--strict", choices=["shopify"], help="refuse what the store's own language does not have")
    arguments.add_json(parser)


def run(options: Namespace) -> int:
    """Check the query, or each line of standard input; 1 if any has problems."""
    lines = _lines(options.query)
    limits = Limits(strictness=options.strict or "lenient")
    results = (_check(query, number, options.describe, limits) for number, query in lines)
    if options.json:
        checked = list(results)
        print_json({"queries": [_as_json(one, described=options.describe is not None) for one in checked]})
        return PROBLEMS if any(one.problems for one in checked) else OK
    status = OK
    for one in results:
        print_remarks((*one.problems, *one.warnings))
        if one.canonical is None:
            status = PROBLEMS
        else:
            print(one.description or one.canonical)
    return status


def _as_json(one: Looked, described: bool) -> dict[str, Any]:
    told = as_dict(one)
    if not described:
        del told["description"]
    return told


def _lines(query: str | None) -> Iterator[tuple[int, str | bytes]]:
    """The query, or one from each line of standard input. An input without any is one blank query: silence would
    look like success.
    """
    if query is not None:
        yield 1, query
        return
    queries = 0
    for number, line in written_lines(sys.stdin.buffer):
        queries += 1
        yield number, line.rstrip(b"\r\n")
    if not queries:
        yield 1, ""


def _check(query: str | bytes, line: int, locale: str | None, limits: Limits) -> Looked:
    """The query's result; places are those of the input in which it begins on `line`."""
    try:
        text = query if isinstance(query, str) else query.decode()
    except UnicodeDecodeError as error:
        before, shown = error.object[: error.start].decode(), error.object.decode(errors="replace")
        bad = Problem(line, len(before), 1, "invalid_character", f"byte {error.start + 1} is not UTF-8.")
        return Looked(line, shown, None, problems=(bad,))
    try:
        checked = check(text, limits)
    except InvalidQuery as refused:
        return Looked(line, text, None, problems=_moved(refused.problems, line))
    description = describe(checked.query, locale) if locale else None
    return Looked(line, text, checked.canonical, description, warnings=_moved(checked.warnings, line))


def _moved(remarks: Iterable[Problem], line: int) -> tuple[Problem, ...]:
    return tuple(replace(remark, line=remark.line + line - 1) for remark in remarks)


COMMAND = Command("check", "check queries and print their canonical text", _DESCRIPTION, configure, run)
