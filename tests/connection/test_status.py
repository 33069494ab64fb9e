"""The card: one line that says who, where, and what next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from procore_jupyter.connection.status import Status
from procore_jupyter.wording import LONGEST_NAME, one_line

SIGNED_IN = Status(
    place="Procore · production",
    api_host="api.procore.com",
    login_host="login.procore.com",
    state="signed in",
    user="Dana Reyes",
    companies=((1234, "Skyline Builders"),),
    company=(1234, "Skyline Builders"),
    token_expires_in=5000.0,
    renews=True,
)
THREE = replace(
    SIGNED_IN,
    companies=((1234, "Skyline Builders"), (5678, "Skyline Civil"), (9012, "Harbor JV")),
    company=None,
)


def card(status: Status, **changes: Any) -> list[str]:
    return repr(replace(status, **changes)).splitlines()


def test_the_card_of_one_company() -> None:
    assert card(SIGNED_IN) == [
        "✓ Procore · production   Dana Reyes · Skyline Builders (1234)   Signed in, renews automatically. Use `procore`."
    ]
    assert str(SIGNED_IN) == repr(SIGNED_IN)


def test_the_card_of_several_companies_lists_them_with_the_line_to_run() -> None:
    assert card(THREE) == [
        "✓ Procore · production   Dana Reyes   Choose one of your 3 companies:",
        "  1234 Skyline Builders · 5678 Skyline Civil · 9012 Harbor JV",
        '  `procore.use(company="Skyline Builders")`',
    ]
    assert card(THREE, name="p2")[2].endswith('`p2.use(company="Skyline Builders")`')


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Twin", "twin ", "Other"], "procore.use(company=1)"),
        (["", "b"], "procore.use(company=1)"),
        (['The "Best"', "b"], "procore.use(company=1)"),
        (["back\\slash", "b"], "procore.use(company=1)"),
        (["new\nline", "b"], "procore.use(company=1)"),
        (["x" * 100, "b"], "procore.use(company=1)"),
        (["It's", "b"], 'procore.use(company="It\'s")'),
    ],
)
def test_the_line_to_run_names_one_company_for_sure(names: list[str], said: str) -> None:
    assert replace(THREE, companies=tuple(enumerate(names, 1))).choose == said


def test_the_line_to_run_names_no_company_where_none_is_known() -> None:
    assert replace(SIGNED_IN, companies=(), company=None).choose == "procore.use(company=…)"


def test_more_companies_than_a_person_reads_are_counted() -> None:
    lines = card(THREE, companies=tuple((n, f"Company {n}") for n in range(1, 31)))
    assert lines[1].endswith("10 Company 10 · and 20 more: `procore.companies()`")


def test_a_chosen_company_among_several_and_a_project_are_shown() -> None:
    line = card(THREE, company=(5678, "Skyline Civil"), project=(4711, "Harbor Tower"))[0]
    assert "Dana Reyes · Skyline Civil (5678) · Harbor Tower (4711)   Signed in, renews" in line
    assert "· company 77 · project 88   " in card(THREE, company=(77, ""), project=(88, ""))[0]


def test_what_is_not_renewed_says_how_long_it_lasts() -> None:
    assert "   Signed in, expires in 89 min. Use" in card(SIGNED_IN, renews=False, token_expires_in=5399.0)[0]
    assert "   Signed in, doesn't renew. Use" in card(SIGNED_IN, renews=False, token_expires_in=None)[0]
    expired = card(SIGNED_IN, renews=False, token_expires_in=0.0)[0]
    assert expired.endswith("   Sign-in expired.") and "✓" not in expired


def test_a_service_account_and_no_sign_in_are_called_so() -> None:
    assert "   service account · Skyline" in card(SIGNED_IN, user=None, service_account=True)[0]
    line = card(SIGNED_IN, user=None, state="no sign-in", company=None, companies=())[0]
    assert line == "✓ Procore · production   no sign-in (AuthScheme=NONE)   Use `procore`."


def test_waiting_and_failed_are_said() -> None:
    assert card(SIGNED_IN, state="waiting") == ["Procore · production   Waiting for your sign-in …"]
    assert card(SIGNED_IN, state="not signed in", problem="Not signed in: you chose Deny.") == [
        "Procore · production   Not signed in: you chose Deny."
    ]
    assert card(SIGNED_IN, state="not signed in") == ["Procore · production   Not signed in."]


def test_a_problem_and_notices_stand_below() -> None:
    failing = card(SIGNED_IN, problem="Can't be reached.")[0]
    assert "✓" not in failing and "Use" not in failing
    assert card(SIGNED_IN, problem="Can't be reached.", notices=("Clock is wrong.",))[1:] == [
        "  Can't be reached.",
        "  Clock is wrong.",
    ]


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "a\u202eb", "x" * 500])
def test_names_that_would_break_the_card_do_not(name: str) -> None:
    lines = card(SIGNED_IN, user=name, company=(1, name), project=(2, name))
    assert len(lines) == 1 and lines[0].isprintable() and len(lines[0]) < 300
    assert len(one_line(name)) <= LONGEST_NAME


def test_the_details_are_labelled_in_words_of_this_world() -> None:
    status = replace(
        SIGNED_IN, login="dana@skyline.example", account="two", rate_limit=(3480, 3600), kept_at="/t.json"
    )
    assert status.details == (
        ("Sign-in server", "login.procore.com"),
        ("API", "api.procore.com"),
        ("Signed in with", "dana@skyline.example"),
        ("Account", "two"),
        ("Expires", "in 83 min, then renews automatically"),
        ("Rate limit", "3,480 of 3,600 requests left"),
        ("Stored in", "/t.json"),
    )
    assert ("Expires", "now") in replace(status, renews=False, token_expires_in=0.0).details
