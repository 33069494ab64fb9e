"""The tree of errors, and what they take with them when they leave."""

from __future__ import annotations

import inspect
import traceback

import pytest

from procore_jupyter import errors


def tree() -> list[type[errors.ProcoreError]]:
    return [
        one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, errors.ProcoreError)
    ]


def test_every_error_hangs_under_the_root_and_stands_in_the_drawing() -> None:
    drawing = errors.__doc__ or ""
    for one in tree():
        assert one.__name__ in drawing


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
    limited = errors.RateLimited(429, "Wait.", "req-1", retry_after=7.5)
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
