"""How many examples: by default a few seconds' worth, the same every time, since a change that is tested must not fail
for what it did not touch. `--hypothesis-profile=long` looks for new ones, and for many."""

from hypothesis import settings

# A first example pays for caches that all later ones use, so times per example mean nothing.
settings.register_profile("short", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=5_000)
settings.load_profile("short")
