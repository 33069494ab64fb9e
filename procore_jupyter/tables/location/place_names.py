"""`Directory`: the companies or projects that Procore lists, one of them by its id or name, and all of them in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from procore_jupyter.errors import ConfigurationError, ParameterError
from procore_jupyter.tables.parameters import arguments
from procore_jupyter.tables.place import ALL, ALL_ACTIVE, Named
from procore_jupyter.wording import counted, nearest, one_line

_LISTED = 20
"""Companies or projects that a message lists at most."""

_MEANT = 5
"""Companies or projects that may be meant, of which a message lists at most so many."""


class Directory(tuple[Named, ...]):
    """Companies or projects as Procore lists them.

    Attributes
    ----------
    lack : str
        Why some may be missing; empty if all are there.
    when : float or None
        When Procore listed them, in seconds since 1970; None if that isn't known.
    requests : int
        The requests that listing them took; 0 if they came with rows that somebody asked for.
    """

    lack: str = ""
    when: float | None = None
    requests: int = 0

    @classmethod
    def of(cls, rows: Sequence[Any], lack: str, many: str) -> Directory:
        """Return what rows list, also those of version 2's lists, whose ids are texts.

        Parameters
        ----------
        rows : sequence
            The rows.
        lack : str
            Why some may be missing; empty if all are there.
        many : str
            What they are: ``companies``.
        """
        found: dict[int, str] = {}
        without = 0
        for row in rows:
            number = arguments.whole(row.get("id")) if isinstance(row, dict) else None
            if number is None:
                without += 1
            else:
                found.setdefault(number, str(row.get("name") or ""))
        made = cls(found.items())
        made.lack = lack or (
            f"{counted(without, 'row')} of the list of {many} have no id." if without else ""
        )
        return made


def pick(wanted: int | str, known: Sequence[Named], one: str, many: str) -> Named:
    """Return a company or project by its id or name.

    Parameters
    ----------
    wanted : int or str
        An id, or a name without regard to case. A text of digits is a name if one is called so, else an id.
    known : sequence of (int, str)
        The companies or projects there are.
    one, many : str
        What they are: ``company``, ``companies``.

    Raises
    ------
    ConfigurationError
        There is none, or more than one; the message lists them. A `ParameterError` if there are any.
    """
    text = str(wanted).strip()
    by_name = [(number, name) for number, name in known if same_name(name, text)]
    by_id = [(number, name) for number, name in known if str(number) == text]
    found = (by_name or by_id) if isinstance(wanted, str) else by_id
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        raise ParameterError(
            f"Several {many} are called {one_line(text)}: {listed(found)}. "
            f"Choose by id:  procore.use({one}={found[0][0]})"
        )
    lack = f" There may be others: {known.lack}" if isinstance(known, Directory) and known.lack else ""
    if not known:
        raise ConfigurationError(f"Procore lists no {many} for you. Ask an admin to add you.{lack}")
    called = f"called {one_line(text)}" if isinstance(wanted, str) else f"with the id {text}"
    raise ParameterError(
        f"You have no {one} {called}.{_did_you_mean(text, known)} Yours: {listed(known)}.{lack}"
    )


def _did_you_mean(text: str, known: Sequence[Named]) -> str:
    """Return the question whether those are meant whose names hold a text, or the one whose name is nearest to it."""
    part = text.casefold()
    holding = [each for each in known if len(part) > 1 and part in each[1].casefold()]
    if not holding:
        meant = nearest(text, [name for _, name in known if name])
        holding = [each for each in known if each[1] == meant]
    if len(holding) == 1:
        return f" Did you mean {in_code(holding[0], known)}?"
    return f" Did you mean one of these: {listed(holding, _MEANT)}?" if holding else ""


def same_name(name: str, other: str) -> bool:
    """Tell whether two names are the same but for case, and blanks around them."""
    return name.strip().casefold() == other.strip().casefold()


def listed(known: Sequence[Named], most: int = _LISTED) -> str:
    """Return ids and names in one line; of more than `most`, the first ones and how many more there are."""
    shown = " · ".join(f"{number} {one_line(name)}".strip() for number, name in known[:most])
    return shown + (f" · and {len(known) - most} more" if len(known) > most else "")


def in_code(one: Named, known: Sequence[Named]) -> str:
    """Return a company or project as a person writes it in code: its name if that is clear among those known, else its id."""
    number, name = one
    names = [other.casefold().strip() for _, other in known]
    called = name.casefold().strip()
    clear = called and names.count(called) == 1 and one_line(name) == name
    clear = clear and called not in (ALL, ALL_ACTIVE) and arguments.whole(called) is None  # which mean others
    return f'"{name}"' if clear and not {*name} & {*'"\\`'} else str(number)


def which_project(known: Directory) -> str:
    """Return the question which project is meant, with those there are."""
    lack = f" There may be others: {known.lack}" if known.lack else ""
    if not known:
        return (
            "Procore lists no active project for you there. Ask your company's admin to add you to one, or give one:   "
            f"project_id=…{lack}"
        )
    shown = in_code(known[0], known)
    there = f"There are {len(known)}" if len(known) > 1 else "There is one"
    return (
        f"Which project? {there}: {listed(known)}. Use  project_id={shown}  or a list of several, "
        f'project_id="all active"  for all of them; or choose one for all calls:  procore.use(project={shown}){lack}'
    )
