"""Every error that this package raises on purpose, and the warnings it gives.

::

    ProcoreError
    ├── ConnectionStringError     the text of a connection string can't be read (a ValueError)     .position
    ├── ConfigurationError        it can be read, and asks for something impossible
    │   └── ParameterError        … in an argument of a call (a ValueError)
    ├── LoginRequired             a person has to sign in (again)
    │   ├── LoginDenied           … they chose Deny, or cancelled
    │   ├── LoginTimeout          … nobody finished in time
    │   └── StateMismatch         … the answer belongs to another sign-in
    ├── TokenRequestError         the token endpoint refused, or could not be reached              .error .description .status
    ├── TokenStoreError           stored tokens or saved connections can't be read or written
    ├── TableNotFound             there is no table of that name (a LookupError)
    ├── SQLError                  a query can't be answered as it is written
    └── ProcoreAPIError           the API refused (a requests.HTTPError)                           .status .message .request_id .response
        ├── NotFound
        ├── PermissionDenied
        └── RateLimited                                                                            .retry_after

    ProcoreWarning (UserWarning)  something a person should know, and nothing stops
    └── ProcoreIncompleteWarning  a result lacks rows

`ProcoreAPIError` and its subclasses are in `session.api_errors`: they are errors of requests too, and the package,
the notebook and the Jupyter server import this module at their start, without requests.

A message says what happened and then what to do next. It never holds a secret: no token, code,
state, verifier or client secret is ever put into one of these, nor into an attribute of one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

__all__ = [
    "ConfigurationError",
    "ConnectionStringError",
    "LoginDenied",
    "LoginRequired",
    "LoginTimeout",
    "ParameterError",
    "ProcoreError",
    "ProcoreIncompleteWarning",
    "ProcoreWarning",
    "SQLError",
    "StateMismatch",
    "TableNotFound",
    "TokenRequestError",
    "TokenStoreError",
]

P = ParamSpec("P")
T = TypeVar("T")


class ProcoreError(Exception):
    """Root of all errors that this package raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this instead of drawing a traceback. A traceback of a magic prints the
        # magic's whole line, and "%xmode Verbose" prints local variables: both can hold a secret.
        return [f"{type(self).__name__}: {self}"]

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by calling the class with `args`, as exceptions do: __init__ takes more than `args` holds.
        return _made_again, (type(self), self.args), self.__dict__


class ConnectionStringError(ProcoreError, ValueError):
    """The text of a connection string can't be read, or names something that doesn't exist.

    Parameters
    ----------
    message : str
        What is wrong, where, and what to do; may have further lines that show the place.
    position : int
        Offset of the fault in the text, in characters from 0.
    """

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


class ConfigurationError(ProcoreError):
    """What was asked for can't be done with these settings; the message names the way out."""


class ParameterError(ConfigurationError, ValueError):
    """An argument of a call can't be what it is; the message names it and what it can be."""


class LoginRequired(ProcoreError):
    """There is no usable token, and none can be had without a person."""


class LoginDenied(LoginRequired):
    """The person chose Deny on Procore's page, or cancelled the login."""


CONNECT_AGAIN = "Run %procore_connect again"
"""What sends a person to a new sign-in, wherever they read it; a terminal says its own command instead."""

DENIED = f"Not signed in: you chose Deny on Procore's page. {CONNECT_AGAIN} to try again."
"""What a person who chose Deny is told, in the notebook and on the page their browser ends on."""


class LoginTimeout(LoginRequired):
    """Nobody finished the login in the time given."""


class StateMismatch(LoginRequired):
    """An authorization response arrived that belongs to another login (RFC 6749, section 10.12)."""


class TokenRequestError(ProcoreError):
    """The token endpoint refused a request, answered nonsense, or could not be reached.

    Parameters
    ----------
    error : str
        The error code of RFC 6749, section 5.2 (``invalid_grant``, ``invalid_client``, …), or one
        of ours: ``unreachable`` (no response arrived; whether the request did is not known),
        ``unusable_answer`` (a response that is not a token response).
    description : str
        One line for a person: what happened, what to do.
    status : int or None
        The HTTP status; None if no response arrived.
    sent : bool
        The request may have been carried out although no usable response came: a refresh token may be spent.
    """

    def __init__(
        self, error: str, description: str, status: int | None = None, *, sent: bool = False
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.sent = sent


class TokenStoreError(ProcoreError):
    """The place that keeps tokens or saved connections can't be read, written or trusted."""


class TableNotFound(ProcoreError, LookupError):
    """There is no table of that name."""


class SQLError(ProcoreError):
    """A query can't be answered as it is written; the message shows the place in its text with a caret."""


class ProcoreWarning(UserWarning):
    """Something that a person should know, and that stops nothing."""


class ProcoreIncompleteWarning(ProcoreWarning):
    """A result lacks rows: a project didn't answer, or a list gave fewer than it counts."""


def _made_again(kind: type[ProcoreError], args: tuple[Any, ...]) -> ProcoreError:
    made = kind.__new__(kind)
    made.args = args
    return made


def without_frames(error: BaseException) -> BaseException:
    """Take the stack frames off an error and off all errors that it is chained to; return the same error.

    The frames of requests, urllib3 and http.client hold headers and form fields in local variables,
    and tools that draw locals (``%xmode Verbose``, crash reporters) would print them.
    """
    for one in _chain(error):
        one.__traceback__ = None
    return error


def without_locals(function: Callable[P, T]) -> Callable[P, T]:
    """Have the errors of a function leave it with their frames, but without these frames' local variables.

    For functions that are given the environment, a connection string or a secret in the clear: tools that draw locals
    show these, whatever the error says.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs  # this frame's own
            clear_locals(error)
            raise

    return call


def clear_locals(error: BaseException) -> None:
    """Empty the local variables of the finished frames of an error and of all errors that it is chained to."""
    from traceback import clear_frames

    for one in _chain(error):
        clear_frames(one.__traceback__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all errors that it is chained to, each once."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
