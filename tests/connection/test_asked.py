"""A session that stands in the namespace before it is known for which app: it becomes one when a person answers."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest

from procore_jupyter import Procore
from procore_jupyter.connection.assemble import REPLACED
from procore_jupyter.connection.question import FILL_IN, AppDetails, Question
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import ConfigurationError, LoginRequired, TokenRequestError
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.secret import Secret
from tests.connecting import connect, sign_in, signed_in, text_for


def asked(demo: DemoProcore, **how: Any) -> tuple[Procore, Question]:
    """Return a session that waits for its app, and what it asks."""
    questions: list[Question] = []
    text = text_for(demo, OAuthClientId="", OAuthClientSecret="")
    session = connect(text, ask=questions.append, person=True, **how)
    return session, questions[-1]


def details(demo: DemoProcore, company_id: str = "") -> AppDetails:
    return AppDetails(
        client_id=demo.client_id, client_secret=Secret(demo.client_secret), company_id=company_id
    )


def test_the_answer_connects_the_session_that_stands_there(demo: DemoProcore) -> None:
    procore, question = asked(demo)
    procore.headers["X-Mine"] = "kept"
    rfis = procore.table("rfis", project_id=4711)
    with pytest.raises(LoginRequired, match=FILL_IN[:20]):
        procore.me()
    flows: list[LoginFlow] = []
    assert question.answer(details(demo, "1234"), flows.append)
    assert procore.status().state == "waiting" and procore.login_flow is flows[0]
    sign_in(flows[0])
    assert procore.me()["name"] == "Dana Reyes"
    assert (procore.company_id, procore.settings.client_id) == (1234, demo.client_id)
    assert demo.requests[-1].headers["x-mine"] == "kept"
    assert rfis.to_arrow().num_rows
    assert question.describe().user == "Dana Reyes"


def test_a_stored_token_is_used_and_nobody_is_asked_more(demo: DemoProcore) -> None:
    signed_in(demo)
    procore, question = asked(demo)
    flows: list[LoginFlow] = []
    assert question.answer(details(demo), flows.append)
    assert flows == [] and procore.me()["name"] == "Dana Reyes"


def test_an_answer_that_does_not_connect_leaves_session_and_question_as_they_were(demo: DemoProcore) -> None:
    demo.parameters = dataclasses.replace(demo.parameters, token_lifetime=1)
    signed_in(demo)
    time.sleep(1.1)
    procore, question = asked(demo)
    before = procore.settings
    demo.answer_next("/oauth/token", status=400, body={"error": "temporarily_unavailable"})
    with pytest.raises(TokenRequestError):
        question.answer(details(demo), lambda flow: None)
    assert question.open and procore.settings is before
    with pytest.raises(LoginRequired, match=FILL_IN[:20]):
        procore.me()
    with pytest.raises(ConfigurationError, match="Client Secret is missing"):
        question.answer(AppDetails(client_id=demo.client_id), lambda flow: None)
    assert question.answer(details(demo), lambda flow: None)
    assert procore.me()["name"] == "Dana Reyes"


def test_asking_again_shows_the_same_question_and_other_settings_end_it(demo: DemoProcore) -> None:
    procore, question = asked(demo)
    assert asked(demo, existing=procore) == (procore, question)
    other, another = asked(demo, existing=procore, account="lee")
    assert other is not procore and another.open and not question.open
    assert procore.status().problem == REPLACED


def test_a_closed_or_signed_out_session_asks_nobody_any_more(demo: DemoProcore) -> None:
    for end in (Procore.close, Procore.logout):
        procore, question = asked(demo)
        end(procore)
        assert not question.open
        with pytest.raises(LoginRequired, match="the form was cancelled"):
            procore.me()
