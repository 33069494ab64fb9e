"""Every timing, lifetime, limit and fault of the embedded Procore, and how much data it has."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

from procore_jupyter.demo.filters import Behavior
from procore_jupyter.demo.oddity import NONE, Oddities

MOST_PROJECTS = 1000
LARGEST_SCALE = 1000.0


@dataclass(frozen=True)
class DemoParameters:
    """How the embedded Procore behaves. The defaults are what Procore documents, or was seen to do.

    Parameters
    ----------
    token_lifetime : float
        Seconds that an access token is good for.
    code_lifetime : float
        Seconds that an authorization code is good for.
    answer_delay : float
        Seconds that every answer of the OAuth endpoints and of the API takes.
    answer_delays : mapping of str to float
        Further seconds, by path or pattern with the shell's wildcards (``/rest/v1.1/*``).
    hourly_limit : int or None
        API requests of a person and app in an hour; None for no such limit.
    spike_limit : int or None
        API requests of a person and app in a spike window; None for no such limit.
    spike_window : float
        Length of a spike window in seconds.
    rolling : bool
        Whether any such stretch of time is a spike window; else one begins with the first request after another.
    retry_after : bool
        Whether a 429 has ``Retry-After``. Procore's docs contradict each other there.
    page_size : int or None
        Rows a page without ``per_page``; None for each list's own number.
    largest_page : int
        Rows a page, at most. A list for which Procore documents fewer has fewer, and so has one below a row of another.
    page_clamps : mapping of str to int
        Rows a page, at most, by path or pattern with the shell's wildcards (``/rest/v1.0/*``).
    reject_large_pages : bool
        Whether a larger ``per_page`` is answered with 400; else with the largest page.
    ahead : bool
        Whether a last day that hasn't begun in the company's time zone is taken; else it is answered with 400.
    missing_company : "message" or "not_found"
        The answer to a call without the company header: the documented message, or the bare 404 that was seen too.
    not_installed : sequence of int
        The companies in which the app isn't installed: their lists are answered with 401. A company of which the person
        isn't is answered with 403.
    foreign_app : bool
        Whether the credentials of the demo's app are of another environment, and unknown in this one.
    clock_ahead : float
        Seconds that the provider's clock is ahead of the true time.
    token_type : str
        ``token_type`` in token answers: ``bearer`` in Procore's docs, ``Bearer`` from the recorded provider.
    with_scope : bool
        Whether token answers have ``scope``. Procore documents none.
    newer_info : bool
        Whether token info has ``scopes`` and ``expires_in_seconds``, the names of newer providers.
    seed : int
        Decides the rows, which are the same on every run and machine.
    projects : int or None
        How many active projects Skyline Builders has, from 1 to 1000; None for the twelve that are written down.
    scale : float
        Factor for the rows of a project's lists, up to 1000. People, locations, codes and budget rows don't grow
        with it.
    switched_off : mapping of int to sequence of str
        The tools that are switched off, by the project's id and with their names in `endpoints`.
    file_lifetime : float
        Seconds that a file's address in the storage is good for.
    filters : "blind", "exact", "exclusive" or "ignored"
        How lists compare texts and ranges: without regard to case, and the ends of a range belong to it; texts letter by
        letter; the ends of a range don't belong to it; or filters of rows change nothing.
    odd : Oddities
        How it differs from what Procore documents (`oddities.named`).
    """

    token_lifetime: float = 5400
    code_lifetime: float = 600
    answer_delay: float = 0.0
    answer_delays: Mapping[str, float] = field(default_factory=dict)
    hourly_limit: int | None = 3600
    spike_limit: int | None = 100
    spike_window: float = 10
    rolling: bool = False
    retry_after: bool = True
    page_size: int | None = None
    largest_page: int = 1000
    page_clamps: Mapping[str, int] = field(default_factory=dict)
    reject_large_pages: bool = True
    ahead: bool = False
    missing_company: Literal["message", "not_found"] = "message"
    not_installed: Sequence[int] = ()
    foreign_app: bool = False
    clock_ahead: float = 0.0
    token_type: str = "Bearer"
    with_scope: bool = True
    newer_info: bool = False
    seed: int = 20261127
    projects: int | None = None
    scale: float = 1.0
    switched_off: Mapping[int, Sequence[str]] = field(default_factory=lambda: {4712: ("RFIs",)})
    file_lifetime: float = 300.0
    filters: Behavior = "blind"
    odd: Oddities = NONE

    def __post_init__(self) -> None:
        if self.projects is not None and not 1 <= self.projects <= MOST_PROJECTS:
            raise ValueError(f"from 1 to {MOST_PROJECTS} projects, not {self.projects}")
        if not 0 < self.scale <= LARGEST_SCALE:
            raise ValueError(f"a scale of more than 0, up to {LARGEST_SCALE}, not {self.scale}")

    def in_force(self) -> Self:
        """Return the parameters with those that the oddities set."""
        return dataclasses.replace(self, **self.odd.parameters)
