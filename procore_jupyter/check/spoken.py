"""The lines of a check as text, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from procore_jupyter.check.finding import StepLine
from procore_jupyter.check.report import TABLES_STEP

WIDTH = 100
"""Characters a line, if the terminal isn't narrower."""

_VERDICT, _SUBJECT, _TABLE = 15, 24, 32
"""Characters of a verdict, of what was looked at, and of a table's name."""


def spoken(lines: Iterable[StepLine], width: int = WIDTH) -> Iterator[str]:
    """Give the lines of a check, and a heading where another step begins.

    Parameters
    ----------
    lines : iterable of StepLine
        The findings, as they come.
    width : int
        Characters a line; words are broken to the next one, but code that is to be copied never is.
    """
    step = subject = ""
    for line in lines:
        if line.step != step:
            yield from (["", line.step] if step else [line.step])
            step, subject = line.step, ""
        finding = line.finding
        room = _TABLE if step == TABLES_STEP else _SUBJECT
        head = (
            f"  {finding.verdict:<{_VERDICT}}{'' if finding.subject == subject else finding.subject:<{room}}"
        )
        subject = finding.subject
        blank = " " * len(head)
        yield from _wrapped(finding.found, head, blank, width)
        for detail in finding.details:
            yield from _wrapped(detail, blank, blank, width)


def _wrapped(text: str, head: str, blank: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, len(blank) + 30),
        initial_indent=head,
        subsequent_indent=blank,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [head.rstrip()]
