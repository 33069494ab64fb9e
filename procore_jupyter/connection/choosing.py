"""One company or project out of several, by id or by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import requests

from procore_jupyter.errors import ConfigurationError, ProcoreAPIError, ProcoreError
from procore_jupyter.oauth.single_flight import Flight
from procore_jupyter.session.retries import in_haste
from procore_jupyter.wording import one_line

Named = tuple[int, str]
"""An id and a name."""

_LISTED = 20


def pick(wanted: int | str, known: Sequence[Named], one: str, many: str) -> Named:
    """Return the one that is meant.

    Parameters
    ----------
    wanted : int or str
        An id, or a name without regard to case. A text of digits is a name where one is called so, else an id.
    known : sequence of (int, str)
        Those there are.
    one, many : str
        What they are: ``company``, ``companies``.

    Raises
    ------
    ConfigurationError
        There is none, or more than one; the message lists them.
    """
    text = str(wanted).strip()
    by_name = [(number, name) for number, name in known if name.strip().casefold() == text.casefold()]
    by_id = [(number, name) for number, name in known if str(number) == text]
    found = (by_name or by_id) if isinstance(wanted, str) else by_id
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        raise ConfigurationError(
            f"Several {many} are called {one_line(text)}: {listed(found)}. "
            f"Choose by its number:  procore.use({one}={found[0][0]})"
        )
    if not known:
        raise ConfigurationError(f"Procore lists no {many} for you. Ask an admin to add you.")
    raise ConfigurationError(f"There is no {one} {one_line(text)} among yours: {listed(known)}.")


def listed(known: Sequence[Named]) -> str:
    """Return ids and names in one line, the first of them where there are many."""
    shown = " · ".join(f"{number} {one_line(name)}".strip() for number, name in known[:_LISTED])
    return shown + (f" · and {len(known) - _LISTED} more" if len(known) > _LISTED else "")


def named(rows: Sequence[dict[str, object]]) -> tuple[Named, ...]:
    """Return the ids and names of the rows of a list; of v2's too, whose ids are texts."""
    found = []
    for row in rows:
        number = row.get("id")
        if isinstance(number, int) or (isinstance(number, str) and number.isascii() and number.isdecimal()):
            found.append((int(number), str(row.get("name") or "")))
    return tuple(found)


class Companies:
    """The companies that a person may see, read once, and the only one if there is but one.

    Parameters
    ----------
    read : callable
        Asks for all of them.
    look : bool
        Whether the only one is wanted at all.
    """

    def __init__(self, read: Callable[[], tuple[Named, ...]], *, look: bool = True) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._ahead: Flight[tuple[Named, ...]] | None = None
        self.known: tuple[Named, ...] | None = None
        self.looked = not look

    def look_ahead(self) -> None:
        """Begin to ask, and return at once: so that it takes no longer than what is asked beside it."""

        def read(flight: Flight[tuple[Named, ...]]) -> tuple[Named, ...]:
            with in_haste():
                return self._read()

        if self.known is None and self._ahead is None:
            self._ahead = Flight(read).start()

    def all(self) -> tuple[Named, ...]:
        """Return them; asks the first time."""
        ahead = self._ahead
        if self.known is None and ahead is not None:
            try:
                self.known = ahead.join()
            except (ProcoreError, requests.RequestException):
                pass  # asked again, with patience
            self._ahead = None
        if self.known is None:
            self.known = self._read()
        return self.known

    def only(self) -> int | None:
        """Return the only company's id, None where there are others; asks once for all threads.

        Where asking fails, None: it is asked for the sake of another call, which will tell what is wrong.
        """
        if not self.looked:
            with self._lock:
                if not self.looked:
                    try:
                        self.all()
                    except ProcoreAPIError:
                        pass  # a service account may not list them without naming one
                    except requests.RequestException:
                        return None
                    self.looked = True
        return self.known[0][0] if self.known is not None and len(self.known) == 1 else None
