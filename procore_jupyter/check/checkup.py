"""`Checkup`: the steps of a check, from the machine outwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from procore_jupyter.check.account import Account
from procore_jupyter.check.finding import FAILS, HOLDS, UNTOLD, Finding
from procore_jupyter.check.machine import machine
from procore_jupyter.check.network import network
from procore_jupyter.check.quota import quota
from procore_jupyter.check.sign_in_ways import sign_in_ways
from procore_jupyter.wording import counted

if TYPE_CHECKING:
    from procore_jupyter.check.subject import Subject
    from procore_jupyter.settings.jupyter import Surroundings


class StepLine(NamedTuple):
    """A finding, and the step that it belongs to."""

    step: str
    finding: Finding


class Checkup:
    """One check.

    Parameters
    ----------
    subject : Subject
        What is checked.
    surroundings : Surroundings
        The Jupyter around this process.

    Attributes
    ----------
    lines : list of StepLine
        What was found so far.
    """

    def __init__(self, subject: Subject, surroundings: Surroundings) -> None:
        self.lines: list[StepLine] = []
        self._subject, self._surroundings = subject, surroundings
        self._account = Account()

    def first(self) -> Iterator[StepLine]:
        """Look at everything but the tables, one finding after the other. Some six requests go to Procore."""
        settings = self._subject.settings
        yield from self._kept("This machine", machine(self._surroundings, self._subject.front_end))
        yield from self._kept("The way to Procore", network(settings))
        yield from self._kept("The app", sign_in_ways(self._subject, self._surroundings))
        yield from self._kept("You and your company", self._account.look(self._subject))
        if self._account.asking is not None:
            yield from self._kept("You and your company", quota(self._account.asking.headers))

    @property
    def failed(self) -> bool:
        """Whether a finding fails."""
        return any(line.finding.verdict == FAILS for line in self.lines)

    @property
    def summary(self) -> str:
        """How many findings there are of each verdict, in words."""
        counts = Counter(line.finding.verdict for line in self.lines)
        asking = self._account.asking
        requests = f" · {counted(asking.count, 'request')}" if asking is not None else ""
        return f"{counts[HOLDS]} hold · {counts[FAILS]} fail · {counts[UNTOLD]} can't be told{requests}"

    def _kept(self, step: str, findings: Iterator[Finding]) -> Iterator[StepLine]:
        for finding in findings:
            self.lines.append(StepLine(step, finding))
            yield self.lines[-1]
