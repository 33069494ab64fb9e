"""`Finding`: one line of a check: what was believed, what was found, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Verdict = Literal["holds", "fails", "can't be told"]

HOLDS: Verdict = "holds"
FAILS: Verdict = "fails"
UNTOLD: Verdict = "can't be told"


@dataclass(frozen=True)
class Finding:
    """One line of a check.

    Parameters
    ----------
    subject : str
        What was looked at: ``Clock``, or a table's name.
    verdict : "holds", "fails" or "can't be told"
    found : str
        What was found, in words for the person; may name what is theirs.
    believed : str
        What was believed; empty where `found` says it all.
    advice : str
        What to do, or what is done about it by itself; empty if there is nothing to do.
    told : str
        What a report says of it in place of `found`: nothing of the company's. Empty for the verdict alone.
    said : str
        What Procore said, as it said it; a report takes from it what is surely Procore's own.
    facts : mapping
        What may be kept of it: a part of the table's description, as a profile has it.
    oddity : str
        The name of the behaviour that was found, as ``procore-jupyter demo --odd`` has it; empty if it is none of those.
    """

    subject: str
    verdict: Verdict
    found: str
    believed: str = ""
    advice: str = ""
    told: str = ""
    said: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    oddity: str = ""

    @property
    def details(self) -> tuple[str, ...]:
        """The lines below the first."""
        believed = f"Expected: {self.believed}" if self.believed else ""
        known_as = f"Known as {self.oddity}." if self.oddity else ""
        return tuple(line for line in (believed, self.advice, known_as) if line)


class StepLine(NamedTuple):
    """A finding, and the step that it belongs to."""

    step: str
    finding: Finding
