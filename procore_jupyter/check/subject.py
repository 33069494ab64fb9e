"""`Subject`: what a check looks at: the settings of a connection, and the parts that were made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procore_jupyter.oauth.client import OAuthClient
    from procore_jupyter.profiles import Environment
    from procore_jupyter.session.refreshing import RefreshingSession
    from procore_jupyter.settings.settings import Settings
    from procore_jupyter.tables.library import Library


@dataclass(frozen=True)
class SignedIn:
    """A session that somebody is signed in to.

    Parameters
    ----------
    session : RefreshingSession
        Asks Procore.
    library : Library
        The tables that it can read.
    project_id : int or None
        The chosen project.
    without_company : RefreshingSession
        Asks Procore as the same person, and never says about which company.
    """

    session: RefreshingSession
    library: Library
    project_id: int | None
    without_company: RefreshingSession


@dataclass(frozen=True)
class Subject:
    """What a check looks at.

    Parameters
    ----------
    settings : Settings
        What is connected to.
    front_end : str
        What shows outputs to the person, in words.
    redirect_uri : callable
        Returns the Redirect URI of a sign-in, to the letter. Raises ConfigurationError if none can be used.
    client_in : callable
        Returns what asks an environment for tokens, as the app of the settings.
    kept_at : callable
        Returns where the sign-in is kept, once it was read there: a path, or an address such as ``keyring://``. Raises
        `TokenStoreError`.
    sign_in : callable
        Returns the session, without asking a person for anything. Raises `ProcoreError` if nobody is signed in.
    connect_again : str
        What a person runs to sign in.
    """

    settings: Settings
    front_end: str
    redirect_uri: Callable[[], str]
    client_in: Callable[[Environment], OAuthClient]
    kept_at: Callable[[], str]
    sign_in: Callable[[], SignedIn]
    connect_again: str
