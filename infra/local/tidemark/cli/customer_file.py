"""Customer documents in a file, one a line. A bad line is named and left out; the others go on."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from segment_core.errors import InvalidDocument
from segment_core.facts.customer import Customer
from segment_core.facts.document import parse_line
from tidemark.cli.errors import CommandError, UsageError

_STANDARD_INPUT = Path("-")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass
class CustomerFile:
    """A file that is read once. `refused` counts the lines that were named as bad."""

    path: Path
    refused: list[dict[str, object]] = field(default_factory=list)

    def customers(self) -> Iterator[Customer]:
        """Every customer that can be read, as the lines come."""
        for _, _, customer in self.documents():
            yield customer

    def documents(self) -> Iterator[tuple[int, bytes, Customer]]:
        """Number, bytes and customer of every line that can be read; a second document of a customer is refused."""
        seen: dict[str, int] = {}
        for number, line in self._lines():
            try:
                customer = parse_line(_text(line))
            except InvalidDocument as error:
                self.refuse(number, error)
                continue
            if customer.id in seen:
                self.refuse(number, InvalidDocument("id", f"this customer is on line {seen[customer.id]} already"))
                continue
            seen[customer.id] = number
            yield number, line, customer

    def refuse(self, number: int, error: InvalidDocument) -> None:
        """Name the line on standard error, and remember it."""
        reason = error.message.removeprefix(f"{error.path}: ")
        self.refused.append({"line": number, "path": error.path, "message": reason})
        print(f"line {number}: {error.message}", file=sys.stderr)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Lines with their numbers from 1; blank ones are skipped."""
        with _open(self.path) as stream:
            for number, line in enumerate(stream, 1):
                line = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
                if line.strip():
                    yield number, line.strip()


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise InvalidDocument("", f"byte {error.start + 1} is not UTF-8") from None


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes. What goes wrong while reading is told as the command's own error."""
    if path == _STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            yield cast("IO[bytes]", stream)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise CommandError(f"{path} is not a whole gzip file") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
