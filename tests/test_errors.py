"""The tree of errors, and what they take with them when they leave."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback

import pytest
import requests

import procore_jupyter
from procore_jupyter import errors
from procore_jupyter.session import api_errors


def tree() -> set[type[errors.ProcoreError]]:
    found = {one for module in (errors, api_errors) for _, one in inspect.getmembers(module, inspect.isclass)}
    return {one for one in found if issubclass(one, errors.ProcoreError)}


def test_every_error_hangs_under_the_root_and_stands_in_the_drawing() -> None:
    drawing = errors.__doc__ or ""
    for one in tree():
        assert one.__name__ in drawing
        assert getattr(procore_jupyter, one.__name__) is one


def test_whoever_catches_login_required_catches_every_way_a_sign_in_can_fail() -> None:
    for one in (errors.LoginDenied, errors.LoginTimeout, errors.StateMismatch):
        assert issubclass(one, errors.LoginRequired)


def test_a_notebook_draws_one_line_and_no_source() -> None:
    drawn = errors.LoginRequired("Sign in first.")._render_traceback_()
    assert drawn == ["LoginRequired: Sign in first."]


def test_errors_carry_data_not_only_text() -> None:
    refused = errors.TokenRequestError("invalid_grant", "The code was used before.", 400)
    assert (refused.error, refused.status, str(refused)) == (
        "invalid_grant",
        400,
        "The code was used before.",
    )
    limited = api_errors.RateLimited(429, "Wait.", "req-1", retry_after=7.5)
    assert (limited.status, limited.request_id, limited.retry_after) == (429, "req-1", 7.5)
    assert errors.ConnectionStringError("bad", 12).position == 12


def test_frames_are_cut_from_an_error_and_from_all_that_it_is_chained_to() -> None:
    def deep(password: str) -> None:
        try:
            try:
                raise KeyError("inner")
            except KeyError as inner:
                raise ValueError("middle") from inner
        except ValueError:
            raise OSError("outer")  # noqa: B904 - the implicit chain is the case

    with pytest.raises(OSError) as caught:
        deep("s3cr3t")
    bare = errors.without_frames(caught.value)
    drawn = "".join(traceback.TracebackException.from_exception(bare, capture_locals=True).format())
    assert "s3cr3t" not in drawn
    assert "inner" in drawn and "middle" in drawn and "outer" in drawn


def test_a_chain_that_bites_its_tail_is_cut_too() -> None:
    first, second = ValueError("1"), ValueError("2")
    first.__context__, second.__context__ = second, first
    assert errors.without_frames(first) is first


def test_what_python_has_a_word_for_is_caught_by_that_too() -> None:
    assert issubclass(errors.TableNotFound, LookupError)
    assert issubclass(errors.ParameterError, ValueError)
    assert issubclass(errors.ParameterError, errors.ConfigurationError)
    assert issubclass(errors.ConnectionStringError, ValueError)
    assert issubclass(api_errors.NotFound, requests.HTTPError)
    assert not issubclass(errors.ConfigurationError, ValueError)


def refused() -> api_errors.RateLimited:
    response = requests.Response()
    response.status_code = 429
    response.request = requests.Request("GET", "https://api.procore.com/rest").prepare()
    return api_errors.RateLimited(429, "Wait.", "req-1", response, retry_after=7.5)


@pytest.mark.parametrize(
    "error",
    [
        errors.LoginRequired("Sign in."),
        errors.ConnectionStringError("bad", 12),
        errors.TokenRequestError("invalid_grant", "The code was used before.", 400, sent=True),
        errors.TableNotFound("There is no table x."),
        refused(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_copied_and_pickled_with_all_it_says(error: errors.ProcoreError) -> None:
    beside = {name: value for name, value in vars(error).items() if name not in ("response", "request")}
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert (str(again), again.args) == (str(error), error.args)
        assert beside.items() <= vars(again).items()


def test_an_error_of_the_api_has_the_response_and_leaves_it_behind_when_it_is_written_down() -> None:
    error = refused()
    assert error.response is not None and error.response.status_code == error.status
    assert error.request is error.response.request
    again = pickle.loads(pickle.dumps(error))
    assert (again.response, again.request) == (None, None)
    with pytest.raises(requests.HTTPError, match=r"Wait\."):
        raise error


def test_an_error_that_no_response_led_to_has_none() -> None:
    assert api_errors.RateLimited(429, "Wait.", retry_after=1.0).response is None
