"""The grammar: what is read how, what is refused and how it is said."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.errors import ConnectionStringError
from procore_jupyter.settings.connection_string import ConnectionString, parse

SEED = (
    r"Profile=C:\profiles\Procore.apip;Authscheme=OAuth;InitiateOAuth=GETANDREFRESH;OAuthClientId=your_client_id;"
    "OAuthClientSecret=your_client_secret;CallbackUrl=your_callback_url;"
)

# Accepted in a line and in a cell alike: text, then what it means.
ACCEPTED: list[tuple[str, dict[str, str]]] = [
    (
        SEED,
        {
            "Profile": r"C:\profiles\Procore.apip",
            "Authscheme": "OAuth",
            "InitiateOAuth": "GETANDREFRESH",
            "OAuthClientId": "your_client_id",
            "OAuthClientSecret": "your_client_secret",
            "CallbackUrl": "your_callback_url",
        },
    ),
    # pairs and what separates them
    ("", {}),
    (" ", {}),
    (";", {}),
    (" ; ;; ", {}),
    ("a=1", {"a": "1"}),
    ("a=1;", {"a": "1"}),
    (";;a=1;;b=2;;", {"a": "1", "b": "2"}),
    (" a = 1 ; b = 2 ", {"a": "1", "b": "2"}),
    ("a=1;\nb=2", {"a": "1", "b": "2"}),
    ("a=1;\r\n  b=2;\r\n", {"a": "1", "b": "2"}),
    # names
    ("OAuth Client Id=x", {"OAuthClientId": "x"}),
    ("\toauth\u00a0client id\u3000=x", {"oauthclientid": "x"}),
    ("a==b=1", {"a=b": "1"}),
    ("a===1", {"a=": "1"}),
    ("==a=1", {"=a": "1"}),
    ("a====b=1", {"a==b": "1"}),
    ("a== ==b=1", {"a==b": "1"}),
    ("'a'=1", {"'a'": "1"}),
    ('"=1', {'"': "1"}),
    ("it's=1", {"it's": "1"}),
    ("Gebäude=1", {"Gebäude": "1"}),
    # unquoted values
    ("a=b=c", {"a": "b=c"}),
    ("a= =b", {"a": "=b"}),
    ("a=b==c=", {"a": "b==c="}),
    ("a=it's", {"a": "it's"}),
    ('a=say "hi" now', {"a": 'say "hi" now'}),
    ("a=x'y;b=z", {"a": "x'y", "b": "z"}),
    ("a=two  words", {"a": "two  words"}),
    ("a=\u3000x\u2028", {"a": "x"}),
    ("a=#1", {"a": "#1"}),
    ("a=1 # no comment", {"a": "1 # no comment"}),
    (r"a=C:\dir\\", {"a": r"C:\dir\\"}),
    ("a=$x", {"a": "$x"}),
    ("a=${x}", {"a": "${x}"}),
    ("a={x}", {"a": "{x}"}),
    ("a=what?", {"a": "what?"}),
    ("a=https://h/p?q=1&r=2#f", {"a": "https://h/p?q=1&r=2#f"}),
    ("a=\u00e9\U0001f600\ud800", {"a": "\u00e9\U0001f600\ud800"}),
    # quoted values
    ("a='b'", {"a": "b"}),
    ('a="b"', {"a": "b"}),
    ("a = ' b ' ;", {"a": " b "}),
    ("a='b;c';d=e", {"a": "b;c", "d": "e"}),
    ('a="b=c"', {"a": "b=c"}),
    ("a='=b'", {"a": "=b"}),
    ("a='it''s'", {"a": "it's"}),
    ('a="say ""hi"""', {"a": 'say "hi"'}),
    ("a=''''", {"a": "'"}),
    ('a="\'"', {"a": "'"}),
    ("a='\"'", {"a": '"'}),
    ("a='line\nbreak'", {"a": "line\nbreak"}),
    ("a='x\n# no comment\ny'", {"a": "x\n# no comment\ny"}),
    ("a='\x00'", {"a": "\x00"}),
    # given, and not given
    ("a=", {}),
    ("a= ;b=1", {"b": "1"}),
    ('a=""', {"a": ""}),
    ("a=''", {"a": ""}),
    # a name given again: the last counts
    ("a=1;A=2", {"A": "2"}),
    ("a=1;b=2;a=3", {"b": "2", "a": "3"}),
    ("a=1;a=", {}),
    ("a=;a=1", {"a": "1"}),
]

# What differs between the two forms: text, as a line (None: refused), as a cell (None: refused).
DIFFERS: list[tuple[str, dict[str, str] | None, dict[str, str] | None]] = [
    ("a=1\nb=2", {"a": "1\nb=2"}, {"a": "1", "b": "2"}),
    ("a=1\rb=2", {"a": "1\rb=2"}, {"a": "1", "b": "2"}),
    ("a=\n1", {"a": "1"}, None),
    ("a\n=1", {"a": "1"}, None),
    ("a='1'\nb=2", None, {"a": "1", "b": "2"}),
    ("# c", None, {}),
    ("# c\na=1", None, {"a": "1"}),
    ("# a=1;b=2\nc=3", None, {"c": "3"}),
    ("a=1\n  # it's; \"open\n\nb=2\n#", {"a": "1\n  # it's", '"openb': "2\n#"}, {"a": "1", "b": "2"}),
    ("a=1;\n#x\nb=2", None, {"a": "1", "b": "2"}),
    ("a=1; # x", None, None),
    ("a=1;# x\nb=2", None, None),
    (";# x\na=1", None, None),
    ("a='x'#", None, None),
    ("a=1\u2028b=2", {"a": "1\u2028b=2"}, {"a": "1\u2028b=2"}),
]

# Refused in both: text, offset of the fault, a part of what is said.
REFUSED: list[tuple[str, int, str]] = [
    ("a", 0, "name="),
    ("a=1;b", 4, "name="),
    ("a=1; b ;c=2", 5, "name="),
    ("a==b", 0, "name="),
    ("a====", 0, "name="),
    ("==", 0, "name="),
    ("=1", 0, "no name"),
    ("a=1; =2", 5, "no name"),
    ("a=b'", 3, "quoted as a whole"),
    ('a=b c"  ;', 5, "quoted as a whole"),
    ("a=it''s'", 7, "quoted as a whole"),
    ("a='b", 2, "never closed"),
    ("a=\"b'", 2, "never closed"),
    ("a='b''", 2, "never closed"),
    ("a=';b=1", 2, "never closed"),
    ("a='b'c", 5, "only"),
    ("a='b' c;", 6, "only"),
    ("a='b'='c'", 5, "only"),
    ('a="b" "c"', 6, "only"),
]


@pytest.mark.parametrize("lines", [False, True], ids=["line", "cell"])
@pytest.mark.parametrize(("text", "meant"), ACCEPTED, ids=[repr(text)[:60] for text, _ in ACCEPTED])
def test_an_accepted_form_means_what_the_table_says(text: str, meant: dict[str, str], lines: bool) -> None:
    assert list(parse(text, lines=lines).items()) == list(meant.items())


@pytest.mark.parametrize(("text", "line", "cell"), DIFFERS, ids=[repr(text) for text, *_ in DIFFERS])
def test_a_cell_has_lines_and_comments_and_a_line_has_not(
    text: str, line: dict[str, str] | None, cell: dict[str, str] | None
) -> None:
    for meant, lines in ((line, False), (cell, True)):
        if meant is None:
            with pytest.raises(ConnectionStringError):
                parse(text, lines=lines)
        else:
            assert dict(parse(text, lines=lines)) == meant


@pytest.mark.parametrize("lines", [False, True], ids=["line", "cell"])
@pytest.mark.parametrize(("text", "position", "said"), REFUSED, ids=[repr(text) for text, *_ in REFUSED])
def test_a_refused_form_names_the_place(text: str, position: int, said: str, lines: bool) -> None:
    with pytest.raises(ConnectionStringError) as refused:
        parse(text, lines=lines)
    assert refused.value.position == position
    assert said in str(refused.value)
    assert f"position {position}" in str(refused.value)


def test_the_caret_stands_under_the_fault_and_values_are_masked() -> None:
    with pytest.raises(ConnectionStringError) as refused:
        parse(
            "Profile=Demo;Secret=abc;Scheme=x;Timeout='6;unknown=1", harmless=["profile", "SECRET", "timeout"]
        )
    _, place, caret = str(refused.value).split("\n")
    assert place == "  …;Secret=***;***=***;Timeout='***"
    assert caret.index("^") == place.index("'")


def test_in_a_cell_the_line_is_named_too() -> None:
    with pytest.raises(ConnectionStringError, match="line 3, position 8"):
        parse("a=1\n#\n  b", lines=True)


def test_a_piece_of_a_secret_with_a_semicolon_in_it_is_explained_and_not_shown() -> None:
    with pytest.raises(ConnectionStringError) as refused:
        parse("OAuthClientSecret=ab;cd", harmless=["OAuthClientSecret"])
    assert 'the value of OAuthClientSecret contains a ";"' in str(refused.value)
    assert "cd" not in str(refused.value)


names = st.text(min_size=1).filter(
    lambda name: "".join(name.split()) and ";" not in name and not name.strip().startswith("#")
)
odd_values = st.text(alphabet=st.sampled_from("""'"=;# \t\r\n\x00\x85\u2028\ud800\\${}a"""), max_size=12)
values = st.one_of(st.text(), st.text(alphabet=st.characters(categories=None)), odd_values)
odd_names = st.text(alphabet=st.sampled_from("=='\"# \ta\x00\u00dfſK"), min_size=1, max_size=8).filter(
    lambda name: "".join(name.split()) and not name.strip().startswith("#")
)


@given(st.lists(st.tuples(st.one_of(names, odd_names), values), max_size=6), st.booleans())
def test_what_is_formatted_parses_to_the_same(items: list[tuple[str, str]], lines: bool) -> None:
    string = ConnectionString(items)
    again = parse(string.format(), lines=lines)
    assert again == string
    assert list(again.items()) == list(string.items())
    assert hash(again) == hash(string)


@given(st.one_of(st.text(), odd_values, st.text(alphabet="a=;'\"# \n")), st.booleans())
def test_any_text_is_read_or_refused_and_what_is_read_formats_back(text: str, lines: bool) -> None:
    try:
        string = parse(text, lines=lines)
    except ConnectionStringError as refused:
        position = refused.position
        string = None
    if string is None:
        assert 0 <= position < len(text)
        return
    assert parse(string.format(), lines=lines) == string
    for pair in string.pairs:
        raw = text[pair.value_start : pair.value_end]
        assert raw == raw.strip()
        assert (pair.value is None) == (raw == "")
        if raw and raw[0] not in "'\"":
            assert raw == pair.value


@given(st.lists(st.tuples(names, values), min_size=1, max_size=4), st.text(alphabet=" ;\t", max_size=3))
def test_the_offsets_are_those_of_the_text(items: list[tuple[str, str]], before: str) -> None:
    string = ConnectionString(items)
    text = before + string.format()
    parsed = parse(text)
    for name in parsed:
        written = name.replace("=", "==")
        assert text.startswith(f"{written}=", parsed.position(name))
        assert parsed.position(name, at_value=True) == parsed.position(name) + len(written) + 1


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "a=" + "'" * 100_001,
        "a=" + '"' * 100_000,
        "=" * 100_000,
        "a=" + "x'" * 50_000,
        ";" * 100_000,
        "\n" * 100_000,
    ]
    + ["#\n" * 50_000, "a=b" + " " * 100_000 + "c", "a " * 50_000, 'a="' + '""' * 50_000, "a=b;" * 25_000],
    ids=lambda text: repr(text[:8]),
)
def test_a_hundred_kilobytes_of_anything_are_read_or_refused(text: str, lines: bool) -> None:
    # How fast is a benchmark's business; a quadratic reader would run into this suite's time-out.
    try:
        parse(text * 3, lines=lines)
    except ConnectionStringError:
        pass


def test_names_are_found_in_any_case_and_with_blanks() -> None:
    string = parse("OAuth Client Id=x")
    assert string["oauthclientid"] == string["OAUTH client ID"] == "x"
    assert "oauth Client id" in string
    assert "other" not in string
    assert 1 not in string  # type: ignore[comparison-overlap]


def test_equality_is_by_names_in_any_case_and_by_values() -> None:
    assert parse("a=1;b=2") == parse("B = '2' ; A=1")
    assert parse("a=1") != parse("a=2")
    assert parse("a=1") != parse("b=1")
    assert parse("a=") == ConnectionString()
    assert parse("a=x") != parse("a=X")
    assert parse("a=1") != {"a": "1"}


def test_a_repeated_name_is_told_once() -> None:
    assert parse("a=1;b=1;A=2;a=3").repeated == ("a",)
    assert parse("a=1;b=2").repeated == ()


def test_a_name_without_a_value_is_not_given_and_not_forgotten() -> None:
    string = parse("a=;b=1")
    assert string.not_given == ("a",)
    assert string.get("a") is None
    assert len(string) == 1
    with pytest.raises(KeyError):
        string["a"]


@pytest.mark.parametrize("name", ["", " ", "a;b", "#a", " #a"])
def test_a_name_that_cannot_be_written_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        ConnectionString({name: "1"})


def test_values_can_be_replaced_and_places_stay() -> None:
    string = parse("a=1;b=2").replaced({"B": "3"})
    assert dict(string) == {"a": "1", "b": "3"}
    assert string.position("b") == 4
    assert string.point("b", ["b"], at_value=True) == "\n  ***=***;b=***\n            ^"


def test_what_was_not_parsed_has_no_place() -> None:
    string = ConnectionString({"a": "1"})
    assert string.position("a") == 0
    assert string.point("a") == ""


def test_no_value_is_shown_or_pickled() -> None:
    string = parse("OAuthClientSecret=s3cret;s3cret=1")
    assert "s3cret" not in repr(string) + str(string) + repr(string.items()) + repr(string.values())
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(string)
    with pytest.raises(TypeError, match="secret"):
        copy.deepcopy(string)


def test_formatted_text_ends_so_that_ipython_asks_no_question() -> None:
    assert ConnectionString({"a": "what?", "b": "x\\"}).format() == "a=what?;b=x\\;"


@given(st.text(alphabet="ab =;'\"#\n", max_size=30))
def test_no_text_is_shown_unless_its_name_is_harmless(text: str) -> None:
    place = ""
    try:
        parse(text, harmless=["other"])
    except ConnectionStringError as refused:
        place = "".join(str(refused).split("\n")[1:])
    assert not set(place) & set("ab")
