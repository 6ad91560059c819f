"""What a shop lets its queries be: how large, in whose language, and which metafields there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segment_core.language import Limits
from segment_core.language.limits import Strictness
from segment_core.language.vocabulary import Definitions
from segment_core.record import names, record

_USUAL = Limits()


@record
class LanguageSettings:
    """Settings for what may be saved; what was saved before stays, whatever they become. See `Limits`."""

    clauses: int = _USUAL.clauses
    characters: int = _USUAL.characters
    ids: int = _USUAL.ids
    nesting: int = _USUAL.nesting
    strictness: Strictness = _USUAL.strictness
    metafields: Definitions | None = None

    @property
    def limits(self) -> Limits:
        """The same as `check` takes it."""
        return Limits(**self.as_fields())

    def as_fields(self) -> dict[str, Any]:
        """Name to value; the metafields as a plain mapping."""
        told = {name: getattr(self, name) for name in names(self)}
        return told | {"metafields": None if self.metafields is None else dict(self.metafields)}

    @classmethod
    def of_fields(cls, told: Mapping[str, Any]) -> LanguageSettings:
        """The settings of such a mapping; what it leaves out is as usual."""
        return cls(**told)
