"""Every timing, lifetime, limit and trouble of the embedded Procore, and how much data it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

MOST_PROJECTS = 1000
LARGEST_SCALE = 1000.0


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
    page_size : int or None
        Rows of a page when ``per_page`` is not given; None for what each list has by itself.
    largest_page : int
        Rows of a page at most. Lists of which Procore documents fewer have fewer.
    page_clamps : mapping of str to int
        Rows of a page at most, by path pattern (``/rest/v1.0/*``), the shell's wildcards.
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
    seed : int
        Other seeds give other rows; the same seed gives the same ones on every run and machine.
    projects : int or None
        How many active projects Skyline Builders has, from 1 to 1000; None for the twelve that have a name of
        their own.
    scale : float
        How many times the usual number of rows a project's lists have, up to 1000. What a project is made of
        (people, locations, codes, budget rows) doesn't grow with it.
    switched_off : mapping of int to sequence of str
        The tools that are switched off, by the project's id, in the words of `endpoints`.
    file_lifetime : float
        Seconds that the storage's address of a file is good for.
    """

    token_lifetime: float = 5400
    code_lifetime: float = 600
    answer_delay: float = 0.0
    answer_delays: Mapping[str, float] = field(default_factory=dict)
    hourly_limit: int | None = 3600
    spike_limit: int | None = 100
    spike_window: float = 10
    retry_after: bool = True
    page_size: int | None = None
    largest_page: int = 1000
    page_clamps: Mapping[str, int] = field(default_factory=dict)
    reject_large_pages: bool = False
    missing_company: Literal["message", "not_found"] = "message"
    token_type: str = "Bearer"
    with_scope: bool = True
    newer_info: bool = False
    seed: int = 20261127
    projects: int | None = None
    scale: float = 1.0
    switched_off: Mapping[int, Sequence[str]] = field(default_factory=lambda: {4712: ("RFIs",)})
    file_lifetime: float = 300.0

    def __post_init__(self) -> None:
        if self.projects is not None and not 1 <= self.projects <= MOST_PROJECTS:
            raise ValueError(f"from 1 to {MOST_PROJECTS} projects, not {self.projects}")
        if not 0 < self.scale <= LARGEST_SCALE:
            raise ValueError(f"a scale of more than 0, up to {LARGEST_SCALE}, not {self.scale}")
