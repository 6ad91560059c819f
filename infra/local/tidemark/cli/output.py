"""What the commands print: problems of a query, JSON, and progress on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from time import monotonic
from typing import Any

from segment_core.language.problems import Problem

_PROGRESS_SECONDS = 0.2


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_remarks(remarks: Iterable[Problem]) -> None:
    """Each problem or warning on a line of standard error: `line:column code message (hint)`."""
    for remark in remarks:
        print(remark, file=sys.stderr)


class Progress:
    """A counter on standard error that rewrites its own line; silent when nobody looks."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown_at = 0.0
        self._visible = sys.stderr.isatty()

    def show(self, done: int) -> None:
        """Show how many are done, at most a few times a second."""
        if self._visible and monotonic() - self._shown_at >= _PROGRESS_SECONDS:
            self._shown_at = monotonic()
            print(f"\r{done:,} {self._what}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away, before anything else is printed."""
        if self._visible and self._shown_at:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self._shown_at = 0.0
