"""The way to Procore, looked at: proxy, certificates, the two hosts, the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import requests
from requests.utils import select_proxy

from procore_jupyter.check.finding import FAILS, HOLDS, UNTOLD, Finding
from procore_jupyter.session.limits.limit_headers import http_date
from procore_jupyter.session.refreshing import RefreshingSession
from procore_jupyter.session.scope import in_haste
from procore_jupyter.wording import duration

if TYPE_CHECKING:
    from procore_jupyter.settings.settings import Settings

ME = "/rest/v1.0/me"

WRONG_CLOCK = 120.0
"""Seconds that this machine's clock may differ from Procore's: from then on, what is still fresh is told wrongly."""


def network(settings: Settings, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Ask both hosts, without a token, for what they refuse to everybody who isn't signed in.

    Parameters
    ----------
    settings : Settings
        What is connected to.
    clock : callable
        Returns this machine's unix time in seconds.
    """
    yield proxy(settings)
    here = settings.environment
    with _stranger(settings) as session, in_haste():
        answers: list[requests.Response] = []
        asked = [("API host", here.api_url + ME)]
        if settings.auth_scheme != "NONE":
            asked.insert(0, ("Sign-in host", here.login_url + settings.profile.info_path))
        for subject, url in asked:
            try:
                answer = session.get(url, timeout=min(settings.timeout, 20.0), allow_redirects=False)
            except requests.RequestException as error:
                yield Finding(subject, FAILS, str(error), told=f"No answer came ({type(error).__name__}).")
            else:
                answers.append(answer)
                yield _answered(subject, answer)
    if answers:
        if here.api_url.startswith("https:"):
            whose = "those of SSLServerCert" if settings.ca_bundle else "the usual ones"
            found = f"Trusted, by {whose}."
            yield Finding("Certificates", HOLDS, found, told=found)
        yield clock_of(answers[-1], clock())


def proxy(settings: Settings) -> Finding:
    """Tell whether requests to the API go through a proxy."""
    address = select_proxy(settings.environment.api_url, dict(settings.proxies))
    if not address:
        return Finding("Proxy", HOLDS, "None is used.", told="None is used.")
    host = address.rpartition("://")[2].rpartition("@")[2]
    return Finding("Proxy", HOLDS, f"{host} is used.", told="One is used.")


def clock_of(answer: requests.Response, now: float) -> Finding:
    """Hold this machine's clock against the ``Date`` of an answer.

    Parameters
    ----------
    answer : requests.Response
        The answer.
    now : float
        This machine's unix time in seconds when the answer had come.
    """
    there = http_date(answer.headers.get("Date"))
    if there is None:
        found = "The answer has no Date."
        return Finding("Clock", UNTOLD, found, told=found)
    off = now - there
    if abs(off) <= WRONG_CLOCK:
        found = f"Right to within {max(1, round(abs(off)))} s."
        return Finding("Clock", HOLDS, found, told=found)
    found = f"This machine's clock is {duration(abs(off))} {'ahead of' if off > 0 else 'behind'} Procore's."
    return Finding(
        "Clock",
        FAILS,
        found,
        advice="Correct it, or times and limits will be wrong.",
        told=found,
        oddity="clock-off",
    )


def _answered(subject: str, answer: requests.Response) -> Finding:
    """Tell whether an answer is Procore's own: it refuses who isn't signed in."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    host = answer.url.partition("://")[2].partition("/")[0]
    told = f"Answered with {answer.status_code}."
    if answer.status_code in (400, 401, 403) and not kind.endswith("html"):
        return Finding(subject, HOLDS, f"{host} answers.", told=told)
    if answer.status_code >= 500:
        found = f"{host} isn't working at the moment (HTTP {answer.status_code})."
        return Finding(subject, FAILS, found, advice="Try again in a few minutes.", told=told)
    return Finding(
        subject,
        FAILS,
        f"What answers as {host} isn't Procore (HTTP {answer.status_code}, {kind or 'no type'}).",
        advice="Is there a proxy or a network's sign-in page in between? Open the address in a browser, and check LoginURL and APIURL.",
        told=f"{told} It isn't Procore.",
    )


def _stranger(settings: Settings) -> RefreshingSession:
    """Return a session without a sign-in."""
    here = settings.environment
    return RefreshingSession(
        here.api_url,
        here.login_url,
        None,
        timeout=settings.timeout,
        readonly=True,
        ca_bundle=settings.ca_bundle,
        proxies=settings.proxies,
    )
