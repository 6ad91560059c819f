"""How far an import came, kept in a small file beside the one that is imported, so that the next call goes on there."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from segment_core.instants import iso, parse

SUFFIX = ".tidemark-place"


@dataclass
class Place:
    """`sent` counts the documents that were answered for, `refused` are those lines that the service refused.

    `guests` counts orders of guests that it did not take, since guests are no customers of the shop.

    `of` says what was imported where: a place of another file, of a changed one, or in another shop is none.
    """

    of: dict[str, Any]
    as_of: datetime
    sent: int = 0
    accepted: int = 0
    guests: int = 0
    refused: list[dict[str, object]] = field(default_factory=list)


@dataclass
class Keeper:
    """Keeps the place in a file; `path` None: nowhere."""

    path: Path | None

    def find(self, of: dict[str, Any]) -> Place | None:
        """The place that was kept of that import; None if there is none."""
        if self.path is None:
            return None
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
            place = Place(**{**told, "as_of": parse(told["as_of"])})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError):
            print(f"{self.path} cannot be read: starting at the beginning", file=sys.stderr)
            return None
        return place if place.of == of else None

    def keep(self, place: Place) -> None:
        """Write it down; from then on nobody need send again what came before."""
        if self.path is None:
            return
        written = self.path.with_name(self.path.name + ".new")
        try:
            written.write_text(json.dumps({**asdict(place), "as_of": iso(place.as_of)}), encoding="utf-8")
            written.replace(self.path)
        except OSError as error:
            print(f"the place cannot be kept in {self.path} ({error.strerror}): an import that is cut off begins anew",
                  file=sys.stderr)  # fmt: skip
            self.path = None

    def forget(self) -> None:
        """The import came to its end."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
