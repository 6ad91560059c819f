"""`tidemark check`: is this a query, and what is its canonical text?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace

from segment_core.errors import InvalidQuery
from segment_core.language import check, to_text
from segment_core.language.problems import Problem
from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.errors import OK, PROBLEMS
from tidemark.cli.output import print_json

_DESCRIPTION = """\
Checks a query, or each line of standard input. A good one is printed in its canonical text. A bad
one is explained on standard error, a line for each problem:

  line:column code message (hint)

Lines count from 1, columns from 0; for standard input, the line is the one of the input. Blank lines
there only part the queries. Warnings go to standard error too and leave the exit status at 0."""


@dataclass(frozen=True)
class Checked:
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
