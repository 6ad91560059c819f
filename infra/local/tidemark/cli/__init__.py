"""The command `tidemark`: one subcommand per module, listed in `commands.COMMANDS`."""

from __future__ import annotations

import os
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence

from segment_core import __version__
from segment_core.errors import InvalidQuery
from segment_core.record import as_dict
from tidemark.cli.commands import COMMANDS
from tidemark.cli.errors import BROKEN_PIPE, INTERRUPTED, PROBLEMS, CommandError
from tidemark.cli.output import print_json, print_remarks
from tidemark.cli.parser import Parser

_DESCRIPTION = """\
Customer segments that are right to the minute.

Works on files without any service (check, members, explain), runs the whole system on this machine
(local, demo), and talks to a running one (token, import)."""

_EPILOG = """\
exit status: 0 all well, 1 problems were found and named on standard error, 2 wrong use
help on one of them: tidemark COMMAND --help"""


def parser() -> Parser:
    """The whole command line, built from the table of commands."""
    whole = Parser(
        prog="tidemark", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=RawDescriptionHelpFormatter
    )
    whole.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subcommands = whole.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for command in COMMANDS:
        one = subcommands.add_parser(
            command.name,
            help=command.summary,
            description=command.description,
            formatter_class=RawDescriptionHelpFormatter,
        )
        command.configure(one)
        one.set_defaults(run=command.run)
    return whole


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status. Wrong use ends the process with status 2, as argparse does."""
    arguments = parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except InvalidQuery as refused:
        if arguments.json:
            print_json({"problems": [as_dict(problem) for problem in refused.problems]})
        else:
            print_remarks(refused.problems)
        return PROBLEMS
    except CommandError as error:
        print(f"tidemark: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output left, as `head` does. Python would flush once more at exit and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return status
