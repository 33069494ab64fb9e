"""Renewal: how the next token is obtained, and where the newest one is.

All of it happens under the store's exclusive lock; `token_source` decides who waits and who shares the result.
The rule that matters: a refresh token is spent at most once (but for one repeat after a lost answer),
and between the provider's answer and the save stands nothing but parsing.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable

from procore_jupyter.errors import CONNECT_AGAIN, LoginRequired, TokenRequestError, TokenStoreError
from procore_jupyter.oauth.client import NO_ACCESS_TOKEN, OAuthClient
from procore_jupyter.oauth.revocation import Revocation
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import RefreshNote, StoredToken, TokenKey, TokenStore, fingerprint
from procore_jupyter.secret import Secret

REFUSAL_SHARED = 60.0
"""Seconds in which a kernel believes another's refusal and doesn't ask for itself: all of them ask at once."""


@dataclasses.dataclass(frozen=True)
class _Unsaved:
    """A token that could not be saved; every source of this process uses it until it can be.

    Parameters
    ----------
    stored : StoredToken
        The token.
    over : str or None
        The `fingerprint` of the refresh token that the store holds in its place.
    replaced : tuple of Token
        What is to be ended at the provider once this one is saved.
    """

    stored: StoredToken
    over: str | None
    replaced: tuple[Token, ...] = ()


_unsaved: dict[tuple[str, TokenKey], _Unsaved] = {}
if hasattr(os, "register_at_fork"):
    # The parent goes on with them: a refresh token that two processes know of would be spent twice.
    os.register_at_fork(after_in_child=_unsaved.clear)


class Renewal:
    """The renewal of a person's token.

    Parameters
    ----------
    client, store, key, redirect_uri, clock
        As for `TokenSource`.
    seed : Secret or None
        The refresh token that the connection string gives.
    given : Token or None
        The access token that the connection string gives.
    say : callable
        Takes one line that a person should know and that stops nothing.
    """

    def __init__(
        self,
        client: OAuthClient,
        store: TokenStore,
        key: TokenKey,
        *,
        seed: Secret | None,
        given: Token | None,
        redirect_uri: str | None,
        clock: Callable[[], float],
        say: Callable[[str], None],
    ) -> None:
        self._client = client
        self._store = store
        self._key = key
        self._place = (store.location, key)
        self._redirect_uri = redirect_uri
        self._revocation = Revocation(client, redirect_uri, clock)
        self._clock = clock
        self._say = say
        seed = seed or (given.refresh_token if given else None)
        self._seed = fingerprint(seed) if seed else None
        self._given = _start(seed, given, clock())
        self._kept = False  # the store has held our token
        self._dead: tuple[str, str] | None = None  # the refresh token that was refused, and why
        self._told = False  # a person knows that saving fails
        self._discarded: list[Token] = []  # what nobody uses any more, and still lives at the provider

    @property
    def unsaved(self) -> bool:
        """Whether the newest token could not be saved yet."""
        return self._place in _unsaved

    def newest(self, *, saving: bool = True) -> StoredToken | None:
        """Return the newest token known: the unsaved one, else the connection string's, else the stored one.

        The connection string's counts until its seed is known to the store, or, without a seed, until it expires.

        Parameters
        ----------
        saving : bool
            Also try again to save an unsaved token.

        Raises
        ------
        LoginRequired
            The store had our token and has it no more: somebody signed out elsewhere.
        TokenStoreError
            The store can't be read.
        """
        stored = self._store.load(self._key)
        unsaved = _unsaved.get(self._place)
        if unsaved is not None:
            if stored is None or _mark(stored.token) == unsaved.over:
                if saving:
                    self._save(unsaved.stored, unsaved.replaced)
                return unsaved.stored
            _unsaved.pop(self._place, None)  # somebody has signed in anew
            self._discarded += [unsaved.stored.token, *unsaved.replaced]
        if stored is None and self._kept:
            raise LoginRequired(
                f"You were signed out: in another notebook, or because the stored sign-in was removed. {CONNECT_AGAIN} to sign in again."
            )
        if self._given is not None:
            if self._seed is not None and (stored is None or self._seed not in stored.seeds):
                return StoredToken(self._given, frozenset([self._seed]))
            if self._seed is None and (stored is None or not self._given.expired(self._clock())):
                return StoredToken(self._given)
        if stored is not None:
            self._kept = True
        return stored

    def check_alive(self, found: StoredToken | None) -> None:
        """Raise LoginRequired if there is no token, or if its refresh token has been refused here: nobody is asked again."""
        if found is None:
            raise LoginRequired("Nobody is signed in. Run %procore_connect to sign in.")
        if self._dead is not None and self._dead[0] == _mark(found.token):
            raise LoginRequired(self._dead[1])

    def next(self, found: StoredToken | None, alone: bool) -> Token | None:
        """Spend the refresh token; return the new token, saved, or None if the store has another by now.

        Parameters
        ----------
        found : StoredToken or None
            What `newest` returned.
        alone : bool
            Other processes are kept out.

        Raises
        ------
        LoginRequired
            There is no refresh token, or it is no longer accepted.
        TokenRequestError
            Anything else; the refresh token may still be good.
        """
        self.check_alive(found)
        assert found is not None
        refresh_token = found.token.refresh_token
        if refresh_token is None:
            return self._without_refresh_token(found)
        mark = fingerprint(refresh_token)
        noted = self._store.noted(self._key)
        lost = noted is not None and noted.fingerprint == mark and noted.lost
        if alone and noted is not None and noted.fingerprint == mark and self._is_fresh(noted):
            raise self._refused(mark, lost, found)
        self._store.note(self._key, RefreshNote(mark))
        try:
            token = self._spend(refresh_token)
        except TokenRequestError as error:
            lost = lost or error.sent
            if error.error != "invalid_grant":
                if not lost:
                    self._store.note(self._key, None)
                raise
        else:
            # A new seed of the connection string takes the place of another sign-in.
            replaced = self._stored_beside(token) if found.token is self._given else ()
            self.keep(StoredToken(token, found.seeds), replaced)
            self._store.note(self._key, None)
            if not token.access_token:  # the next try spends the refresh token that came
                raise TokenRequestError("unusable_answer", NO_ACCESS_TOKEN)
            return token
        if self._replaced(mark, alone):
            return None
        self._store.note(self._key, RefreshNote(mark, lost, self._clock()))
        raise self._refused(mark, lost, found)

    def keep(self, stored: StoredToken, replaced: tuple[Token, ...] = ()) -> None:
        """Save a token, at once. A token that can't be saved stays in this process, and is saved at the next chance.

        Parameters
        ----------
        replaced : tuple of Token
            Other sign-ins in whose place it comes: discarded once it is saved.
        """
        before = _unsaved.pop(self._place, None)
        self._save(stored, replaced + (before.replaced if before is not None else ()))

    def begin(self, token: Token, seeds: frozenset[str]) -> None:
        """Keep the token of a new login. What the connection string gives no longer counts."""
        replaced = self._stored_beside(token)
        if self._given is not None and (self._dead is None or self._dead[0] != _mark(self._given)):
            replaced += (self._given,)
        self.keep(StoredToken(token, seeds | ({self._seed} if self._seed else frozenset())), replaced)
        self._given, self._dead = None, None

    def discard(self, token: Token) -> None:
        """Take a token for one that nobody uses; `end_discarded` ends it."""
        self._discarded.append(token)

    def end_discarded(self) -> None:
        """End what was discarded at the provider. A failure is said, and stops nothing."""
        while self._discarded:
            token = self._discarded.pop()
            try:
                self._revocation.end(token)
            except TokenRequestError as error:
                self._say(f"An earlier sign-in, no longer used, could not be ended: {error}")

    def revoke(self) -> None:
        """Revoke the token and every other of this sign-in at the provider, make sure that they are over, and forget them.

        Raises
        ------
        TokenRequestError
            The provider couldn't be reached, or didn't end it; then nothing is forgotten.
        """
        found, unsaved = self._newest_or_none(), _unsaved.get(self._place)
        others = [*self._discarded, *(unsaved.replaced if unsaved is not None else ())]
        if found is not None:
            others += self._stored_beside(found.token)  # what the connection string gives counts before it
        for token in others:
            self._revocation.end(token)
        self._discarded.clear()
        if found is not None:
            self._revocation.end_for_sure(
                found.token, lambda token: self.keep(StoredToken(token, found.seeds))
            )
        self.drop()

    def drop(self) -> None:
        """Forget the token here; the provider isn't told."""
        _unsaved.pop(self._place, None)
        self._store.delete(self._key)
        self._store.note(self._key, None)
        self._given, self._kept = None, False

    def _stored_beside(self, new: Token) -> tuple[Token, ...]:
        """Return the stored sign-in that a new token takes the place of, if it may still live at the provider."""
        try:
            stored = self._store.load(self._key)
        except TokenStoreError:
            return ()
        if (unsaved := _unsaved.get(self._place)) is not None:
            stored = unsaved.stored
        if stored is None or stored.token.same_as(new):
            return ()
        mark = _mark(stored.token)
        over = mark is not None and (mark == _mark(new) or (self._dead is not None and self._dead[0] == mark))
        return () if over else (stored.token,)

    def _newest_or_none(self) -> StoredToken | None:
        try:
            return self.newest()
        except LoginRequired:  # signed out elsewhere
            return None

    def _spend(self, refresh_token: Secret) -> Token:
        """Send the refresh token; once more if the answer was lost: that does no harm."""
        try:
            return self._client.refresh(refresh_token, redirect_uri=self._redirect_uri)
        except TokenRequestError as error:
            if not error.sent:
                raise
        try:
            return self._client.refresh(refresh_token, redirect_uri=self._redirect_uri)
        except TokenRequestError as error:
            error.sent = True  # the first one was
            raise

    def _is_fresh(self, note: RefreshNote) -> bool:
        """Tell whether another kernel has just been refused."""
        return note.refused_at is not None and abs(self._clock() - note.refused_at) < REFUSAL_SHARED

    def _refused(self, mark: str, lost: bool, found: StoredToken) -> LoginRequired:
        self._dead = (mark, _why_dead(lost, given=found.token is self._given))
        return LoginRequired(self._dead[1])

    def _without_refresh_token(self, found: StoredToken) -> Token | None:
        if found.token is not self._given:
            raise LoginRequired(
                f"The stored sign-in has expired and can't be renewed. {CONNECT_AGAIN} to sign in again."
            )
        self._given = None
        if self._store.load(self._key) is not None:
            return None
        raise LoginRequired(
            "The OAuthAccessToken you gave is no longer accepted. Give a new one, or sign in with InitiateOAuth=GETANDREFRESH."
        )

    def _replaced(self, mark: str, alone: bool) -> bool:
        """Tell whether the store has another refresh token by now: another process was quicker."""
        for pause in [0.0] if alone else [0.0, *[0.1] * 5]:
            time.sleep(pause)  # without a lock the other may be between its answer and its save
            stored = self._store.load(self._key)
            if (
                stored is not None
                and _mark(stored.token) not in (None, mark)
                and (self._given is None or self._seed in stored.seeds)
            ):
                return True
        return False

    def _save(self, stored: StoredToken, replaced: tuple[Token, ...] = ()) -> None:
        try:
            self._store.save(self._key, stored.token, seeds=stored.seeds)
        except Exception as error:  # whatever it was, the token is not lost for it
            _unsaved[self._place] = _Unsaved(stored, self._in_store(), replaced)
            if not self._told:
                self._told = True
                problem = (
                    str(error) if isinstance(error, TokenStoreError) else "The sign-in could not be saved."
                )
                self._say(
                    f"{problem} Until then only this kernel has it, and other notebooks may need to sign in again."
                )
            return
        _unsaved.pop(self._place, None)
        self._kept, self._told = True, False
        self._discarded += replaced

    def _in_store(self) -> str | None:
        """Return the `fingerprint` of the stored refresh token, or None."""
        try:
            stored = self._store.load(self._key)
        except TokenStoreError:
            return None
        return _mark(stored.token) if stored is not None else None


class AppRenewal(Renewal):
    """The renewal of an app's own token (RFC 6749, section 4.4): no person, no refresh token, a new one is simply fetched."""

    def newest(self, *, saving: bool = True) -> StoredToken | None:
        """Return the newest token known; never raises LoginRequired."""
        self._kept = False
        return super().newest(saving=saving)

    def check_alive(self, found: StoredToken | None) -> None:
        """Do nothing: a new token can always be had."""

    def next(self, found: StoredToken | None, alone: bool) -> Token:
        """Fetch a new token, and save it. A second one doesn't end the first, so after a lost answer it is fetched again."""
        try:
            token = self._client.client_credentials()
        except TokenRequestError as error:
            if not error.sent:
                raise
            token = self._client.client_credentials()
        self.keep(StoredToken(token))
        return token


def _start(seed: Secret | None, given: Token | None, now: float) -> Token | None:
    """Return what the connection string gives, as a token; it is to be renewed at once if its age isn't known."""
    if given is None:
        return Token.only_to_refresh(seed, now) if seed else None
    if seed is not None and given.expires_at is None:
        return dataclasses.replace(given, refresh_token=seed, expires_at=now, lifetime=0.0)
    return dataclasses.replace(given, refresh_token=seed)


def _mark(token: Token) -> str | None:
    """Return the `fingerprint` of a token's refresh token, or None."""
    return fingerprint(token.refresh_token) if token.refresh_token else None


def _why_dead(lost: bool, given: bool) -> str:
    if lost:
        return (
            "The sign-in was lost: while it was renewed, Procore's answer didn't arrive or a notebook was stopped, "
            f"and Procore gives it only once. {CONNECT_AGAIN} to sign in again."
        )
    if given:
        return "The OAuthRefreshToken you gave is no longer accepted: it was used elsewhere, or revoked. Give a new one, or sign in again."
    return f"Procore no longer accepts the stored sign-in: it was revoked, or used by another program. {CONNECT_AGAIN} to sign in again."
