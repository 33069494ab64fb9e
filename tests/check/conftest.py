"""Checks of a connection, and what they found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from procore_jupyter.check.checkup import Checkup
from procore_jupyter.check.finding import Finding
from procore_jupyter.connection.checked import checked
from procore_jupyter.connection.lookup import settings_for
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.settings.resolve import read_surroundings


def checkup_of(text: str, tables: Sequence[str] | None = None, *, filters: bool = False) -> Checkup:
    """Return a check of a connection string, not yet begun."""
    subject = checked(settings_for(text), front_end="A test", connect_again="Sign in again.")
    return Checkup(subject, read_surroundings(), tables, filters=filters)


def found(checkup: Checkup) -> Mapping[str, Finding]:
    """Return what was found, by subject; the last of those about the same."""
    return {line.finding.subject: line.finding for line in checkup.lines}


def first(text: str) -> Mapping[str, Finding]:
    """Run the first part of a check, and return what it found."""
    checkup = checkup_of(text)
    assert [*checkup.first()] == checkup.lines
    return found(checkup)


@pytest.fixture
def unlimited() -> Iterator[DemoProcore]:
    """Give an embedded Procore without limits."""
    demo = DemoProcore(parameters=DemoParameters(hourly_limit=None, spike_limit=None))
    demo.start()
    yield demo
    demo.stop()
