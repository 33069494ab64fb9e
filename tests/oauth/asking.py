"""A client for any address, and a call that is known to fail."""

from __future__ import annotations

import json
import re

import pytest

from procore_jupyter.errors import TokenRequestError
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.secret import Secret
from tests.oauth.provider import endpoints_of

SECRET = Secret("the-client-secret-9f2c")
SPENT = Secret("the-refresh-token-51b7")
GOOD = json.dumps(
    {"access_token": "a-1", "token_type": "bearer", "expires_in": 5400, "refresh_token": "r-1"}
).encode()


def client_of(url: str, **options: object) -> OAuthClient:
    return OAuthClient(endpoints_of(url), "app", SECRET, **{"timeout": 20.0, **options})  # type: ignore[arg-type]


def refused(call: object, *arguments: object, **named: object) -> TokenRequestError:
    """Make a call that fails; return its error, once it is known to be one line for a person."""
    with pytest.raises(TokenRequestError) as caught:
        call(*arguments, **named)  # type: ignore[operator]
    error = caught.value
    assert error.description == str(error)
    assert "\n" not in str(error)
    assert 20 < len(str(error)) < 250
    assert str(error).endswith(".")
    return error


def says(error: TokenRequestError, pattern: str) -> None:
    assert re.search(pattern, str(error)), str(error)
