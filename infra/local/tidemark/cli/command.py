"""What a subcommand is: a name, a line of help, its arguments and a function that runs it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """`run` returns the exit status; it raises `CommandError` for what the person must hear.

    `description` is shown by `--help` as it is written, below the usage.
    """

    name: str
    summary: str
    description: str
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
