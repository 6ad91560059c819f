"""From the two images of a membership to what changed: pure.

OLD is decoded with OLD's generation and its published definitions, NEW with NEW's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from segment_core.model.generation import Generation, LiveDefinition
from segment_core.model.membership import Cause, Membership
from segment_core.record import record
from segment_core.store.history import Flip
from segment_core.store.members import Row

GenerationByNumber = Callable[[int], Generation]


@record
class Change:
    """One commit of one customer's membership, as the stream tells it."""

    shop: str
    customer: str
    old: Membership | None
    new: Membership

    @property
    def moves(self) -> bool:
        """Whether there can be rows or flips: seen without the generations, since most commits move nobody."""
        if self.old is None:
            return self.new.bits != 0
        redefined = self.new.bits != 0 and self.old.generation != self.new.generation
        return self.old.bits != self.new.bits or redefined


def rows(change: Change, generations: GenerationByNumber) -> Iterator[Row]:
    """The member rows that the change sets, of every live definition whose answer differs."""
    was = _was_in(change, generations)
    for definition in generations(change.new.generation).live:
        member = _is_in(definition, change.new)
        if member != (definition.id in was):
            yield Row(definition.id, change.customer, member, change.new.effective_at, change.new.version)


def flips(change: Change, generations: GenerationByNumber) -> Iterator[Flip]:
    """The enters and leaves that readers see, in segment order."""
    new = generations(change.new.generation)
    was_in = _was_in(change, generations)
    old = generations(change.old.generation) if change.old else None
    old_published = old.published if old else {}
    resettled = old is not None and old.settings != new.settings
    for segment in sorted(old_published.keys() | new.published.keys()):
        before, after = old_published.get(segment), new.published.get(segment)
        was = before is not None and before.id in was_in
        is_now = after is not None and _is_in(after, change.new)
        if was == is_now:
            continue
        redefined = change.old is not None and _by_definition(before, after, is_now, was_in)
        silent = redefined and before is None and after is not None and after.silent
        yield Flip(
            shop=change.shop,
            customer=change.customer,
            segment=segment,
            definition=_id(after or before),
            change="enter" if is_now else "leave",
            cause=_cause(before, after, resettled) if redefined else change.new.cause,
            effective_at=change.new.effective_at,
            version=change.new.version,
            silent=silent,
        )


def _cause(before: LiveDefinition | None, after: LiveDefinition | None, resettled: bool) -> Cause:
    """Why readers read another definition: settings, if what it asks is the same."""
    same = before is not None and after is not None and before.text == after.text
    return "settings" if same and resettled else "definition"


def _by_definition(
    before: LiveDefinition | None,
    after: LiveDefinition | None,
    is_now: bool,
    was_in: set[str],
) -> bool:
    """Whether readers see a flip because they now read another definition.

    That one was answered before it was published. If its own answer is what it was, only the reading
    changed; if not, the customer moved for the commit's cause.
    """
    if before is None or after is None or before.id != after.id:
        return after is None or is_now == (after.id in was_in)
    return False


def _was_in(change: Change, generations: GenerationByNumber) -> set[str]:
    if change.old is None:
        return set()
    old = generations(change.old.generation)
    return {definition.id for definition in old.members_of(change.old.bits)}


def _is_in(definition: LiveDefinition, membership: Membership) -> bool:
    return bool(membership.bits >> definition.slot & 1)


def _id(definition: LiveDefinition | None) -> str:
    if definition is None:
        raise AssertionError("a flip has a definition before or after it")
    return definition.id
