"""A file that is read once, line by line. A bad line is named and left out; the others go on."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from abc import ABC, abstractmethod
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from segment_core.errors import InvalidDocument
from segment_core.facts import guests
from segment_core.facts.customer import Customer
from tidemark.cli.errors import CommandError, UsageError

STANDARD_INPUT = Path("-")

Document = tuple[int, bytes, Customer]
"""The number of the line that it begins on, its JSON, and the customer that it describes."""


@dataclass
class SourceFile(ABC):
    """`refused` are the lines that were named as bad; `left_out` counts what is good and nobody's.

    `strangers` counts orders whose contacts nobody has in another file that was to tell whose they are.
    """

    path: Path
    refused: list[dict[str, object]] = field(default_factory=list)
    left_out: int = 0
    strangers: int = 0

    @abstractmethod
    def documents(self) -> Iterator[Document]:
        """Customer documents made of the lines that can be read, in the order of the file."""

    def refuse(self, number: int, error: InvalidDocument) -> None:
        """Name the line on standard error, and remember it."""
        reason = error.message.removeprefix(f"{error.path}: ")
        place = self.place(error.path)
        self.refused.append({"line": number, "path": place, "message": reason})
        print(": ".join(filter(None, (f"line {number}", place, reason))), file=sys.stderr)

    def place(self, path: str) -> str:
        """What the file calls the place of a document that was made of it: here, as the document does."""
        return path

    def checked(self, number: int, document: dict[str, object]) -> Customer | None:
        """The customer of a document that was made of this line; None if it was refused."""
        try:
            return guests.read(document)
        except InvalidDocument as error:
            self.refuse(number, error)
            return None

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Lines with their numbers from 1; blank ones are skipped."""
        with opened(self.path) as stream:
            for number, line in written_lines(stream):
                yield number, line.strip()


def written_lines(stream: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines as they are, with their numbers from 1; blank ones are skipped, and so is a byte order mark."""
    for number, line in enumerate(stream, 1):
        line = line.removeprefix(BOM_UTF8) if number == 1 else line
        if line.strip():
            yield number, line


def text_of(line: bytes) -> str:
    """The line as text. Raises InvalidDocument if it is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise InvalidDocument("", f"byte {error.start + 1} is not UTF-8") from None


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes. What goes wrong while reading is told as the command's own error."""
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            yield cast("IO[bytes]", stream)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise CommandError(f"{path} is not a whole gzip file") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None


@contextmanager
def opened_as_text(path: Path) -> Iterator[IO[str]]:
    """The file's text, ends of lines as they are. Half a character becomes a replacement character."""
    with opened(path) as stream:
        yield io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
