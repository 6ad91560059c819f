"""How a command ends when it cannot do what was asked: a message for the person, and an exit status."""

from __future__ import annotations

# What the shell sees. A script may rely on these.
OK = 0
PROBLEMS = 1
USAGE = 2
INTERRUPTED = 130  # what shells report for a program that Ctrl-C ended
BROKEN_PIPE = 141  # and for one whose reader went away


class CommandError(Exception):
    """The message says what, where, and what to do instead."""

    status = PROBLEMS


class UsageError(CommandError):
    """The command was called in a way that cannot work; nothing was done."""

    status = USAGE
