"""How many examples: a few seconds' worth by default, many with `--hypothesis-profile=long`."""

from hypothesis import settings

# A first example pays for caches that all later ones use, so times per example mean nothing.
settings.register_profile("short", deadline=None)
settings.register_profile("long", deadline=None, max_examples=5_000)
settings.load_profile("short")
