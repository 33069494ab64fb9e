"""TokenSource: the current token, renewed once for all threads and all processes.

A refresh token can be spent once. So a renewal is: one flight for all threads of this source; the
store's exclusive lock against every other source and process; read the store again and adopt what
another has renewed; else spend, save, and only then use (`renewal`).
"""

from __future__ import annotations

import dataclasses
import math
import threading
import time
import warnings
from collections.abc import Callable
from typing import Protocol

from procore_jupyter.errors import LoginRequired, ProcoreWarning, TokenRequestError
from procore_jupyter.files.forks import in_each_child
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.renewal import AppRenewal, Renewal
from procore_jupyter.oauth.single_flight import Flight
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import TokenKey, TokenStore, TokenStoreLocked
from procore_jupyter.secret import Secret

LOCK_PATIENCE = 10.0
"""Seconds to wait for another process's renewal, beyond the two requests that it may take."""

SAVE_AGAIN = 15.0
"""Seconds after which a save that failed is tried again."""


class TokenProvider(Protocol):
    """Hands out a session's token. Any thread may call its methods."""

    def current(self) -> Token:
        """Return a token that is good now, renewed if need be.

        Raises
        ------
        LoginRequired
            There is none and none can be had without a person.
        TokenRequestError
            The renewal failed for another reason; the refresh token may still be good.
        TokenStoreError
            The stored token can't be read, or is locked for too long.
        """
        ...

    def renewed(self, rejected: Token) -> Token:
        """Return another token than the one that the API has just refused (401); raises as `current`."""
        ...

    def peek(self) -> Token | None:
        """Return the token in memory, good or not. Never waits, and does no I/O."""
        ...


class FixedToken(TokenProvider):
    """A given token, and nothing else (``InitiateOAuth=OFF``): nothing is fetched, renewed or stored.

    Parameters
    ----------
    token : Token
        The given one. The API says whether it is still good.
    """

    def __init__(self, token: Token) -> None:
        self._token = token

    def current(self) -> Token:
        """Return the given token."""
        return self._token

    def renewed(self, rejected: Token) -> Token:
        """Raise LoginRequired: there is no other."""
        raise LoginRequired(
            "The OAuthAccessToken you gave is no longer accepted, and InitiateOAuth=OFF renews nothing. Give a new one, or use InitiateOAuth=GETANDREFRESH."
        )

    def peek(self) -> Token | None:
        """Return the given token."""
        return self._token


class TokenSource(TokenProvider):
    """The token of a signed-in person.

    Parameters
    ----------
    client : OAuthClient
        Asks the provider.
    store : TokenStore
        Keeps the token, and shares it with other kernels.
    key : TokenKey
        Whose token it is.
    seed : Secret or None
        A refresh token that the connection string gives. Its first use spends it; given again, its stored
        successor is used, and a different seed replaces what is stored.
    given : Token or None
        An access token that the connection string gives (`Token.given`), used as long as it lives. If
        its age isn't known and there is a refresh token, it is renewed at once.
    redirect_uri : str or None
        Sent along with a refresh, as Procore documents.
    clock : callable
        Seconds since the epoch.
    warn : callable or None
        Takes, from any thread, one line that a person should know and that stops nothing; None warns.
    renewal : type
        How the next token is obtained.
    """

    def __init__(
        self,
        client: OAuthClient,
        store: TokenStore,
        key: TokenKey,
        *,
        seed: Secret | None = None,
        given: Token | None = None,
        redirect_uri: str | None = None,
        clock: Callable[[], float] = time.time,
        warn: Callable[[str], None] | None = None,
        renewal: type[Renewal] = Renewal,
    ) -> None:
        self._store = store
        self._key = key
        self._clock = clock
        self._warn = warn or _warn
        self._patience = LOCK_PATIENCE + 2 * client.timeout
        self._renewal = renewal(
            client, store, key, seed=seed, given=given, redirect_uri=redirect_uri, clock=clock, say=self._say
        )
        # The token in memory and the time until which it is used without a second look: one tuple, so that a
        # request reads both at once without a lock.
        self._memory: tuple[Token, float] | None = None
        self._mutex = threading.Lock()
        self._flight: Flight[Token] | None = None
        in_each_child(self._begin_anew)

    def _begin_anew(self) -> None:
        """Begin without a renewal under way, in a process that was forked: the parent goes on with it."""
        self._mutex, self._flight = threading.Lock(), None

    # ------------------------------------------------------------------- what a session asks for

    def current(self) -> Token:
        """Return a token that is good now; on almost every call without lock or I/O."""
        memory = self._memory
        if memory is not None and self._clock() < memory[1]:
            return memory[0]
        return self._fly(None)

    def renewed(self, rejected: Token) -> Token:
        """Return another token than the refused one: the one that this or another process has meanwhile, else a new one."""
        memory = self._memory
        if memory is not None and not memory[0].same_as(rejected):
            return self.current()
        return self._fly(rejected)

    def peek(self) -> Token | None:
        """Return the token in memory, good or not."""
        memory = self._memory
        return memory[0] if memory is not None else None

    # ---------------------------------------------------------------- what a connection asks for

    def load(self) -> Token | None:
        """Return the token there is, good or not, from memory, store or connection string; makes no request.

        A token whose access token is empty is a refresh token not yet spent.

        Raises
        ------
        TokenStoreError
            The store can't be read.
        """
        if self._memory is None:
            found = self._renewal.newest(saving=False)
            if found is None:
                return None
            self._use(found.token)
        return self.peek()

    def adopt(
        self,
        token: Token,
        seeds: frozenset[str] = frozenset(),
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Save the token of a new login, use it, and end the sign-in that it replaces at the provider.

        Parameters
        ----------
        token : Token
            The new one. A refresh token or access token of the connection string no longer counts.
        seeds : frozenset of str
            The `fingerprint` of the code it grew from, if the connection string gave that code.
        wanted : callable
            Asked at the last moment: False if the login was ended meanwhile. Then nothing is stored, and the token is
            ended at the provider.

        Returns
        -------
        bool
            Whether the token is used.
        """

        def begin(flight: Flight[bool]) -> bool:
            flight.critical = True
            try:
                with self._store.exclusive(self._key, LOCK_PATIENCE):
                    begun = self._begin(token, seeds, wanted)
            except TokenStoreLocked:  # another kernel hangs; this person's login is saved all the same
                begun = self._begin(token, seeds, wanted)
            self._renewal.end_discarded()
            return begun

        return Flight(begin).start().join()

    def forget(self) -> None:
        """Delete the stored token, and forget the one in memory. The provider isn't told: see `sign_out`."""
        self._finish(self._renewal.drop)

    def sign_out(self) -> None:
        """Revoke the token at the provider, make sure that it is over (an expired access token's refresh token too), and forget it.

        Raises
        ------
        TokenRequestError
            The provider couldn't be reached, or didn't end it; then nothing is forgotten.
        TokenStoreError
            The store can't be changed.
        """
        self._finish(self._renewal.revoke)

    # ------------------------------------------------------------------------------- one for all

    def _fly(self, rejected: Token | None) -> Token:
        """Renew in a flight, or wait for the one that is under way."""
        while True:
            with self._mutex:
                memory = self._memory
                if (
                    memory is not None
                    and self._clock() < memory[1]
                    and (rejected is None or not memory[0].same_as(rejected))
                ):
                    return memory[0]
                flight = self._flight
                if flight is None or flight.over:
                    flight = self._flight = Flight(lambda flight: self._renew(flight, rejected)).start()
            token = flight.join()
            if rejected is None or not token.same_as(rejected):
                return token
            # That flight was begun by somebody for whom the token was still good.

    def _renew(self, flight: Flight[Token], rejected: Token | None) -> Token:
        try:
            with self._store.exclusive(self._key, self._patience) as alone:
                token = self._good_or_new(flight, rejected, alone)
            self._renewal.end_discarded()
            return token
        except LoginRequired:
            self._memory = None
            raise
        except TokenStoreLocked:
            found = self._renewal.newest(saving=False)
            if found is not None and self._good(found.token, rejected):
                return self._use(found.token)
            if not self._lives(rejected):
                raise
        except TokenRequestError as error:
            if error.error not in ("unreachable", "unusable_answer") or not self._lives(rejected):
                raise
        return self._while_it_lives()

    def _good_or_new(self, flight: Flight[Token], rejected: Token | None, alone: bool) -> Token:
        while True:
            found = self._renewal.newest()
            self._renewal.check_alive(found)
            if found is not None:
                if self._good(found.token, rejected):
                    return self._use(found.token)
                self._use(found.token, -math.inf)
            flight.critical = True
            try:
                token = self._renewal.next(found, alone)
            finally:
                flight.critical = False
            if token is not None:
                return self._use(token)

    def _lives(self, rejected: Token | None) -> bool:
        """Tell whether the token in memory may go on although its renewal failed: tokens are renewed ahead of their end."""
        token = self.peek()
        if token is None or token.expires_at is None or token.expired(self._clock()):
            return False
        return rejected is None or not token.same_as(rejected)

    def _while_it_lives(self) -> Token:
        """Return the token in memory; a quarter of the time it has left passes before its renewal is tried again."""
        memory = self._memory
        assert memory is not None and memory[0].expires_at is not None
        now = self._clock()
        return self._use(memory[0], now + (memory[0].expires_at - now) / 4)

    def _good(self, token: Token, rejected: Token | None) -> bool:
        return (rejected is None or not token.same_as(rejected)) and self._clock() < _good_until(token)

    def _use(self, token: Token, until: float | None = None) -> Token:
        until = _good_until(token) if until is None else until
        if self._renewal.unsaved:
            until = min(until, self._clock() + SAVE_AGAIN)
        self._memory = (token, until)
        return token

    def _begin(self, token: Token, seeds: frozenset[str], wanted: Callable[[], bool]) -> bool:
        if not wanted():
            self._renewal.discard(token)
            return False
        self._renewal.begin(token, seeds)
        self._use(token)
        return True

    def _finish(self, how: Callable[[], None]) -> None:
        def work(flight: Flight[None]) -> None:
            flight.critical = True
            with self._store.exclusive(self._key, self._patience):
                try:
                    how()
                finally:
                    self._memory = None  # what there is now, the store has

        Flight(work).start().join()

    def _say(self, message: str) -> None:
        try:
            self._warn(message)
        except Exception:  # warnings may be errors here; no message is worth a sign-in
            pass


class ClientCredentials(TokenSource):
    """The token of an app for itself (``AuthScheme=OAUTH_CLIENT``), shared with other kernels by way of the store.

    Parameters
    ----------
    client, store, key, clock, warn
        As for `TokenSource`.
    """

    def __init__(
        self,
        client: OAuthClient,
        store: TokenStore,
        key: TokenKey,
        *,
        clock: Callable[[], float] = time.time,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        # Beside a person's token of the same app, never in its place.
        key = dataclasses.replace(key, account=f"{key.account} (service account)")
        super().__init__(client, store, key, clock=clock, warn=warn, renewal=AppRenewal)


def _good_until(token: Token) -> float:
    """Return the time until which a token is used without renewal, in seconds since the epoch."""
    if not token.access_token:
        return -math.inf
    if token.refresh_token is None and token.expires_at is not None:
        return token.expires_at  # nothing is gained by being early
    return token.refresh_at


def _warn(message: str) -> None:
    warnings.warn(message, ProcoreWarning, stacklevel=3)
