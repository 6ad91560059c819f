"""Zones come from the pinned data, by their listed names only."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from segment_core.zones import names, zone


def test_a_zone_is_found_by_its_name() -> None:
    oslo = zone("Europe/Oslo")
    assert oslo.key == "Europe/Oslo"
    assert datetime(2026, 7, 1, 12, tzinfo=oslo).isoformat() == "2026-07-01T12:00:00+02:00"


def test_every_listed_zone_can_be_read() -> None:
    assert all(zone(name).key == name for name in names())
    assert {"UTC", "Pacific/Apia", "America/Argentina/Buenos_Aires"} <= names() & available_timezones()


@pytest.mark.parametrize("name", ["", "Europe", "europe/oslo", "../zones", "/etc/passwd", "UTC\0", "Mars/Olympus"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no IANA time zone"):
        zone(name)


def test_the_system_s_zones_are_not_asked(tmp_path: Path) -> None:
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia" / "Tokyo").write_bytes(files("tzdata").joinpath("zoneinfo", "UTC").read_bytes())
    noon = datetime(2026, 7, 1, 12)
    zoneinfo.reset_tzpath([tmp_path])
    zoneinfo.ZoneInfo.clear_cache()
    zone.cache_clear()
    try:
        assert zoneinfo.ZoneInfo("Asia/Tokyo").utcoffset(noon) == timedelta(0)
        assert zone("Asia/Tokyo").utcoffset(noon) == timedelta(hours=9)
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()
