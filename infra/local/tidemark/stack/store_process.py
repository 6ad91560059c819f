"""A table store as a process of this stack's own: it tells its port when it is ready, and dies with the stack.

The store ends when its standard input does, so it also ends when this process is killed.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tidemark.stack.errors import StoreError

_READY = "PORT "
_STOP_SECONDS = 10


class StoreProcess:
    """A started store."""

    def __init__(self, command: Sequence[str], cwd: Path | None = None, inherit: Sequence[int] = ()) -> None:
        """`inherit`: file descriptors that stay open in it, such as the lock on its data."""
        # Of a process group of its own: Ctrl-C is for the stack, which then ends its store.
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
            pass_fds=inherit,
        )
        self._url: str | None = None

    @property
    def running(self) -> bool:
        """Whether it is still there."""
        return self._process.poll() is None

    def url(self) -> str:
        """Its address, once it is ready. Raises StoreError if it ended instead."""
        if self._url is None:
            assert self._process.stdout is not None
            told = []
            for line in self._process.stdout:
                if line.startswith(_READY):
                    self._url = f"http://127.0.0.1:{int(line.removeprefix(_READY))}"
                    return self._url
                told.append(line)
            self.stop()
            raise StoreError("the table store did not start: " + " ".join("".join(told[-5:]).split()))
        return self._url

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
