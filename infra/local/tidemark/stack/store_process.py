"""A table store as a process of this stack's own: it tells its port when it is ready, and dies with the stack.

The store ends when its standard input does, so it also ends when this process is killed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from tidemark.stack.errors import StoreError

_READY = "PORT "
_STOP_SECONDS = 10


class StoreProcess:
    """A started store."""

    def __init__(self, command: Sequence[str], inherit: Sequence[int] = ()) -> None:
        """`inherit`: file descriptors that stay open in it, such as the lock on its data."""
        input_end, self._life = os.pipe()
        output, output_end = os.pipe()
        # Of a process group of its own: Ctrl-C is for the stack, which then ends its store.
        self._process = subprocess.Popen(  # noqa: S603 - java or this Python, with arguments of ours
            command,
            stdin=input_end,
            stdout=output_end,
            stderr=subprocess.STDOUT,
            process_group=0,
            pass_fds=inherit,
        )
        os.close(input_end)
        os.close(output_end)
        self._output = os.fdopen(output, encoding="utf-8", errors="replace")
        self._url: str | None = None

    @property
    def running(self) -> bool:
        """Whether it is still there."""
        return self._process.poll() is None

    def url(self) -> str:
        """Its address, once it is ready. Raises StoreError if it ended instead."""
        told: list[str] = []
        while self._url is None:
            line = self._output.readline()
            if line.startswith(_READY):
                self._url = f"http://127.0.0.1:{int(line.removeprefix(_READY))}"
            elif line:
                told.append(line)
            else:
                self.stop()
                raise StoreError("the table store did not start: " + " ".join("".join(told[-5:]).split()))
        return self._url

    def stop(self) -> None:
        """End it; more than once is no error."""
        if self._output.closed:
            return
        os.close(self._life)
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()
