"""`Checkup`: the steps of a check, from the machine outwards."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from procore_jupyter import profiles
from procore_jupyter.check.account import Account
from procore_jupyter.check.answers import ROWS, together
from procore_jupyter.check.finding import FAILS, HOLDS, UNTOLD, Finding, StepLine
from procore_jupyter.check.labels import all_labels
from procore_jupyter.check.machine import machine
from procore_jupyter.check.network import network
from procore_jupyter.check.quota import quota, time_for
from procore_jupyter.check.report import TABLES_STEP, report
from procore_jupyter.check.sign_in_ways import sign_in_ways
from procore_jupyter.check.table_check import A_TABLE, TableCheck
from procore_jupyter.check.tools import tools
from procore_jupyter.errors import ProcoreError
from procore_jupyter.files.target import replacing
from procore_jupyter.profiles.kept_facts import keep_facts, kept_facts, with_facts
from procore_jupyter.profiles.kept_labels import keep_labels as save_labels
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.wording import counted, duration

if TYPE_CHECKING:
    from procore_jupyter.check.subject import Subject
    from procore_jupyter.settings.jupyter import Surroundings
    from procore_jupyter.tables.definitions.spec import TableSpec

A_MINUTE = 60.0
"""Seconds: of a check that takes less, the time isn't told beforehand."""

COMPANY_STEP = "You and your company"


class Checkup:
    """One check: `first`, and then, if the person agrees, `tables`.

    Parameters
    ----------
    subject : Subject
        What is checked.
    surroundings : Surroundings
        The Jupyter around this process.
    names : sequence of str or None
        Tables to ask for rows, beside those whose rows they need; none in it means all of the catalog. None asks none.
    filters : bool
        Whether the tables' filters are tried too.

    Attributes
    ----------
    lines : list of StepLine
        What was found so far.
    specs : list of TableSpec
        The tables to ask, each after those whose rows it needs.

    Raises
    ------
    TableNotFound
        A table of `names` isn't there.
    """

    def __init__(
        self,
        subject: Subject,
        surroundings: Surroundings,
        names: Sequence[str] | None = None,
        *,
        filters: bool = False,
    ) -> None:
        self.lines: list[StepLine] = []
        self._api_host = subject.settings.environment.api_host
        catalog = Catalog(subject.settings.profile, kept_facts(self._api_host))
        self.specs = [] if names is None else with_parents(catalog, names or [*catalog.tables])
        self._subject, self._surroundings, self._filters = subject, surroundings, filters
        self._account = Account()

    def first(self) -> Iterator[StepLine]:
        """Look at everything but the tables, one finding after the other. Some thirty requests go to Procore at most."""
        account = self._account
        yield from self._kept("This machine", machine(self._surroundings, self._subject.front_end))
        yield from self._kept("The way to Procore", network(self._subject.settings))
        yield from self._kept("The app", sign_in_ways(self._subject, self._surroundings))
        yield from self._kept(COMPANY_STEP, account.look(self._subject))
        if account.inquiry is not None:
            if not self.specs:
                yield from self._kept(COMPANY_STEP, self._tools())
            yield from self._kept(COMPANY_STEP, quota(account.inquiry.headers))

    @property
    def plan(self) -> str:
        """What `tables` will ask for, in words; empty if there is nothing to ask for, or nobody to ask."""
        if not self.specs or self._account.inquiry is None or self._account.company is None:
            return ""
        requests_ = (A_TABLE + self._filters) * len(self.specs)
        seconds = time_for(requests_, self._account.inquiry.headers)
        takes = (
            f" At Procore's current limit this takes about {duration(seconds)}." if seconds > A_MINUTE else ""
        )
        return (
            f"{counted(len(self.specs), 'table')}, at most {ROWS} rows each of one project: "
            f"at most {counted(requests_, 'request')}.{takes}"
        )

    def tables(self) -> Iterator[StepLine]:
        """Ask each table of `specs` for a few rows."""
        account = self._account
        if account.inquiry is None or account.library is None or account.company is None:
            return
        check = TableCheck(
            account.inquiry, account.library, account.company, account.project, filters=self._filters
        )
        for number, spec in enumerate(self.specs):
            try:
                yield from self._kept(TABLES_STEP, check.look(spec))
            except (ProcoreError, requests.RequestException) as error:
                advice = f"{counted(len(self.specs) - number, 'table')} were not requested: try again later."
                stopped = Finding(
                    spec.name, UNTOLD, str(error), advice=advice, told=f"Stopped ({type(error).__name__})."
                )
                yield from self._kept(TABLES_STEP, iter([stopped]))
                break
        yield from self._kept(TABLES_STEP, together(check.seen, account.library.catalog))
        yield from self._kept(TABLES_STEP, quota(account.inquiry.headers))

    def outcomes(
        self, *, keep: bool = False, keep_labels: str | None = None, report: str | None = None
    ) -> Iterator[str]:
        """Keep and write what is asked for; give a line about each.

        Parameters
        ----------
        keep : bool
            Keep what was found of the tables, to count before what is built in.
        keep_labels : str or None
            A file to save the labels of the company's custom fields in; an empty text for the one that is read by itself.
        report : str or None
            A file for what was found, without any of the company's data or names.

        Raises
        ------
        ProcoreError, requests.RequestException, OSError
            The labels can't be read; what is kept already can't be read; a file can't be written.
        """
        facts: dict[str, dict[str, Any]] = {}
        for line in self.lines:
            if line.finding.facts:
                name = line.finding.subject
                facts[name] = with_facts(facts.get(name, {}), line.finding.facts)
        if keep and facts:
            yield f"What was found about the tables is kept in {keep_facts(self._api_host, facts)}; delete the file to forget it."
        account = self._account
        if keep_labels is not None and account.library is not None and account.company is not None:
            labels = all_labels(account.library, account.company)
            file = Path(keep_labels) if keep_labels else None
            file = save_labels(self._api_host, account.company[0], labels, file)
            yield f"{counted(len(labels), 'label')} of custom fields are saved in {file}."
        if report is not None:
            with replacing(report) as target:
                target.beside.write_text(self.report, encoding="utf-8")
            yield f"A report without any of your company's data or names is in {report}."

    @property
    def report(self) -> str:
        """What was found so far, without any of the company's data or names, as Markdown."""
        settings = self._subject.settings
        known = settings.environment in profiles.load("Procore")[0].environments.values()
        headers = self._account.inquiry.headers if self._account.inquiry is not None else []
        return report(self.lines, headers, settings.environment.title if known else "")

    @property
    def failed(self) -> bool:
        """Whether a finding fails."""
        return any(line.finding.verdict == FAILS for line in self.lines)

    @property
    def summary(self) -> str:
        """How many findings there are of each verdict, in words."""
        counts = Counter(line.finding.verdict for line in self.lines)
        inquiry = self._account.inquiry
        requests_ = f" · {counted(inquiry.count, 'request')}" if inquiry is not None else ""
        return f"{counts[HOLDS]} hold · {counts[FAILS]} fail · {counts[UNTOLD]} can't be told{requests_}"

    def _tools(self) -> Iterator[Finding]:
        account = self._account
        if (
            account.inquiry is None
            or account.library is None
            or account.company is None
            or account.project is None
        ):
            return
        try:
            yield tools(account.inquiry, account.library, account.company, account.project)
        except (ProcoreError, requests.RequestException) as error:
            yield Finding("Tools", UNTOLD, str(error), told=f"Stopped ({type(error).__name__}).")

    def _kept(self, step: str, findings: Iterator[Finding]) -> Iterator[StepLine]:
        for finding in findings:
            self.lines.append(StepLine(step, finding))
            yield self.lines[-1]


def with_parents(catalog: Catalog, names: Sequence[str]) -> list[TableSpec]:
    """Return tables, each once and after those whose rows it needs. Raises TableNotFound."""
    found: dict[str, TableSpec] = {}

    def add(name: str) -> None:
        spec = catalog.find(name)
        for parents in (spec.parents, *(other.parents for other in spec.alternates)):
            for of in itertools.chain(*parents.values()):
                add(of.partition(".")[0])
        found.setdefault(name, spec)

    for name in names:
        add(name)
    return [*found.values()]
