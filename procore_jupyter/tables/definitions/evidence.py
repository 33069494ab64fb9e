"""`Source`: where the facts of a table are from, and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SEEN: Mapping[str, str] = {
    "rows": "rows seen",
    "fields": "some fields seen",
    "path": "the address answered",
    "code": "used by other programs",
    "nothing": "documented, not seen",
}
"""What was seen of Procore's answers, in words; the surest first."""

PLACES = ("production", "sandbox")
WEIGHTS = ("high", "medium", "low")
_DOUBTS = {"medium": "fairly sure", "low": "not sure"}


@dataclass(frozen=True)
class Source:
    """Where the facts of a table are from: who describes it, and what others have seen of Procore's answers.

    Parameters
    ----------
    described : str
        The description that columns and conditions are from; or what a person says of a table of their own.
    seen : str
        What was seen, one of `SEEN`; empty if nobody has gone into it.
    place : str
        Where it was seen, one of `PLACES`; empty if that isn't known.
    when : str
        When it was last seen: a year, or a year and a month as ``2026-08``.
    weight : str
        How much the witnesses are to be believed, one of `WEIGHTS`.
    """

    described: str = ""
    seen: str = ""
    place: str = ""
    when: str = ""
    weight: str = ""

    def __str__(self) -> str:
        described = f"described by {self.described}" if self.seen and self.described else self.described
        return " · ".join(one for one in (self.evidence, described) if one)

    @property
    def evidence(self) -> str:
        """What was seen, where and when, in words; empty if nobody has gone into it."""
        if not self.seen:
            return ""
        where = f"{SEEN[self.seen]} in {self.place}" if self.place else SEEN[self.seen]
        doubt = _DOUBTS.get(self.weight, "")
        return ", ".join(one for one in (where, self.when) if one) + (f" ({doubt})" if doubt else "")
