"""Idle is when nobody holds work and no store of work has any."""

from __future__ import annotations

import threading

import pytest

from tidemark.stack import NotIdle
from tidemark.stack.activity import Activity


def test_idle_at_once() -> None:
    Activity().wait_until_idle(0)


def test_who_holds_work_is_named() -> None:
    activity = Activity()
    with activity.busy("a request"), pytest.raises(NotIdle, match="a request is under way"):
        activity.wait_until_idle(0)
    activity.wait_until_idle(0)


def test_a_store_that_holds_work_is_named() -> None:
    activity = Activity()
    held = ["3 messages"]
    activity.watch(lambda: held[0] if held else None)
    with pytest.raises(NotIdle, match="3 messages"):
        activity.wait_until_idle(0)
    held.clear()
    activity.wait_until_idle(0)


def test_waiting_ends_when_work_does() -> None:
    activity = Activity()
    holds = threading.Event()
    ends = threading.Event()

    def work() -> None:
        with activity.busy("work"):
            holds.set()
            ends.wait()

    worker = threading.Thread(target=work)
    worker.start()
    holds.wait()
    waiter = threading.Thread(target=activity.wait_until_idle, args=(600,))
    waiter.start()
    ends.set()
    waiter.join()
    worker.join()
    activity.wait_until_idle(0)


def test_a_stack_that_stops_keeps_nobody_waiting() -> None:
    activity = Activity()
    activity.stop()
    with activity.busy("work"), pytest.raises(NotIdle):
        activity.wait_until_idle(600)
