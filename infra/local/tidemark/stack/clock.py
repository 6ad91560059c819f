"""The stack's clock: real time plus an offset, or an instant at which it stands until it is moved."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from segment_core import instants
from tidemark.stack.database import Database

_FROZEN = "clock.frozen_at"
_OFFSET = "clock.offset_seconds"


class StackClock:
    """What time it is for everything in the stack. It never goes back, also not over a restart."""

    def __init__(self, database: Database, frozen_at: datetime | None) -> None:
        """`frozen_at`: stand still there, or where the clock of kept data was."""
        self._lock = threading.Lock()
        self._database = database
        frozen, offset = database.setting(_FROZEN), database.setting(_OFFSET)
        self._frozen = instants.parse(frozen) if frozen else None
        self._offset = timedelta(seconds=float(offset or 0))
        if frozen_at is not None:
            self.stand_at(self.now() if frozen or offset else frozen_at)

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen is not None

    def now(self) -> datetime:
        """The present instant, in UTC."""
        with self._lock:
            return self._frozen or datetime.now(UTC) + self._offset

    def milliseconds(self) -> int:
        """The present instant as milliseconds of the epoch."""
        return int(self.now().timestamp() * 1000)

    def setting(self) -> dict[str, Any]:
        """How another process sets its clock to this one: `frozen_at`, or `offset` in seconds from real time."""
        with self._lock:
            frozen_at = instants.iso(self._frozen) if self._frozen else None
            return {"frozen_at": frozen_at, "offset": self._offset.total_seconds()}

    def stand_at(self, instant: datetime) -> None:
        """Stand still at that instant."""
        with self._lock:
            self._frozen = instant.astimezone(UTC)
            self._database.remember(_FROZEN, instants.iso(self._frozen))

    def run_from(self, instant: datetime) -> None:
        """Go on from that instant, as fast as real time does."""
        with self._lock:
            self._frozen = None
            self._offset = instant - datetime.now(UTC)
            self._database.remember(_FROZEN, "")
            self._database.remember(_OFFSET, str(self._offset.total_seconds()))
