"""What `make soak` runs beyond `make test`: the long proofs whole, and tests that take too long for every change."""

from __future__ import annotations

import os

import pytest

SOAK = bool(os.environ.get("PROCORE_SOAK"))
"""Whether this is a soak: ``PROCORE_SOAK=1``, as `make soak` sets it."""

in_a_soak = pytest.mark.skipif(not SOAK, reason="takes long: make soak runs it")
"""Marks a test that only a soak runs."""
