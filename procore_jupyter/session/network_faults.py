"""A failure of the network, in a person's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from requests import exceptions

_NETWORK = (exceptions.ConnectionError, exceptions.Timeout, exceptions.ChunkedEncodingError)


def say_why(error: BaseException, url: str | None, timeout: Any, proxies: Mapping[str, str] | None) -> None:
    """Have an error of requests say what happened and what to do; its type stays, and urllib3's words in its context.

    Parameters
    ----------
    error : BaseException
        Changed in place where it is the network's doing.
    url : str or None
        What was asked.
    timeout : float or tuple
        Seconds, as requests takes them.
    proxies : mapping or None
        The proxies in use; only their host is ever named.
    """
    if isinstance(error, _NETWORK):
        from procore_jupyter.oauth.unreachable import why

        read = timeout[-1] if isinstance(timeout, tuple) else timeout
        error.args = (why(error, url or "", read, proxies or {})[0],)
