"""How the API refuses: with a status, and a body whose shape depends on the place, as in Procore."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """The API refuses a request.

    Parameters
    ----------
    status : int
        The answer's status.
    body : object
        The body, sent as JSON.
    headers : mapping, optional
        Further headers of the answer.
    """

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


def bad_parameter(name: str, message: str, *, newer: bool = False) -> Refused:
    """Return the refusal of a request with a missing or unusable parameter.

    Parameters
    ----------
    name : str
        The parameter.
    message : str
        What is wrong with it.
    newer : bool
        Whether the body has the shape of version 2 of the API.
    """
    if not newer:
        return Refused(400, {"errors": {name: [message]}})
    detail = {"reason_code": "INVALID_PARAMETER", "message": message, "source": name}
    return Refused(
        400, {"error": {"code": "BAD_REQUEST", "message": f"{name} {message}", "details": [detail]}}
    )


def said(status: int, message: str, *, newer: bool = False) -> Refused:
    """Return a refusal with a text that Procore was seen to answer."""
    body = (
        {"error": {"code": "BAD_REQUEST", "message": message, "details": []}}
        if newer
        else {"errors": message}
    )
    return Refused(status, body)


def not_found(what: str, *, newer: bool = False) -> Refused:
    """Return the refusal of a request for something that isn't there, or that the person may not see."""
    if newer:
        return Refused(404, {"error": {"code": "NOT_FOUND", "message": f"{what} not found", "details": []}})
    return Refused(404, {"errors": f"{what} not found"})
