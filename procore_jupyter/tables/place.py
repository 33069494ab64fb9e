"""`Place`: where rows are, in a company, in a project, below rows of other tables."""

from __future__ import annotations

from dataclasses import dataclass

from procore_jupyter.wording import one_line

Named = tuple[int, str]
"""An id and a name; the name may be empty."""


def called(one: Named) -> str:
    """Return what a message calls a company or project: its name, or its id if it has none."""
    return one_line(one[1]) or str(one[0])


ALL = "all"
"""As a project: all projects. As a parent: all rows of its table."""

ALL_ACTIVE = "all active"
"""As a project: all active projects."""


@dataclass(frozen=True)
class Place:
    """Where rows are: in a company, in a project, below rows of other tables.

    Parameters
    ----------
    company, project : (int, str) or None
        Id and name.
    parents : tuple of (str, int or str)
        The parameters that name the rows of other tables, and their values.
    """

    company: Named | None = None
    project: Named | None = None
    parents: tuple[tuple[str, int | str], ...] = ()

    def __str__(self) -> str:
        parts: list[str] = []
        for what, one in (("project", self.project), ("company", self.company)):
            if one is not None and not parts:
                parts.append(f"{what} {one[0]} {one_line(one[1])}".strip())
        parts += [f"{name.removesuffix('_id').replace('_', ' ')} {value}" for name, value in self.parents]
        return " · ".join(parts)

    @property
    def columns(self) -> dict[str, int | str]:
        """The columns that say where a row is, and their values."""
        found: dict[str, int | str] = {}
        if self.company is not None:
            found["company_id"] = self.company[0]
        if self.project is not None:
            found["project_id"] = self.project[0]
        return found | dict(self.parents)

    @property
    def key(self) -> tuple[int | None, int | None, tuple[tuple[str, int | str], ...]]:
        """Equal for two places if the same rows are there, whatever company and project are called."""
        company, project = self.company, self.project
        return (
            None if company is None else company[0],
            None if project is None else project[0],
            self.parents,
        )
