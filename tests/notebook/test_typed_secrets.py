"""However a secret is typed, it is cut out of the cell's text; and what is no secret stays, byte for byte."""

from __future__ import annotations

import random
import string
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procore_jupyter.notebook.redaction.cell_text import redact, secrets_in
from procore_jupyter.notebook.redaction.known_secrets import KnownSecrets
from procore_jupyter.secret import Secret
from tests.hostile.counting import share, tried
from tests.secrets.typing_ways import WAYS
from tests.soak import in_a_soak

SEED = 20
EACH = 6_000  # generated cells of each kind in `make soak`; a tenth in `make test`
many = settings(max_examples=share(EACH))

SECRETS = ["zq9s3cret77ab0", "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "Zk-7_pQ9xR_2mV8"]


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_cut_out_however_it_is_typed(way: str) -> None:
    for secret in SECRETS:
        first, rest = secret[:5], secret[5:]
        clean = redact(cell := way.format(s=secret, h=first, t=rest))
        assert rest not in clean, clean
        assert "{h}" not in way or first not in clean
        assert clean.count("\n") == cell.count("\n")
        assert redact(clean) == clean


# Cells are put together from a name, what gives the name its value, a literal, and what stands around.
# fmt: off
NAMES = ["client_secret", "CLIENT_SECRET", "PROCORE_CLIENT_SECRET", "OAuthClientSecret", "oauth_client_secret", "clientSecret",
         "access_token", "refresh_token", "proxy_password", "OAuthVerifier", "my_client_secret", "client_secret_sandbox"]
LITERALS = ["'{s}'", '"{s}"', "'''{s}'''", "r'{s}'", "b'{s}'", "f'{s}'", "('{s}')", "'{h}' '{t}'", "'{h}' + '{t}'", "('{h}'\n    '{t}')",
            "'%s' % '{s}'", "'{{}}'.format('{s}')", "f\"{{'{s}'}}\"", "''.join(['{h}', '{t}'])", "Secret('{s}')", "'{s}' if x else None",
            "str('{s}')", "['{s}'][0]", "'{s}'.strip()", "'{s}'  # mine", "x or '{s}'", "('{s}',)[0]", "lambda: '{s}'"]
GIVEN = ["{n} = {v}", "{n}: str = {v}", "a = {n} = {v}", "self.{n} = {v}", "cfg['x'].{n} = {v}", "os.environ['{n}'] = {v}", "d['a']['{n}'] = {v}",
         "d = {{'a': 1, '{n}': {v}}}", "d = {{\n    '{n}':\n    {v},\n}}", "d = dict({n}={v})", "f(1, {n}={v}, z=2)", "f(**{{'{n}': {v}}})",
         "os.putenv('{n}', {v})", "setattr(o, '{n}', {v})", "os.environ.update({n}={v})", "if ({n} := {v}):\n    pass", "def f(a, {n}={v}): pass",
         "other, {n} = 1, {v}", "{n}, other = {v}, 1", "x = 1; {n} = {v}", "p = 'Profile=Demo;{n}=' + {v}", "with f({n}={v}) as x: pass",
         "return_value = g({{'{n}': {v}}})", "class A:\n    {n} = {v}"]
AROUND = ["{c}", "x = 1\n{c}\ny = 'a=b;c'", "if True:\n    {i}", "%%time\n{c}", "%%capture out\n{c}\n", "# a note\n{c}", "'''it's a text'''\n{c}",
          "%matplotlib inline\n{c}", "!echo it's\n{c}", "def broken(:\n{c}", "try:\n    {i}\nexcept Exception:\n    raise", "print('x' # y\n{c}"]
# fmt: on


@st.composite
def secret_texts(draw: st.DrawFn) -> str:
    """Give texts such as secrets are: letters and digits, mixed."""
    letters = draw(st.text(string.ascii_letters + string.digits, min_size=8, max_size=60))
    return f"zq{draw(st.integers(1, 9))}k{letters}7x4"


@many
@given(
    st.sampled_from(NAMES),
    st.sampled_from(LITERALS),
    st.sampled_from(GIVEN),
    st.sampled_from(AROUND),
    secret_texts(),
)
def test_a_secret_given_to_a_name_is_cut_out_and_the_rest_stays(
    name: str, literal: str, given_as: str, around: str, secret: str
) -> None:
    tried("typed secrets")
    value = literal.format(s=secret, h=secret[:5], t=secret[5:])
    cell = given_as.format(n=name, v=value)
    whole = around.format(c=cell, i=cell.replace("\n", "\n    "))
    clean = redact(whole)
    assert secret[5:] not in clean, (whole, clean)
    assert secret[:5] not in clean or "{h}" not in literal, (whole, clean)
    assert clean.count("\n") == whole.count("\n")
    assert redact(clean) == clean
    # What stands around is as it was: the template without the cell begins and ends the text.
    before, _, after = around.partition("{c}" if "{c}" in around else "{i}")
    assert clean.startswith(before) and clean.endswith(after)


# fmt: off
HARMLESS = [
    "client_secret = os.environ['PROCORE_CLIENT_SECRET']", "client_secret = os.environ.get('PROCORE_CLIENT_SECRET', '')", "secret = getpass('Client Secret: ')",
    "client_secret = None", "client_secret = ''", "if client_secret == '':\n    print('no secret')", "print(client_secret)", "p = f'OAuthClientSecret={client_secret};'",
    "p = 'OAuthClientSecret=' + client_secret", "p = 'OAuthClientSecret={};Timeout={}'.format(secret, '60')", "p = 'OAuthClientSecret=%s;Timeout=%s' % (x, '5')",
    "d = {'OAuthClientSecret': secret, 'Profile': 'Demo'}", "d = dict(OAuthClientSecret=secret, Profile='Demo')", "columns = ['client_id', 'client_secret', 'redirect_uri']",
    "df = df.rename(columns={'token': 'kind', 'password': 'pw'})", "token = 'open'", "tokens = text.split(' ')", "token_type = 'bearer'", "password_policy = 'strict'",
    "secretary = 'Dana Reyes'", "is_secret = 'yes'", "keyring.get_password('procore', 'me@example.com')", "client_secret = config['procore']['client_secret']",
    "client_secret = open('secret.txt').read()", "client_secret = Path('~/.procore/secret').read_text()", "client_secret_file = 'secret.txt'", "secret_name = 'procore'",
    "def f(client_id: str, client_secret: str = '') -> None:\n    '''client_secret : str\n        The secret of the app.\n    '''", "# the client_secret is in the vault",
    "# set PROCORE_CLIENT_SECRET before Jupyter starts", "print('Set PROCORE_CLIENT_SECRET, then restart.')", "print('OAuthClientSecret=… comes from the portal')",
    "assert 'client_secret' in settings", "for name in ('client_id', 'client_secret'):\n    print(name, 'a2b')", "%procore_connect Profile=Demo;OAuthClientSecret=${MY_SECRET}",
    "%procore_connect OAuthClientSecret={my_secret};Timeout=5", "%env PROCORE_CLIENT_SECRET", "!echo $PROCORE_CLIENT_SECRET", "%%bash\nexport PROCORE_CLIENT_SECRET=$(cat secret)",
    "%%bash\nprocore-jupyter login \"OAuthClientSecret=${PROCORE_CLIENT_SECRET}\"", "print('run %procore_connect, then %%procore_connect')\nx = 'a=b'", "x = 1  # %procore_connect first, then x = 5",
    "'''\n%procore_connect Profile=Demo\n%%procore_connect\n'''\ny = 'a=b'", "headers = {'Authorization': f'Bearer {token}'}", "url = 'https://host:8080/a@b'", "url = 'https://example.com/@me?x=1'",
    "m = 'dana.reyes@example.com'", "import secrets\nx = secrets.token_hex(16)", "from auth import Authorization", "author = 'J. R. R. Tolkien'", "SELECT secret FROM t WHERE token = 'open'",
    "%%procore_sql rows <<\nSELECT * FROM rfis WHERE status = 'open' AND token = 'a'", "x = '{\"token_type\": \"bearer\", \"expires_in\": 5400}'", "passed = 'ok'; failed = 'no'",
    "%%writefile x.py\nclient_secret = os.environ['X']", "match token:\n    case 'secret':\n        kind = 'word'", "if key == 'password':\n    label = 'Password'", "compass = 'N'",
    "proxies = {'https': 'http://proxy.example.com:8080'}", "client_secret = client.get('secret').value", "x: dict[str, str] = {'secret': secret}", "lines = [f'{k}={v}' for k, v in d.items()]",
    "client_secret = input('Client Secret? ') or sys.exit('no secret')", "\"\"\"Connect with OAuthClientSecret=${PROCORE_CLIENT_SECRET} if it is set.\"\"\"", "API_TOKEN_LENGTH = 64", "pw_hash = None",
]
# fmt: on


@pytest.mark.parametrize("cell", HARMLESS)
def test_a_cell_without_a_secret_stays_byte_for_byte(cell: str) -> None:
    assert redact(cell) == cell
    assert secrets_in(cell) == []


HARMLESS_LINES = st.lists(
    st.one_of(
        st.sampled_from([one for one in HARMLESS if not one.startswith(("%%", "'''", "SELECT"))]),
        st.builds("{} = {!r}".format, st.sampled_from(["x", "rows", "title", "kind"]), st.text(max_size=20)),
        st.builds("print({!r}, {})".format, st.text(string.printable, max_size=30), st.integers()),
        st.sampled_from(["%matplotlib inline", "!ls -l", "%time f(1)", "", "    ", "x = (1,\n  2)"]),
    ),
    max_size=6,
)


@many
@given(HARMLESS_LINES)
def test_cells_of_many_lines_without_a_secret_stay_byte_for_byte(lines: list[str]) -> None:
    tried("cells without a secret")
    cell = "\n".join(lines)
    assert redact(cell) == cell


# What stands for a secret in the examples of the standard library's own docs, and an address that ftplib sends.
STAND_FOR_SECRETS = {"geheim$parole", "anonymous@"}


def test_code_that_others_wrote_stays_byte_for_byte() -> None:
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    files += sorted(Path(sysconfig.get_path("stdlib"), "email").glob("*.py"))
    print(f"seed {SEED}")
    for file in random.Random(SEED).sample(files, min(len(files), share(len(files) * 2) + 20)):
        text = file.read_text(encoding="utf-8", errors="replace")
        for known in STAND_FOR_SECRETS:
            text = text.replace(known, "")
        assert redact(text) == text, file.name


# -- values that were used -----------------------------------------------------------------------------

VALUE = "zq9s3cret77ab0x4"

TYPED_BEFORE_ITS_USE = [
    f"s = '{VALUE}'",
    f's = """{VALUE}"""',
    f"a, b = '{VALUE[:7]}', '{VALUE[7:]}'",
    f"parts = ['{VALUE[:7]}', '{VALUE[7:]}']\ns = ''.join(parts)",
    f"def go():\n    inner = '{VALUE}'\n    return inner",
    f"# {VALUE}",
    f"!echo {VALUE} | cat",
    f"x = 'a{VALUE}b'",
    f"%store s '{VALUE}'",
    f"{{'k': '{VALUE}'}}",
]


@pytest.mark.parametrize("cell", TYPED_BEFORE_ITS_USE)
def test_a_value_that_was_used_is_cut_out_wherever_it_stands(cell: str) -> None:
    known = KnownSecrets()
    assert known.redact(cell) == cell
    assert known.learn(Secret(VALUE))
    assert not known.learn(Secret(VALUE))
    clean = known.redact(cell)
    assert VALUE not in clean and VALUE[:7] not in clean and VALUE[7:] not in clean
    assert known.redact(clean) == clean


def test_a_value_is_known_in_the_spellings_of_strings_and_addresses() -> None:
    known = KnownSecrets()
    value = "p'w\"9\\x1&ä?zq"
    known.learn(Secret(value))
    for cell in (
        f"s = {value!r}",
        's = "p\'w\\"9\\\\x1&\\u00e4?zq"',
        "u = 'http://u:p%27w%229%5Cx1%26%C3%A4%3Fzq@h'",
    ):
        assert "***" in known.redact(cell), cell


@pytest.mark.parametrize(
    "value",
    ["open", "abc", "Harbor Tower 2", "harbortower", "2026-07-30", "https://x.com", "C:\\a\\b", "1234567890"],
)
def test_a_value_that_may_stand_anywhere_by_chance_is_cut_out_at_its_variable_alone(value: str) -> None:
    known = KnownSecrets()
    other = f"y = {value!r}  # {value}\nprint({value!r})"
    known.learn(Secret(value))
    assert known.redact(other) == other
    known.learn(Secret(value), "pw")
    assert known.redact(other) == other
    assert known.redact(f"pw = '{value}'\n{other}") == f"pw = '***'\n{other}"


@many
@given(
    st.text(string.ascii_lowercase + " =.'()\n", max_size=200),
    st.lists(secret_texts(), min_size=1, max_size=3),
)
def test_cells_without_a_known_value_stay_byte_for_byte(cell: str, values: list[str]) -> None:
    tried("cells beside known values")
    known = KnownSecrets()
    for value in values:
        known.learn(Secret(value))
    assert known.redact(cell) == redact(cell)
    assert values[0] not in known.redact(f"{cell}\nx = '{values[0]}'")


@in_a_soak
def test_long_cells_take_no_longer_than_their_length_asks_for() -> None:
    for cell in (
        "client_secret = " * 4_000,
        "client_secret=client_secret(" * 4_000,
        'x = "' + "OAuthClientSecret={};" * 4_000 + '"',
        "f'" + "OAuthClientSecret={x};" * 4_000 + "'",
        "f'{" + '"' * 100_000,
        "d = {" + "'client_secret': {" * 4_000,
        "(" * 100_000 + "client_secret",
        "client_secret, " * 4_000 + "= 1",
        "'OAuthClientSecret=' + " * 4_000,
        "'%procore_connect' " * 4_000 + "OAuthClientSecret=x",
        "%procore_connect OAuthClientSecret=x\n" * 5_000,
        "# client_secret\n" * 4_000,
        "client secret " * 10_000,
        "'OAuthClientSecret=%s' % " * 4_000,
    ):
        redact(cell)
