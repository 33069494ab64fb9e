"""The check from the machine to the company: each thing that may be wrong is told where it is found, with what to do."""

from __future__ import annotations

import dataclasses
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from procore_jupyter import cli
from procore_jupyter.check.quota import quota, time_for
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from tests.check.conftest import checkup_of, first, found
from tests.connecting import signed_in, text_for
from tests.session.conftest import Answer, Server, servers

__all__ = ["servers"]  # a fixture of theirs, for these tests too

COMPANY = {"CompanyId": "1234"}


def test_where_all_is_well_each_line_says_so(demo: DemoProcore) -> None:
    signed_in(demo, **COMPANY)
    demo._stage.requests.clear()
    checkup = checkup_of(text_for(demo, **COMPANY))
    assert [line.step for line in checkup.first()] == [line.step for line in checkup.lines]
    lines = found(checkup)
    assert not checkup.failed and {one.finding.verdict for one in checkup.lines} <= {"holds", "can't be told"}
    for subject, words in [
        ("Clock", "Right to"),
        ("App", "knows its Client ID"),
        ("Sign-in", "Dana Reyes"),
        ("Companies", "Skyline Builders (1234)"),
        ("App installed", "Harbor Tower (4711)"),
        ("Rate limit", "of 100 requests"),
        ("Redirect URI", "urn:ietf:wg:oauth:2.0:oob"),
        ("Stored sign-in", "tokens.json"),
    ]:
        assert words in lines[subject].found, subject
    api = [one for one in demo.requests if one.path.startswith("/rest/") and "authorization" in one.headers]
    assert len(api) <= 26 and len(demo.requests) <= 29  # 21 of them for the tools
    assert {one.method for one in api} == {"GET"}
    assert signed_in(demo, **COMPANY).me()["name"] == "Dana Reyes"  # the sign-in stands


def test_nobody_signed_in_is_told_with_what_to_run_and_nothing_further_is_asked(demo: DemoProcore) -> None:
    lines = first(text_for(demo))
    assert lines["Sign-in"].verdict == "fails" and lines["Sign-in"].advice == "Sign in again."
    assert "Companies" not in lines and lines["App"].verdict == "holds"


def test_several_companies_are_listed_to_choose_from(demo: DemoProcore) -> None:
    signed_in(demo)
    lines = first(text_for(demo))
    assert lines["Companies"].verdict == "fails" and "1234 Skyline Builders" in lines["Companies"].found
    assert "CompanyId=" in lines["Companies"].advice and "App installed" not in lines
    assert "Skyline" not in lines["Companies"].told


def test_an_app_that_is_not_installed_is_told_with_procores_own_menu(demo: DemoProcore) -> None:
    signed_in(demo, **COMPANY)
    demo.answer_next(
        "/rest/v1.1/projects", status=403, body={"errors": ["App is not connected to this company."]}
    )
    lines = first(text_for(demo, **COMPANY))
    assert lines["App installed"].verdict == "fails" and lines["App installed"].oddity == "app-missing"
    assert "App Management" in lines["App installed"].advice


def test_a_refusal_that_outlasts_a_renewal_names_both_causes(demo: DemoProcore) -> None:
    signed_in(demo, **COMPANY)
    demo.answer_next("/rest/v1.0/me", status=401, body={"errors": "no"}, times=10)
    finding = first(text_for(demo, **COMPANY))["Sign-in"]
    assert finding.verdict == "fails"
    assert "sign in again" in finding.advice and "isn't installed" in finding.advice


def test_an_unknown_app_is_told_and_its_secret_goes_nowhere_else(demo: DemoProcore) -> None:
    finding = first(text_for(demo, OAuthClientSecret="of-another-app"))["App"]
    assert finding.verdict == "fails" and finding.oddity == "sandbox-credentials"
    assert "Developer Portal" in finding.advice


def test_an_app_of_another_environment_is_told_which(demo: DemoProcore, tmp_path: Path) -> None:
    with DemoProcore() as other:
        profile = tmp_path / "Two.toml"
        profile.write_text(
            "".join(
                f'[environments.{name}]\ntitle = "{name.lower()}"\nlogin = "{url}"\napi = "{url}"\n'
                for name, url in (("Production", other.url), ("Sandbox", demo.url))
            )
        )
        text = f"Profile={profile};OAuthClientId={demo.client_id};OAuthClientSecret={demo.client_secret};CallbackURL=urn:ietf:wg:oauth:2.0:oob"
        finding = first(text)["App"]
    assert finding.verdict == "fails" and "Environment=Sandbox" in finding.advice


def test_a_host_that_nobody_answers_at_is_told(demo: DemoProcore) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    lines = first(text_for(demo, APIURL=nobody))
    assert lines["API host"].verdict == "fails" and "can't be reached" in lines["API host"].found
    assert lines["Sign-in host"].verdict == "holds"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>Welcome to the guest network</html>", {"Content-Type": "text/html"}),
        Answer(302, b"", {"Location": "http://guest.test/", "Content-Type": "text/html"}),
        Answer(403, b"<html>Blocked</html>", {"Content-Type": "text/html"}),
        Answer(200, b"{}", {"Content-Type": "application/json"}),
    ],
)
def test_a_page_in_between_is_no_procore(
    demo: DemoProcore, servers: Callable[..., Server], answer: Answer
) -> None:
    lines = first(text_for(demo, APIURL=servers(lambda request: answer).url))
    assert lines["API host"].verdict == "fails" and "isn't Procore" in lines["API host"].found


@pytest.mark.parametrize(("ahead", "way"), [(-3600, "ahead of"), (86_400, "behind")])
def test_a_clock_that_is_wrong_is_told_by_how_much(demo: DemoProcore, ahead: int, way: str) -> None:
    demo.clock = lambda: time.time() + ahead
    finding = first(text_for(demo))["Clock"]
    assert finding.verdict == "fails" and finding.oddity == "clock-off" and way in finding.found


def test_no_sign_in_needs_no_app(demo: DemoProcore) -> None:
    lines = first(f"AuthScheme=NONE;LoginURL={demo.url};APIURL={demo.url};CompanyId=1234")
    assert "App" not in lines and "Redirect URI" not in lines
    assert lines["Sign-in"].verdict == "fails"


def test_a_service_account_is_known_and_may_not_list_companies(demo: DemoProcore) -> None:
    lines = first(text_for(demo, AuthScheme="OAUTH_CLIENT", **COMPANY))
    assert lines["App"].verdict == "holds" and lines["App installed"].verdict == "holds"


DATE = "Sun, 29 Nov 2026 12:00:00 GMT"
NOW = 1_795_953_600


@pytest.mark.parametrize(
    ("headers", "verdicts", "oddity"),
    [
        ({"X-Rate-Limit-Limit": "3600", "X-Rate-Limit-Remaining": "9", "X-Rate-Limit-Reset": str(NOW + 1800)}, ["holds"], ""),
        ({"X-Rate-Limit-Limit": "100", "X-Rate-Limit-Remaining": "9", "X-Rate-Limit-Reset": str(NOW + 9)}, ["holds"], ""),
        ({"X-Rate-Limit-Limit": "100", "X-Rate-Limit-Remaining": "9", "X-Rate-Limit-Reset": "9"}, ["holds", "fails"], "small-reset"),
        ({"X-Rate-Limit-Limit": "25", "X-Rate-Limit-Remaining": "9", "X-Rate-Limit-Reset": str(NOW + 58)}, ["holds", "fails"], "rolling-minute"),
        ({"Total": "3"}, ["can't be told"], ""),
    ],
)  # fmt: skip
def test_the_limit_is_told_as_the_headers_have_it(
    headers: dict[str, str], verdicts: list[str], oddity: str
) -> None:
    findings = [*quota([{"Date": DATE, **headers}])]
    assert [one.verdict for one in findings] == verdicts and findings[-1].oddity == oddity


def test_the_time_that_requests_take_is_that_of_the_limit() -> None:
    minute = {
        "Date": DATE,
        "X-Rate-Limit-Limit": "25",
        "X-Rate-Limit-Remaining": "15",
        "X-Rate-Limit-Reset": str(NOW + 60),
    }
    assert time_for(190, [minute]) == pytest.approx(7 * 60)
    assert time_for(10, [minute]) == 0 and time_for(190, []) == 0 and time_for(190, [{"Date": DATE}]) == 0


def test_header_names_in_small_letters_are_told() -> None:
    findings = [*quota([{"date": DATE, "content-type": "application/json"}])]
    assert findings[-1].oddity == "lower-case-headers"


def test_the_command_says_line_by_line_what_it_found(
    demo: DemoProcore, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.parameters = dataclasses.replace(DemoParameters(), hourly_limit=None)
    text = text_for(demo, **COMPANY)
    assert cli.main(["check", text]) == 1
    out = capsys.readouterr().out
    assert "Run  procore-jupyter login" in out and "1 fail" in out
    signed_in(demo, **COMPANY)
    assert cli.main(["check", text]) == 0
    out = capsys.readouterr().out
    assert out.startswith("This machine\n  holds          Python ") and "0 fail" in out
    for secret in (demo.client_secret, demo.client_id):
        assert secret not in out
