"""What `requests.Session` takes for its adapter, so that every hop passes the session's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests
    from requests.adapters import BaseAdapter

    from procore_jupyter.session.refreshing import RefreshingSession


class Gate:
    """Stands before an adapter, so that requests' own code can't send past the session's rules."""

    __slots__ = ("_adapter", "_session")

    def __init__(self, session: RefreshingSession, adapter: BaseAdapter) -> None:
        self._session = session
        self._adapter = adapter

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send one request to one host, as `requests.adapters.BaseAdapter.send`."""
        return self._session.hop(self._adapter, request, stream, timeout, verify, cert, proxies)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)
