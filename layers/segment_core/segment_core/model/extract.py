"""An extract: the members of a segment, taken out once, into a file (an export) or in another order (a snapshot)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from segment_core.record import record

Kind = Literal["export", "snapshot"]
State = Literal["building", "ready", "failed"]
Format = Literal["ndjson", "csv"]


@record
class Extract:
    """What is known of one. It is of one definition, and nobody waits for it.

    `order` is the format of an export, the sort key of a snapshot. `expected` is how many members there were when it
    was asked for, `written` how many were taken out, `after` whom the next ones come after. `version` grows with each
    step, so that of two who work on it one goes on. `upload` and `parts` belong to the file that is being written.
    Nothing is left of one that failed once it is `removed`.
    """

    id: str
    segment: str
    definition: str
    kind: Kind
    order: str
    reverse: bool
    state: State
    expected: int
    written: int
    after: str
    version: int
    made_at: datetime
    touched_at: datetime
    ends_at: datetime
    upload: str = ""
    parts: str = ""
    error: str = ""
    removed: bool = False
