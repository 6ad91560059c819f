"""What all tests share: how examples are drawn, the real data beside the project, and that nothing skips in CI."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# What is drawn takes a few seconds by default and is the same every time, since a change that is tested must not fail
# for what it did not touch. `--hypothesis-profile=long` looks for new examples, and for many. A first example pays
# for caches that all later ones use, so times per example mean nothing.
settings.register_profile("short", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=5_000)
settings.load_profile("short")

ROOT = Path(__file__).parents[1]

# Set where a skip would hide that something was not tested: by `.ci/run`, and by CI services themselves.
NO_SKIP = bool(os.environ.get("TIDEMARK_NO_SKIP") or os.environ.get("CI"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The directory of real queries, webhook bodies and purchase histories; skips where it is absent."""
    path = ROOT.parent / "shared"
    if not path.is_dir():
        pytest.skip(f"{path.name}/ is not beside the project: real input cannot be tried")
    return path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    # An expected failure is reported as skipped too; it was run.
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped here. {reason}"
