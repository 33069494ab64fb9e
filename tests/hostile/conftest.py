"""Prints how much was tried, whatever the run's verbosity: a proof that tries nothing proves nothing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import pytest

from tests.hostile.counting import TRIED


@pytest.fixture(autouse=True, scope="module")
def counted(request: pytest.FixtureRequest) -> Iterator[None]:
    before = TRIED.copy()
    yield
    tried = TRIED - before
    assert tried, "this file tried nothing"
    said = ", ".join(f"{name} {number:,}" for name, number in sorted(tried.items()))
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        # A worker of xdist has its standard error alone.
        print(f"\nhostile inputs tried: {sum(tried.values()):,} ({said})", file=sys.stderr, flush=True)
