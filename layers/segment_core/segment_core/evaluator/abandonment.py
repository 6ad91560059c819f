"""When a customer last abandoned a checkout.

A checkout waits for an order for as long as the shop says. If none came, it counts from the end of that time on,
dated by its last change: time alone brings it, and an order or a completion that follows takes it away again.
"""

from __future__ import annotations

from datetime import datetime

from segment_core.calendar import NEVER
from segment_core.evaluator.extremes import extreme
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course, mapped


def abandoned(subject: Subject) -> Course[datetime | None]:
    """The last change of the latest abandoned checkout, now and later."""
    found = last_abandoned(subject)
    return found if isinstance(found, Course) else Course(found)


def last_abandoned(subject: Subject) -> datetime | Course[datetime | None] | None:
    """The same, as a course only if time changes it.

    Any order that was placed while the shop waited keeps a checkout from that; later only one from this very checkout
    does. Test and cancelled orders do so too: whatever became of them, the customer did not walk away.
    """
    checkouts = subject.customer.left
    if not checkouts:
        return None
    wait = subject.shop.orders.abandoned_after
    first = checkouts[0]
    if len(checkouts) == 1 and first.told + wait <= min(subject.at, first.ordered) and first.over == NEVER:
        return first.told  # as it mostly is
    windows = []
    for one in checkouts:
        due = one.told + wait
        windows.append((due, min(one.over, one.ordered) if one.ordered < due else one.over))

    def last_change(opened: datetime | None) -> datetime | None:
        return None if opened is None else opened - wait

    course = mapped(extreme(subject.at, windows, newest=True), last_change)
    return course if course.later else course.now
