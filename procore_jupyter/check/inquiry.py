"""`Inquiry`: sends a check's requests, each once, and remembers the answers' headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from procore_jupyter.session.retries import TRANSIENT
from procore_jupyter.session.scope import Scope, within

if TYPE_CHECKING:
    import requests

    from procore_jupyter.session.refreshing import RefreshingSession

LIMIT_REACHED = 429

MOST_REMEMBERED = 100
"""Answers whose headers are remembered."""

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of an answer, unpacked, that are read at most."""


class Inquiry:
    """Sends requests at Procore's pace. A failure of Procore's is an answer here, and is not tried again.

    Parameters
    ----------
    session : RefreshingSession
        Sends them.

    Attributes
    ----------
    headers : list of mapping
        The headers of the latest answers, in their order.
    """

    def __init__(self, session: RefreshingSession) -> None:
        self.headers: list[Mapping[str, str]] = []
        self._session = session
        self._company: int | None = None
        self._scope = Scope()
        self._scope.most = LARGEST_ANSWER

    @property
    def count(self) -> int:
        """How many answers have come."""
        return self._scope.requests

    def in_company(self, company: int) -> None:
        """Ask about this company from now on."""
        self._company = company

    def get(
        self, path: str, params: Sequence[tuple[str, Any]] = (), *, through: RefreshingSession | None = None
    ) -> requests.Response:
        """Ask once.

        Parameters
        ----------
        path : str
            The address.
        params : sequence of (str, object)
            The query.
        through : RefreshingSession or None
            Another session to ask through, which says nothing of a company.

        Raises
        ------
        requests.RequestException
            No answer came.
        LoginRequired, RateLimited
            Nobody is signed in any more; the limit lasts longer than the session waits.
        """
        self._scope.company = None if through is not None else self._company
        with within(self._scope), self._scope.final(TRANSIENT - {LIMIT_REACHED}):
            answer = (through or self._session).get(path, params=[*params])
        self.headers = [*self.headers[1 - MOST_REMEMBERED :], answer.headers]
        return answer
