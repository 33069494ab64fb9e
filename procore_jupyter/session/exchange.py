"""One request to one host, and its answer, in four steps: tried again, signed, held back by the rate limit, sent.

`send` is the way in. Each step stands below the one that calls it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from procore_jupyter.session import retries, scope
from procore_jupyter.session.api_errors import RateLimited
from procore_jupyter.session.bodies import (
    MOST_OF_AN_ERROR,
    as_requests_names_them,
    read_beginning,
    read_whole,
)
from procore_jupyter.session.limits.ledger import LOOK_AGAIN, PROBE
from procore_jupyter.session.limits.rate_limit import AGAIN, Pace
from procore_jupyter.session.rules import AUTHORIZATION, SENT, Bearer
from procore_jupyter.session.scope import Stopped
from procore_jupyter.wording import wait_line

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from procore_jupyter.oauth.token import Token
    from procore_jupyter.oauth.token_source import TokenProvider

BEYOND_MAX_WAIT = (
    "Procore's request limit is reached. Try again in {seconds} s, or let calls wait longer with MaxWait."
)

UNSAID = 1.0
"""Seconds: a shorter wait for the limit is not worth a line."""

HASTY_WAIT = 1.0
"""Seconds that a request in haste waits for the limit at most."""

Request = TypeVar("Request", requests.Request, requests.PreparedRequest)


@dataclass
class Patience:
    """How patiently one session sends.

    Parameters
    ----------
    pace : Pace
        Says when a request to the API may go out.
    max_wait : float
        Seconds that one call waits at most, for rate limits and between tries.
    notify : callable
        Receives each wait as one line.
    clock, sleep, chance : callable
        Return the unix time in seconds, wait so many seconds, and return a random number from 0 up to 1.
    """

    pace: Pace
    max_wait: float
    notify: Callable[[str], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    chance: Callable[[], float]


def send(
    patience: Patience,
    adapter: BaseAdapter,
    request: requests.PreparedRequest,
    tokens: TokenProvider | None,
    *,
    paced: bool,
    **how: Any,
) -> requests.Response:
    """Send a request, and send it again where that may help and does no harm.

    Parameters
    ----------
    patience : Patience
        The session's.
    adapter : BaseAdapter
        Sends over the network.
    request : requests.PreparedRequest
        The caller's request, which never holds a token.
    tokens : TokenProvider or None
        The source of the token to sign with; None sends the request unsigned.
    paced : bool
        The request goes to the API, whose rate limit is obeyed.
    **how
        ``stream``, ``timeout``, ``verify``, ``cert``, ``proxies``, as `requests.adapters.BaseAdapter.send` takes them.

    Raises
    ------
    RateLimited
        The limit is reached, and lasts longer than the call may wait.
    Stopped
        The piece of work was stopped.
    requests.RequestException
        No answer came.
    """
    if tokens is None:
        return _Exchange(patience, adapter, request, None, paced, how).answer()
    # The token goes into a copy, which ends with the exchange: what the caller can keep, pickle or
    # print (`response.request`, an error's `request`) never holds it.
    signed = copied(request)
    signed.headers = request.headers.copy()
    request.headers[AUTHORIZATION] = SENT
    response = _Exchange(patience, adapter, signed, tokens, paced, how).answer()
    response.request = request
    return response


def copied(request: Request) -> Request:
    """Return a shallow copy; `copy.copy` takes five times as long, on every call."""
    made = object.__new__(type(request))
    made.__dict__.update(request.__dict__)
    return made


@dataclass(repr=False, eq=False)
class _Exchange:
    """One request on its way, and what is left of its tries and its time. `send` has the parameters."""

    patience: Patience
    adapter: BaseAdapter
    request: requests.PreparedRequest
    tokens: TokenProvider | None
    paced: bool
    how: dict[str, Any]
    failures: int = 0
    waited: float = 0.0  # seconds
    renewed: bool = False

    def __post_init__(self) -> None:
        self.scope = scope.current()
        repeatable = self.request.method in retries.IDEMPOTENT and retries.can_rewind(self.request)
        self.tries_left = self.scope.tries if repeatable else 1

    def answer(self) -> requests.Response:
        """Send; after a failure that may pass, wait and send again."""
        while True:
            outcome = self._signed()
            wait = self._wait_after(outcome)
            if wait is None:
                break
            status = None
            if isinstance(outcome, requests.Response):
                status = outcome.status_code
                outcome.close()
            words = retries.words_for(status, wait)
            if words:
                self._say(words, wait)
            self.scope.sleep(wait, self.patience.sleep)
            self.waited += wait
            retries.rewind(self.request)
        if isinstance(outcome, requests.RequestException):
            raise outcome
        return outcome

    def _wait_after(self, outcome: requests.Response | requests.RequestException) -> float | None:
        """Return the seconds until the next try; None if the outcome is final."""
        if isinstance(outcome, requests.Response):
            status, headers = outcome.status_code, outcome.headers
            passes = status in retries.TRANSIENT and not self.scope.is_final(status)
        else:
            status, headers = None, None
            passes = retries.is_transient(outcome)
        if not passes or self.tries_left == 1:
            return None
        self.tries_left -= 1
        self.failures += 1
        patience = self.patience
        wait = retries.pause(status, headers or {}, patience.clock(), self.failures, patience.chance())
        return wait if self.waited + wait <= patience.max_wait else None

    def _signed(self) -> requests.Response | requests.RequestException:
        """Sign and send; after a 401, renew the token once and send once more."""
        token = self._sign()
        if self.paced and self._wait_for_the_limit():
            token = self._sign()  # the token may have been renewed meanwhile
        outcome = self._sent()
        if not isinstance(outcome, requests.Response) or outcome.status_code != 401:
            return outcome
        if self.tokens is None or token is None or self.renewed:
            return outcome
        self.renewed = True
        self.tokens.renewed(token)
        if not retries.can_rewind(self.request):
            return outcome
        outcome.close()
        retries.rewind(self.request)
        return self._signed()

    def _sign(self) -> Token | None:
        """Put a token that is good now into the request."""
        if self.tokens is None:
            return None
        token = self.tokens.current()
        self.request.headers[AUTHORIZATION] = Bearer.of(token)
        return token

    def _wait_for_the_limit(self) -> bool:
        """Wait until the request may go out; return whether the limit held it back."""
        hasty, pace, before = self.scope.tries == 1, self.patience.pace, self.waited
        most = min(self.patience.max_wait, HASTY_WAIT) if hasty else self.patience.max_wait
        caution = 0.0 if hasty else PROBE
        while True:
            self.scope.check()
            wait = pace.claim()
            if wait <= 0:
                return self.waited > before
            if wait <= LOOK_AGAIN < caution:
                # For an answer that is under way, which tells the limit: our caution, and no limit of Procore's.
                caution -= wait
                self.scope.sleep(wait, self.patience.sleep)
                continue
            if self.waited + wait > most:
                raise RateLimited(429, BEYOND_MAX_WAIT.format(seconds=math.ceil(wait)), retry_after=wait)
            if wait >= UNSAID and pace.waits_told.is_new(self.patience.clock() + wait):
                self._say(retries.LIMIT_REACHED, wait)
            step = min(wait, AGAIN)
            self.scope.sleep(step, self.patience.sleep)
            self.waited += step

    def _sent(self) -> requests.Response | requests.RequestException:
        """Send once; tell the pace of the answer."""
        pace, around = self.patience.pace, self.scope
        response: requests.Response | None = None
        heard = False
        sent = self.patience.clock()
        try:
            with as_requests_names_them():
                response = self.adapter.send(self.request, **self.how)
            if self.paced:
                heard = True
                pace.answered(response.status_code, response.headers, sent)
            if response.is_redirect or (response.status_code >= 400 and not self.how["stream"]):
                self._read_error(response)
            elif not self.how["stream"]:
                self._read(response)
            return response
        except BaseException as error:
            if response is not None:  # its headers came, its body broke off
                response.close()
            if not isinstance(error, requests.RequestException):
                raise
            if around.stopped:
                raise Stopped from None
            return error
        finally:
            if self.paced and not heard:
                pace.unanswered()
            around.forget()

    def _read(self, response: requests.Response) -> None:
        """Read the body here, and not in requests, which neither closes an answer that breaks off nor asks for it again."""
        if self.scope.most is None:
            apart = self.scope.bodies_apart and not any(self.request.hooks.values())
            size = read_whole(response, apart=apart)
        else:
            read_beginning(response, self.scope.most)
            size = len(response.content)
        if self.paced:
            self.scope.count(size)

    def _read_error(self, response: requests.Response) -> None:
        """Read the beginning of an error or a redirect; one that breaks off takes nothing away from its status."""
        with contextlib.suppress(requests.RequestException):
            read_beginning(response, MOST_OF_AN_ERROR)
        self.scope.check()
        if self.paced:
            self.scope.count(len(response.content))

    def _say(self, words: str, seconds: float) -> None:
        """Tell a person of a wait that has begun."""
        if self.scope.notify is not None:
            self.scope.notify(words, seconds)
        else:
            self.patience.notify(wait_line(words, seconds))
