"""Time zones from the pinned `tzdata`, the same on every machine.

`ZoneInfo(name)` would take the system's zone data where there are any: the answer to "which day is it in
Santiago" must not depend on when somebody last updated a server.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@cache
def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name, for example `Europe/Oslo`. Raises ValueError for a name that is none."""
    # Only listed names: the name becomes a path.
    if name not in names():
        raise ValueError(f"'{name}' is no IANA time zone; write one like Europe/Oslo, or UTC")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


@cache
def names() -> frozenset[str]:
    """All zone names, aliases included."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())
