"""`tidemark check`: is this a query, and what is its canonical text?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace

from segment_core.errors import InvalidQuery
from segment_core.language import check
from segment_core.language.problems import Problem
from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.errors import OK, PROBLEMS, CommandError
from tidemark.cli.output import print_json, print_remarks

_DESCRIPTION = """\
Checks a query, or each line of standard input. A good one is printed in its canonical text. A bad
one is explained on standard error, a line for each problem:

  line:column code message (hint)

Lines count from 1, columns from 0; for standard input, the line is the one of the input. Blank lines
there only part the queries. Warnings go to standard error too and leave the exit status at 0."""


@dataclass(frozen=True)
class Looked:
    """A query that was looked at; `canonical` is None if it was refused."""

    line: int
    query: str
    canonical: str | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark check`."""
    parser.add_argument("query", nargs="?", metavar="QUERY", help="the query (default: standard input, one a line)")
    arguments.add_json(parser)


def run(options: Namespace) -> int:
    """Check the query, or each line of standard input; 1 if any has problems."""
    results = _given(options.query) if options.query is not None else _piped()
    if options.json:
        checked = list(results)
        print_json({"queries": [asdict(one) for one in checked]})
        return PROBLEMS if any(one.problems for one in checked) else OK
    status = OK
    for one in results:
        print_remarks((*one.problems, *one.warnings))
        if one.canonical is None:
            status = PROBLEMS
        else:
            print(one.canonical)
    return status


def _given(query: str) -> Iterator[Looked]:
    yield _check(query, 1)


def _piped() -> Iterator[Looked]:
    """A query a line. An input without any is one blank query: silence would look like success."""
    queries = 0
    for number, line in enumerate(_input_lines(), 1):
        if line.strip():
            queries += 1
            yield _check(line, number)
    if not queries:
        yield _check("", 1)


def _input_lines() -> Iterator[str]:
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise CommandError(f"line {number}: byte {error.start + 1} is not UTF-8") from None


def _check(query: str, line: int) -> Looked:
    """The query's result; places are those of the input in which it begins on `line`."""
    try:
        checked = check(query)
    except InvalidQuery as refused:
        return Looked(line, query, None, problems=_moved(refused.problems, line))
    return Looked(line, query, checked.canonical, warnings=_moved(checked.warnings, line))


def _moved(remarks: Iterable[Problem], line: int) -> tuple[Problem, ...]:
    return tuple(replace(remark, line=remark.line + line - 1) for remark in remarks)


COMMAND = Command("check", "check queries and print their canonical text", _DESCRIPTION, configure, run)
