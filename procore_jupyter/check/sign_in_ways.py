"""The ways in, looked at: the Redirect URI and who listens there, the app's Client ID and Secret, where a sign-in is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from procore_jupyter.addresses import OOB
from procore_jupyter.check.finding import FAILS, HOLDS, UNTOLD, Finding
from procore_jupyter.errors import ProcoreError, TokenRequestError
from procore_jupyter.login.callback_port import CallbackPort
from procore_jupyter.login.discovery import CALLBACK_PATH, find_server
from procore_jupyter.secret import Secret
from procore_jupyter.settings.jupyter import Surroundings

if TYPE_CHECKING:
    from procore_jupyter.check.subject import Subject
    from procore_jupyter.profiles import Environment
    from procore_jupyter.settings.settings import Settings

NO_CODE = Secret("procore-jupyter-check")
"""A code that no sign-in gave. Procore refuses the app before the code, so a refused code says that the app is known."""


def sign_in_ways(subject: Subject, surroundings: Surroundings) -> Iterator[Finding]:
    """Look at the ways in.

    Parameters
    ----------
    subject : Subject
        What is checked.
    surroundings : Surroundings
        The Jupyter around this process.
    """
    settings = subject.settings
    if settings.auth_scheme == "OAUTH" and settings.initiate_oauth != "OFF":
        yield from redirect_uri(subject, surroundings)
    if settings.auth_scheme != "NONE" and settings.initiate_oauth != "OFF":
        yield app(subject)
        yield kept(subject)


def redirect_uri(subject: Subject, surroundings: Surroundings) -> Iterator[Finding]:
    """Tell which Redirect URI to register, and who listens where it leads."""
    try:
        uri = subject.redirect_uri()
    except ProcoreError as error:
        yield Finding("Redirect URI", FAILS, str(error), told="It can't be used.")
        return
    yield Finding(
        "Redirect URI",
        UNTOLD,
        uri,
        advice="Exactly this one, letter by letter, must be on your app's page in the Developer Portal. Only a sign-in shows whether it is.",
        told=_kind(uri),
    )
    stranger = CallbackPort(uri, lambda: ()).stranger()
    server = find_server(uri, surroundings)
    if stranger:
        advice = "Until then no sign-in can start there."
        yield Finding(
            "Procore's answer",
            FAILS,
            f"{stranger[0].upper()}{stranger[1:]}",
            advice=advice,
            told="Another user of this machine may listen there.",
        )
    elif server is not None:
        found = "It goes to your Jupyter server."
        yield Finding("Procore's answer", HOLDS, found, told=found)
    elif uri.endswith(CALLBACK_PATH):
        found = "None of your Jupyter servers listens there."
        advice = "Start JupyterLab on that port, or paste the address your browser ends on."
        yield Finding("Procore's answer", FAILS, found, advice=advice, told=found)
    else:
        found = (
            "You paste it."
            if uri == OOB
            else "Nobody else listens there: this program receives it, or you paste it."
        )
        yield Finding("Procore's answer", HOLDS, found, told=found)


def app(subject: Subject) -> Finding:
    """Ask whether the app is known: with a code of no sign-in, which ends none."""
    settings, here = subject.settings, subject.settings.environment
    try:
        known = _knows(subject, here)
    except ProcoreError as error:
        code = f" ({error.error})" if isinstance(error, TokenRequestError) else ""
        return Finding("App", UNTOLD if code else FAILS, str(error), told=f"It couldn't be checked{code}.")
    if known:
        found = f"Procore knows its Client ID and Client Secret in {here.title}."
        return Finding("App", HOLDS, found, told="It is known in this environment.")
    others = [one for one in _others(settings) if _is_known_in(subject, one)]
    found = f"Procore doesn't know this Client ID in {here.title}, or the Client Secret doesn't match."
    if others:
        advice = f"It is an app of {others[0].title}: add Environment={others[0].name}, or use the app's {here.title} credentials."
    else:
        advice = "Copy both again from the app's page in the Developer Portal: each environment has its own."
    told = f"It isn't known in this environment{', but in another' if others else ''}."
    return Finding("App", FAILS, found, advice=advice, told=told, oddity="sandbox-credentials")


def kept(subject: Subject) -> Finding:
    """Tell where the sign-in is kept, and whether it can be read there."""
    try:
        place = subject.kept_at()
    except ProcoreError as error:
        return Finding("Stored sign-in", FAILS, str(error), told="Its location can't be read.")
    scheme, is_address, _ = place.partition("://")
    told = f"In {scheme}." if is_address else "In a file."
    return Finding("Stored sign-in", HOLDS, f"In {place}.", told=told)


def _knows(subject: Subject, environment: Environment) -> bool:
    """Tell whether an environment knows the app. Raises `TokenRequestError` if it can't be asked, and `ConfigurationError`."""
    try:
        subject.client_in(environment).exchange(NO_CODE, redirect_uri=OOB, code_verifier=None)
    except TokenRequestError as error:
        if error.error == "invalid_client":
            return False
        if error.error in ("unreachable", "unusable_answer"):
            raise
    return True


def _is_known_in(subject: Subject, environment: Environment) -> bool:
    try:
        return _knows(subject, environment)
    except ProcoreError:
        return False


def _others(settings: Settings) -> list[Environment]:
    """Return the other environments of the profile. None if the hosts are others than the profile's: the secret is theirs alone."""
    if not settings.profile.has_hosts_of(settings.environment):
        return []
    here = settings.environment.login_url
    return [one for one in settings.profile.environments.values() if one.login_url != here]


def _kind(uri: str) -> str:
    """Return what a Redirect URI is, without its host."""
    if uri == OOB:
        return "The one for pasting."
    if uri.endswith(CALLBACK_PATH):
        return "A Jupyter server's."
    return "Another address."
