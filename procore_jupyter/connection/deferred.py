"""`DeferredSession`: a session whose app a person may still have to name. Every request waits until that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procore_jupyter.session.refreshing import RefreshingSession

if TYPE_CHECKING:
    import requests
    from requests.adapters import BaseAdapter

    from procore_jupyter.connection.question import Question


class DeferredSession(RefreshingSession):
    """A session that waits with requests' own steps until it is known which app it connects to."""

    _question: Question | None = None
    """What a person is asked; None once the app is known."""

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a request as `RefreshingSession` does."""
        self._settle()
        return super().prepare_request(request)

    def _hop(self, adapter: BaseAdapter, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        self._settle()
        return super()._hop(adapter, request, **how)

    def _wait_for_sign_in(self) -> None:
        self._settle()
        super()._wait_for_sign_in()

    def _settle(self) -> None:
        """Wait until a person has named the app that this session connects to."""
        if (question := self._question) is not None:
            question.wait()
