"""`Tries`: one exchange with one host: at the pace that Procore asks for, with a token, and again where that may help."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import requests

from procore_jupyter.errors import RateLimited
from procore_jupyter.session import retries, scope
from procore_jupyter.session.bodies import read_whole
from procore_jupyter.session.headers import AUTHORIZATION, Bearer
from procore_jupyter.session.ledger import LOOK_AGAIN, PROBE
from procore_jupyter.session.rate_limit import AGAIN, Pace
from procore_jupyter.session.scope import Scope, Stopped

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from procore_jupyter.oauth.token_source import TokenProvider

LIMIT_REACHED = "Procore's limit reached: going on in {seconds:.0f} s (interrupt to stop)"
BEYOND_MAX_WAIT = (
    "Procore's limit of requests is reached. It takes requests again in {seconds} s: try then, or let calls wait "
    "longer with MaxWait."
)

UNSAID = 1.0
"""Waits for the limit that are shorter than this, in seconds, are not worth a word."""

HASTY_WAIT = 1.0
"""Seconds that a question waits for the limit whose answer is wanted soon or not at all."""


class Tries:
    """How patiently one session sends.

    Parameters
    ----------
    pace : Pace
        Asked before each request to the API.
    max_wait : float
        Seconds that one call waits for rate limits at most.
    notify : callable
        Told, in one line, of a wait.
    clock, sleep, chance : callable
        Unix time, waiting, and a random number from 0 up to 1.
    """

    def __init__(
        self,
        pace: Pace,
        max_wait: float,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self.pace = pace
        self.max_wait = max_wait
        self._notify, self._clock, self._sleep, self._chance = notify, clock, sleep, chance

    def send(
        self,
        adapter: BaseAdapter,
        request: requests.PreparedRequest,
        tokens: TokenProvider | None,
        *,
        paced: bool,
        stream: bool,
        **how: Any,
    ) -> requests.Response:
        """Send, and send again where that may help and does no harm.

        Parameters
        ----------
        adapter : BaseAdapter
            What sends.
        request : requests.PreparedRequest
            Changed in place: it gets the bearer.
        tokens : TokenProvider or None
            Where the bearer comes from; None sends none.
        paced : bool
            It goes to the API, whose limits are obeyed.
        stream : bool
            Leave the body to be read by the caller.
        **how
            ``timeout``, ``verify``, ``cert``, ``proxies``, as `requests.adapters.BaseAdapter.send` takes them.

        Raises
        ------
        RateLimited
            The limit is reached, and lasts longer than the call may wait.
        Stopped
            The piece of work that it belongs to was stopped.
        requests.RequestException
            No answer came.
        """
        around = scope.current()
        may_renew = tokens is not None
        tries_left = 1
        if request.method in retries.IDEMPOTENT and retries.can_rewind(request):
            tries_left = 1 if retries.in_haste_now() else retries.TRIES
        failures, waited = 0, 0.0
        while True:
            token = tokens.current() if tokens is not None else None
            if paced:
                before, waited = waited, self._wait_for_the_limit(waited, around)
                if tokens is not None and waited > before:
                    token = tokens.current()  # it may have been renewed since
            if token is not None:
                request.headers[AUTHORIZATION] = Bearer.of(token)
            response, failure = self._once(
                adapter,
                request,
                around,
                paced=paced,
                read=not stream and tries_left > 1,
                stream=stream,
                **how,
            )
            status = response.status_code if response is not None else None
            if response is None:
                assert failure is not None
                if tries_left == 1 or not retries.is_transient(failure):
                    raise failure
            elif status == 401 and may_renew and tokens is not None and token is not None:
                may_renew = False
                tokens.renewed(token)
                if not retries.can_rewind(request):
                    return response
                response.close()
                retries.rewind(request)
                continue
            elif (
                status not in retries.TRANSIENT
                or tries_left == 1
                or (around is not None and status in around.at_once)
            ):
                return response
            failures += 1
            tries_left -= 1
            headers = response.headers if response is not None else {}
            wait = retries.pause(status, headers, self._clock(), failures, self._chance())
            if waited + wait > self.max_wait:
                if failure is not None:
                    raise failure
                assert response is not None
                return response
            if response is not None:
                response.close()
            self._wait(wait, status, around)
            waited += wait
            retries.rewind(request)

    def _once(
        self,
        adapter: BaseAdapter,
        request: requests.PreparedRequest,
        around: Scope | None,
        *,
        paced: bool,
        read: bool,
        **how: Any,
    ) -> tuple[requests.Response | None, requests.RequestException | None]:
        """Send once; return the answer, or the failure where none came whole."""
        response: requests.Response | None = None
        heard = False
        sent = self._clock()
        try:
            response = adapter.send(request, **how)
            if paced:
                heard = True
                self.pace.answered(response.status_code, response.headers, sent)
            if read:  # here, so that an answer that breaks off is asked for again
                apart = around is not None and around.bodies_apart and response.status_code < 400
                size = read_whole(response, apart=apart and not any(request.hooks.values()))
                if paced and around is not None:
                    around.count(size)
            return response, None
        except requests.RequestException as error:
            if around is not None and around.stopped:
                raise Stopped from None
            if response is not None:  # its headers came, its body broke off
                response.close()
            return None, error
        finally:
            if paced and not heard:
                self.pace.unanswered()
            if around is not None:
                around.forget()

    def _wait_for_the_limit(self, waited: float, around: Scope | None) -> float:
        """Return once a request may go out: the seconds that the call has waited by then."""
        hasty = retries.in_haste_now()
        most = min(self.max_wait, HASTY_WAIT) if hasty else self.max_wait
        patience = 0.0 if hasty else PROBE
        while True:
            if around is not None:
                around.check()
            wait = self.pace.claim()
            if wait <= 0:
                return waited
            if wait <= LOOK_AGAIN < patience:
                # For an answer that is under way, which tells the limit: our caution, and no limit of Procore's.
                patience -= wait
                self._pause(wait, around)
                continue
            if waited + wait > most:
                raise RateLimited(429, BEYOND_MAX_WAIT.format(seconds=math.ceil(wait)), retry_after=wait)
            if wait >= UNSAID and self.pace.first_to_say(wait):
                self._say(LIMIT_REACHED.format(seconds=wait), wait, around)
            step = min(wait, AGAIN)
            self._pause(step, around)
            waited += step

    def _wait(self, seconds: float, status: int | None, around: Scope | None) -> None:
        """Wait before another try, saying so where a person would wonder. An interrupt ends it."""
        if status == 429:
            self._say(LIMIT_REACHED.format(seconds=seconds), seconds, around)
        elif seconds >= 2:
            what = "Procore can't be reached" if status is None else f"Procore is busy ({status})"
            self._say(f"{what}: trying again in {seconds:.0f} s (interrupt to stop)", seconds, around)
        self._pause(seconds, around)

    def _say(self, words: str, seconds: float, around: Scope | None) -> None:
        if around is not None and around.told is not None:
            around.told(words, seconds)
        else:
            self._notify(words)

    def _pause(self, seconds: float, around: Scope | None) -> None:
        if around is not None:
            around.sleep(seconds)
        else:
            self._sleep(seconds)
