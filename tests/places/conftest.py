"""What the tests of places share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from procore_jupyter.demo.app import DemoProcore


@pytest.fixture(scope="module")
def provider() -> Iterator[DemoProcore]:
    """Give an embedded Procore that runs as long as the tests of one file."""
    with DemoProcore() as server:
        yield server
