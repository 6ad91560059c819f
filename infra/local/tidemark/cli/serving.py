"""Starting the local stack for a command, and stopping it cleanly whatever ends the command."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType

import tidemark
from tidemark.cli.errors import CommandError
from tidemark.stack import Stack
from tidemark.stack.errors import StackError

TEMPLATE = Path(tidemark.__file__).resolve().parents[3] / "template.yaml"


@contextmanager
def running(*, data: Path | None, store: str, port: int, clock: datetime | None) -> Iterator[Stack]:
    """A started stack; stopped when the block is left, also by SIGTERM. What the stack cannot do is a CommandError."""
    if not TEMPLATE.is_file():
        raise CommandError(f"{TEMPLATE} is missing: run the command from an editable install of the repository")
    before = signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        with Stack(TEMPLATE, data=data, store=store, port=port, clock=clock) as stack:
            yield stack
    except StackError as error:
        raise CommandError(str(error)) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def until_stopped() -> None:
    """Wait for SIGINT or SIGTERM."""
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _as_interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
