"""Every timing, lifetime and limit of the embedded Procore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class DemoParameters:
    """How the embedded Procore behaves. The defaults are what Procore documents.

    Parameters
    ----------
    token_lifetime : float
        Seconds that an access token is good for.
    code_lifetime : float
        Seconds that an authorization code is good for.
    answer_delay : float
        Seconds that every answer of the OAuth endpoints and of the API takes.
    answer_delays : mapping of str to float
        Further seconds by path pattern (``/rest/v1.1/*``), the shell's wildcards.
    hourly_limit, spike_limit : int or None
        API requests of one person and app in an hour, and in a spike window; None: no such limit.
    spike_window : float
        Seconds of a spike window.
    retry_after : bool
        Whether a 429 carries ``Retry-After``. Procore's pages don't agree on that.
    page_size, largest_page : int
        Rows of a page when ``per_page`` is not given, and at most.
    reject_large_pages : bool
        Answer 400 to a larger ``per_page`` in place of giving the largest page.
    missing_company : "message" or "not_found"
        A call without the company header: the documented message, or the bare 404 that was seen too.
    token_type : str
        As the provider spells it; Procore's documentation has ``bearer``, the recorded provider ``Bearer``.
    with_scope : bool
        Whether token answers have a ``scope``. Procore documents none.
    newer_info : bool
        Token info with ``scopes`` and ``expires_in_seconds``, as newer providers name them.
    """

    token_lifetime: float = 5400
    code_lifetime: float = 600
    answer_delay: float = 0.0
    answer_delays: Mapping[str, float] = field(default_factory=dict)
    hourly_limit: int | None = 3600
    spike_limit: int | None = 100
    spike_window: float = 10
    retry_after: bool = True
    page_size: int = 100
    largest_page: int = 300
    reject_large_pages: bool = False
    missing_company: Literal["message", "not_found"] = "message"
    token_type: str = "Bearer"
    with_scope: bool = True
    newer_info: bool = False
