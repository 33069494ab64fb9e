"""A report of a check: what was found, without any of the company's data or names. Fit for a public issue.

A finding's own words (`Finding.found`) never go in: only what it says for this purpose (`Finding.told`), which is made of our words,
counts and types; and of what Procore said, the words that are surely Procore's (`vocabulary`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from procore_jupyter.check.finding import StepLine
from procore_jupyter.check.vocabulary import cleaned, known_headers
from procore_jupyter.profiles import built_in_tables

TABLES_STEP = "Tables"
"""The step whose findings are about tables."""

TOGETHER = frozenset({"Total", "Link", "Percentages", "Headers", "Rate limit"})
"""Subjects of findings of that step that are no tables."""

OWN_TABLE = "one of your own tables"
OWN_HOSTS = "other hosts than Procore's"


def report(lines: Iterable[StepLine], headers: Sequence[Mapping[str, str]], environment: str) -> str:
    """Return a report as Markdown.

    Parameters
    ----------
    lines : iterable of StepLine
        What was found.
    headers : sequence of mapping
        The headers of some answers; their names are told.
    environment : str
        The environment that was asked, one of the built-in profile's; empty for another one.
    """
    built_in, _ = built_in_tables.described()
    out = ["# What `procore-jupyter check` found", "", f"Environment: {environment or OWN_HOSTS}."]
    step = ""
    for line in lines:
        if line.step != step:
            step = line.step
            out += ["", f"## {step}", ""]
        finding = line.finding
        known = step != TABLES_STEP or finding.subject in built_in or finding.subject in TOGETHER
        subject = finding.subject if known else OWN_TABLE
        told = finding.told if known else ""
        believed = (
            f" Expected: {finding.believed}"
            if finding.verdict == "fails" and finding.believed and known
            else ""
        )
        said = f" Procore said: {cleaned(finding.said)}" if finding.said else ""
        known_as = f" Known as {finding.oddity}." if finding.oddity else ""
        out.append(f"- {subject}: *{finding.verdict}*. {told}{believed}{said}{known_as}".rstrip())
    names, others = known_headers(name for one in headers for name in one)
    if names:
        more = f" and {others} others" if others else ""
        out += ["", "## Headers", "", f"{', '.join(f'`{name}`' for name in names)}{more}."]
    return "\n".join([*out, ""])
