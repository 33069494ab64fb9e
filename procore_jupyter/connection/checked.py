"""What a check looks at: the parts of a connection, as `check` takes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from procore_jupyter.check.subject import SignedIn, Subject
from procore_jupyter.connection.assemble import How, open_connection
from procore_jupyter.connection.parts import Parts
from procore_jupyter.session.refreshing import RefreshingSession

if TYPE_CHECKING:
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.oauth.client import OAuthClient
    from procore_jupyter.profiles import Environment
    from procore_jupyter.settings.settings import Settings


def checked(
    settings: Settings, *, front_end: str, connect_again: str, session: Procore | None = None
) -> Subject:
    """Return what a check looks at.

    Parameters
    ----------
    settings : Settings
        What is connected to.
    front_end : str
        What shows outputs to the person, in words.
    connect_again : str
        What a person runs to sign in.
    session : Procore or None
        The session to use; None opens one with the stored sign-in. No person is asked for anything.
    """
    parts = Parts(settings)

    def client_in(environment: Environment) -> OAuthClient:
        return Parts(replace(settings, environment=environment)).client

    def kept_at() -> str:
        parts.store.load(parts.key)
        return parts.store.location

    def sign_in() -> SignedIn:
        procore = session or open_connection(settings, How(person=False))
        here = settings.environment
        without_company = RefreshingSession(
            here.api_url,
            here.login_url,
            procore._access,
            timeout=settings.timeout,
            max_wait=procore.max_wait,
            readonly=True,
            proxies=settings.proxies,
            ca_bundle=settings.ca_bundle,
            pace=procore._pace,
        )
        return SignedIn(procore, procore.tables, procore.project_id, without_company)

    return Subject(
        settings,
        front_end,
        redirect_uri=lambda: parts.callback_url,
        client_in=client_in,
        kept_at=kept_at,
        sign_in=sign_in,
        connect_again=connect_again,
    )
