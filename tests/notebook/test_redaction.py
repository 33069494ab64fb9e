"""Where secrets stand in a cell's text."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.notebook.redaction.cell_text import redact, secrets_in
from procore_jupyter.notebook.redaction.connection_text import redact_string, secrets_in_string
from procore_jupyter.settings.connection_string import ConnectionString
from procore_jupyter.settings.properties import PROPERTIES
from tests.soak import in_a_soak

SECRETS = [one.name for one in PROPERTIES if one.secret]

CASES = [
    # the ordinary ones
    (
        "%procore_connect Profile=Demo;OAuthClientSecret=hidden;Timeout=5",
        "%procore_connect Profile=Demo;OAuthClientSecret=***;Timeout=5",
    ),
    (
        "%procore_connect --name two --wait OAuthClientSecret=hidden",
        "%procore_connect --name two --wait OAuthClientSecret=***",
    ),
    (
        "%procore_connect --account 'a b' OAuthClientSecret=hidden",
        "%procore_connect --account 'a b' OAuthClientSecret=***",
    ),
    (
        "  %procore_connect oauthclientsecret = hidden ; Profile=Demo",
        "  %procore_connect oauthclientsecret = *** ; Profile=Demo",
    ),
    # options behind the string
    ("%procore_connect OAuthClientSecret=hidden --save", "%procore_connect OAuthClientSecret=***"),
    (
        "%procore_connect OAuthClientSecret='hid den' --save site --wait",
        "%procore_connect OAuthClientSecret=***",
    ),
    (
        "%procore_connect Profile=Demo --save OAuthClientSecret=hidden",
        "%procore_connect Profile=Demo --save OAuthClientSecret=***",
    ),
    (
        "%procore_connect Profile=Demo --name x --wait OAuthClientSecret=hidden;Timeout=5",
        "%procore_connect Profile=Demo --name x --wait OAuthClientSecret=***;Timeout=5",
    ),
    ("%procore_connect OAuthClientSecret=hid --wait den", "%procore_connect OAuthClientSecret=***"),
    ("%procore_connect OAuth Client Secret=hidden", "%procore_connect OAuth Client Secret=***"),
    ("procore_connect OAuthClientSecret=hidden", "procore_connect OAuthClientSecret=***"),
    ("%time %procore_connect OAuthClientSecret=hidden", "%time %procore_connect OAuthClientSecret=***"),
    (
        "x = 1\n%procore_connect OAuthClientSecret=hidden\ny = 2",
        "x = 1\n%procore_connect OAuthClientSecret=***\ny = 2",
    ),
    (
        "if x:\n    %procore_connect OAuthClientSecret=hidden\n    y = 'a=b'",
        "if x:\n    %procore_connect OAuthClientSecret=***\n    y = 'a=b'",
    ),
    # two in one cell
    (
        "%procore_connect OAuthClientSecret=hidden\n%procore_connect --name b OAuthClientSecret=hidden",
        "%procore_connect OAuthClientSecret=***\n%procore_connect --name b OAuthClientSecret=***",
    ),
    # continued lines
    (
        "%procore_connect Profile=Demo;\\\n  OAuthClientSecret=hidden\nx = 1",
        "%procore_connect Profile=Demo;\\\n  OAuthClientSecret=***\nx = 1",
    ),
    # quotes
    (
        "%procore_connect OAuthClientSecret='hid;den';Timeout=5",
        "%procore_connect OAuthClientSecret=***;Timeout=5",
    ),
    (
        "%procore_connect OAuthClientSecret='hid''; den';Timeout=5",
        "%procore_connect OAuthClientSecret=***;Timeout=5",
    ),
    (
        '%procore_connect OAuthClientSecret="hid\'den";Timeout=5',
        "%procore_connect OAuthClientSecret=***;Timeout=5",
    ),
    # the cell form
    (
        "%%procore_connect --wait\nProfile=Demo\nOAuthClientSecret=hidden\nTimeout=5\n",
        "%%procore_connect --wait\nProfile=Demo\nOAuthClientSecret=***\nTimeout=5\n",
    ),
    (
        "%%procore_connect\n# OAuthClientSecret=hidden\nOAuthRefreshToken='hid\nden'\nTimeout=5",
        "%%procore_connect\n# OAuthClientSecret=***\nOAuthRefreshToken=***\n\nTimeout=5",
    ),
    (
        "%%time\n%%procore_connect\nOAuthClientSecret=hidden",
        "%%time\n%%procore_connect\nOAuthClientSecret=***",
    ),
    # strings that can't be read
    (
        "%procore_connect OAuthClientSecret=hid;den;Timeout=5",
        "%procore_connect OAuthClientSecret=***;***;Timeout=5",
    ),
    ("%procore_connect OAuthClientSecret='hidden;Timeout=5", "%procore_connect OAuthClientSecret=***"),
    (
        "%procore_connect OAuthClientSecret='hid'den;Timeout=5",
        "%procore_connect OAuthClientSecret=***;Timeout=5",
    ),
    ("%procore_connect OAuthClientSecret==hidden", "%procore_connect OAuthClientSecret==***"),
    ("%procore_connect OAuthClientSecrt=hidden;Timeout=5", "%procore_connect OAuthClientSecrt=***;Timeout=5"),
    ("%procore_connect =hidden", "%procore_connect =***"),
    (
        "%procore_connect --unknown OAuthClientSecret=hidden",
        "%procore_connect --unknown OAuthClientSecret=***",
    ),
    # in Python
    (
        'procore_jupyter.connect("Profile=Demo;OAuthClientSecret=hidden")',
        'procore_jupyter.connect("Profile=Demo;OAuthClientSecret=***")',
    ),
    ('connect("OAuthClientSecret=hidden", via="paste")', 'connect("OAuthClientSecret=***", via="paste")'),
    ("connect('''OAuthClientSecret=hidden''')", "connect('''OAuthClientSecret=***''')"),
    (
        'text = """\nProfile=Demo\nOAuthClientSecret=hidden\n"""',
        'text = """\nProfile=Demo\nOAuthClientSecret=***\n"""',
    ),
    (
        "get_ipython().run_line_magic('procore_connect', 'OAuthClientSecret=hidden;Timeout=5')",
        "get_ipython().run_line_magic('procore_connect', 'OAuthClientSecret=***;Timeout=5')",
    ),
    (
        "get_ipython().run_cell_magic('procore_connect', '', 'Profile=Demo\\nOAuthClientSecret=hidden\\n')",
        "get_ipython().run_cell_magic('procore_connect', '', 'Profile=Demo\\nOAuthClientSecret=***\\n')",
    ),
    ("connect(\"OAuthClientSecret='hid;den';Timeout=5\")", 'connect("OAuthClientSecret=***;Timeout=5")'),
    ('connect("OAuthClientSecret=hid\'d;en")', 'connect("OAuthClientSecret=***;en")'),
]


@pytest.mark.parametrize(("cell", "clean"), CASES)
def test_secrets_are_cut_out_and_the_rest_is_kept(cell: str, clean: str) -> None:
    assert redact(cell) == clean


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "x = 1",
        "%procore_connect Profile=Demo;Environment=Sandbox;OAuthClientId=abc",
        "%procore_connect OAuthClientSecret=${MY_SECRET}",
        "%procore_connect OAuthClientSecret='{my_secret}';Timeout=5",
        "%procore_connect OAuthClientSecret=;Timeout=5",
        "%procore_connect my_saved_one",
        "%procore_status --name x",
        "OAuthClientSecret = os.environ['X']",
        "connect('OAuthClientSecret=' + secret)",
        "connect(f'Profile=Demo;OAuthClientSecret={secret};')",
        "d = {'OAuthClientSecret': 1}",
        "print(OAuthClientSecret=1)",
    ],
)
def test_a_cell_without_a_secret_stays_as_it_is(cell: str) -> None:
    assert redact(cell) == cell
    assert secrets_in(cell) == []


def test_secrets_know_which_property_they_are_of() -> None:
    found = secrets_in_string("Profile=Demo;OAuthClientSecret=a;oauth refresh token=b;Nonsense=c")
    assert [one.name for one in found] == ["OAuthClientSecret", "OAuthRefreshToken", ""]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(
    st.lists(st.tuples(st.sampled_from(["Profile", "Timeout", "CallbackURL"]), TEXT)),
    TEXT,
    st.booleans(),
    st.sampled_from(SECRETS),
)
def test_no_secret_of_a_written_string_survives(
    others: list[tuple[str, str]], value: str, lines: bool, name: str
) -> None:
    secret = f"zq7{value}7qz"
    written = ConnectionString({**dict(others), name: secret}).format()
    cell = f"%%procore_connect\n{written}" if lines else f"%procore_connect {written}".replace("\n", " ")
    assert "zq7" not in redact(cell)


@given(st.text(string.ascii_letters[:3] + "=;'\"\n\\{}$#% OAuthClientSecret", max_size=60))
def test_no_text_crashes_it_nor_changes_its_lines(text: str) -> None:
    for cell in (text, f"%procore_connect {text}", f"%%procore_connect\n{text}", f"OAuthClientSecret={text}"):
        assert redact(cell).count("\n") == cell.count("\n")
        redact_string(cell, lines=True)


@in_a_soak
def test_a_long_cell_takes_no_longer_than_its_length_asks_for() -> None:
    # Quadratic work on this would run for minutes and into the suite's own time limit.
    redact("%procore_connect " + "a;" * 200_000 + "OAuthClientSecret='" + "''" * 200_000)
    redact('x = "' + "OAuthClientSecret=a;" * 20_000 + '"')
    redact("OAuthClientSecret " * 50_000)
    redact("\n" * 200_000 + "OAuthClientSecret=x")
