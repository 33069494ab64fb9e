"""The lines of a check as text, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from procore_jupyter.check.checkup import StepLine

WIDTH = 100
"""Characters a line, if the terminal isn't narrower."""

_VERDICT, _SUBJECT = 15, 24


def spoken(lines: Iterable[StepLine], width: int = WIDTH) -> Iterator[str]:
    """Give the lines of a check, and a heading where another step begins.

    Parameters
    ----------
    lines : iterable of StepLine
        The findings, as they come.
    width : int
        Characters a line; words are broken to the next one, but code that is to be copied never is.
    """
    step = ""
    for line in lines:
        if line.step != step:
            yield from (["", line.step] if step else [line.step])
            step = line.step
        finding = line.finding
        head = f"  {finding.verdict:<{_VERDICT}}{finding.subject:<{_SUBJECT}}"
        blank = " " * len(head)
        if len(head.rstrip()) >= len(blank):
            head = f"{head.rstrip()}  "
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
