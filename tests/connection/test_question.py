"""What is asked, what is offered, and what becomes of it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from procore_jupyter.connection.assemble import How, open_connection
from procore_jupyter.connection.lookup import settings_for
from procore_jupyter.connection.question import CANCELLED, FILL_IN, AppDetails, Question
from procore_jupyter.connection.status import Status
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import ConfigurationError, LoginDenied, LoginRequired, LoginTimeout
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.secret import Secret
from procore_jupyter.settings.resolve import resolve

URI = "http://localhost:8888/procore-jupyter/callback"
NOTHING = AppDetails()
DETAILS = AppDetails(client_id="id", client_secret=Secret("hidden-zq"), company_id="7")


def describe() -> Status:
    return Status("Procore · production", "api", "login", "signed in")


def ask(text: str = "", *, suggested: AppDetails = NOTHING, timeout: float = 300.0) -> Question:
    """Return a question whose answers are right unless they name no company."""

    def connect(details: AppDetails, show: object) -> None:
        if not details.company_id:
            raise ConfigurationError("CompanyId is missing.")

    return Question(resolve(text), URI, connect, describe=describe, suggested=suggested, timeout=timeout)


def show(flow: LoginFlow) -> None:
    raise AssertionError("nothing to show")


def test_environments_are_offered_unless_the_string_says_which() -> None:
    assert ask().environments == {
        "Production": "production",
        "Sandbox": "sandbox",
        "MonthlySandbox": "monthly sandbox",
        "Federal": "federal",
    }
    assert ask("Environment=Sandbox").environments == {}
    assert ask("LoginURL=http://localhost:1;APIURL=http://localhost:1").environments == {}
    assert ask().environment == "Production"
    assert ask(suggested=AppDetails(environment="Sandbox")).environment == "Sandbox"


def test_a_known_client_id_is_offered_and_a_placeholder_is_not() -> None:
    assert ask("OAuthClientId=abc").client_id == "abc"
    assert ask("OAuthClientId=your_client_id").client_id == ""
    assert ask(suggested=AppDetails(client_id="last-one")).client_id == "last-one"
    assert (ask("CompanyId=7").company_id, ask().company_id) == ("7", "")


def test_what_is_missing_is_named_by_property() -> None:
    assert AppDetails().missing == ("OAuthClientId", "OAuthClientSecret")
    assert AppDetails(client_id="id").missing == ("OAuthClientSecret",)
    assert DETAILS.missing == ()
    assert DETAILS.properties() == {
        "OAuthClientId": "id",
        "OAuthClientSecret": "hidden-zq",
        "CompanyId": "7",
    }
    assert "hidden-zq" not in repr(DETAILS)


@pytest.mark.parametrize(
    ("error", "worded"),
    [
        (
            "CompanyId must be a whole number\n  CompanyId=x\n  ^",
            ("CompanyId", "Company ID must be a whole number"),
        ),
        (
            "OAuthClientId still holds a placeholder.",
            ("OAuthClientId", "Client ID still holds a placeholder."),
        ),
        ("The network is down.", ("", "The network is down.")),
    ],
)
def test_an_error_is_told_in_the_words_of_the_form(error: str, worded: tuple[str, str]) -> None:
    assert Question.worded(ConfigurationError(error)) == worded


def test_a_wrong_answer_leaves_the_question_open_and_a_right_one_ends_it() -> None:
    question, over = ask(), list[str]()
    question.on_end(lambda: over.append("told"))
    with pytest.raises(ConfigurationError):
        question.answer(AppDetails(client_id="id"), show)
    assert question.open and over == []
    assert question.answer(DETAILS, show)
    assert not question.open and over == ["told"] and question.error is None
    assert not question.answer(DETAILS, show)
    question.wait()


def test_a_cancelled_question_is_an_error_for_who_waits() -> None:
    question = ask()
    question.cancel()
    question.cancel(LoginDenied("too late"))
    with pytest.raises(LoginDenied, match=CANCELLED[:20]):
        question.wait()


def test_the_thread_that_runs_the_cells_never_waits_and_others_wait_for_a_time() -> None:
    with pytest.raises(LoginRequired, match=FILL_IN[:20]):
        ask().wait()
    errors: list[BaseException] = []

    def wait() -> None:
        try:
            ask(timeout=0.1).wait()
        except LoginTimeout as error:
            errors.append(error)

    other = threading.Thread(target=wait)
    other.start()
    other.join(20)
    assert len(errors) == 1


def test_the_demos_client_id_is_not_offered_for_a_real_connection(demo: DemoProcore, home: Path) -> None:
    demo.write_address()
    asked: list[Question] = []
    real = How(show=lambda _: None, ask=asked.append, person=True)
    stand_in = open_connection(
        settings_for("Profile=Demo;CallbackURL=urn:ietf:wg:oauth:2.0:oob"),
        How(show=lambda _: None, person=True),
    )
    assert stand_in.settings.client_id == demo.client_id
    open_connection(settings_for("Profile=Procore"), replace(real, existing=stand_in))
    assert asked[0].client_id == ""
    last = open_connection(
        settings_for("OAuthClientId=mine;OAuthClientSecret=x;CallbackURL=urn:ietf:wg:oauth:2.0:oob"), real
    )
    open_connection(settings_for("Profile=Procore"), replace(real, existing=last))
    assert asked[1].client_id == "mine"
    last.close()
