"""What a pasted text means, and how it reaches the flow."""

from __future__ import annotations

import threading
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from procore_jupyter.login.paste import PasteReceiver, PasteRefused, read_pasted
from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse
from procore_jupyter.secret import Secret

CODE = "f3Kd-9_aZ0Qw7LmN2xYp"
STATE = "kq3OaV5mZ8rT1uW2xY4zB6cD7eF9gH0iJkLmNoPqRsT"
CALLBACK = "http://localhost:8888/procore-jupyter/callback"
REQUEST = AuthorizationRequest.create(
    authorize_url="https://login.procore.com/oauth/authorize",
    client_id="an-app",
    redirect_uri=CALLBACK,
    state=STATE,
)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (CODE, None),
        (f"  {CODE}\n", None),
        (f"\t{CODE}\r\n", None),
        (f"  <http://localhost/?code={CODE}&amp;state={STATE}>\n", STATE),
        (f"http://localhost/?code={CODE}", None),
        (f'"{CODE}"', None),
        (f"“{CODE}”", None),
        (f"\ufeff{CODE}\u200b", None),
        (f"{CODE[:9]}\n{CODE[9:]}", None),
        (f"code={CODE}&state={STATE}", STATE),
        (f"?code={CODE}&state={STATE}", STATE),
        (f"?state={STATE}&code={CODE}", STATE),
        (f"code={CODE}", None),
        (f"{CALLBACK}?code={CODE}&state={STATE}", STATE),
        (f"{CALLBACK}?state={STATE}&code={CODE}#", STATE),
        (f"<{CALLBACK}?code={CODE}&state={STATE}>", STATE),
        (f"`{CALLBACK}?code={CODE}&state={STATE}`", STATE),
        (f"{CALLBACK}?code={CODE}\r\n  &state={STATE[:20]}\r\n  {STATE[20:]}", STATE),
        (f"{CALLBACK}?code={CODE}&amp;state={STATE}", STATE),
        (f"localhost:8888/procore-jupyter/callback?code={CODE}&state={STATE}", STATE),
        (f"http://localhost/?code={CODE}&state={STATE}", STATE),
        (f"https://login.procore.com/oauth/authorize/native?code={CODE}", None),
        (f"https://login.procore.com/oauth/authorize/native?code={CODE}&state={STATE}", STATE),
        (f"https://login.procore.com/oauth/authorize/{CODE}", None),
        (f"login.procore.com/oauth/authorize/{CODE}", None),
        (
            f"http://localhost:8888/login?next=%2Fprocore-jupyter%2Fcallback%3Fcode%3D{CODE}%26state%3D{STATE}",
            STATE,
        ),
        (
            "https://hub.example/hub/login?"
            + urlencode(
                {
                    "next": "/hub/spawn?"
                    + urlencode({"next": f"/hub/user-redirect/x?code={CODE}&state={STATE}"})
                }
            ),
            STATE,
        ),
    ],
)
def test_a_code_is_found_in_whatever_a_person_copies(text: str, state: str | None) -> None:
    answer = read_pasted(text, REQUEST)
    assert answer.code == Secret(CODE)
    assert answer.state == state
    assert answer.error is None


@pytest.mark.parametrize(
    "text",
    [
        f"{CALLBACK}?error=access_denied&error_description=No&state={STATE}",
        f"error=access_denied&state={STATE}",
        "https://login.procore.com/oauth/authorize/native?error=access_denied",
    ],
)
def test_a_pasted_denial_is_an_answer(text: str) -> None:
    assert read_pasted(text, REQUEST).error == "access_denied"


@pytest.mark.parametrize(
    "state",
    [
        "another",
        STATE[:-1],
        STATE + "x",
        STATE.lower(),
        STATE + ".name",
        "",
        "\udc80",
        "é" + STATE,
        quote("☃"),
    ],
)
@pytest.mark.parametrize("answer", [f"code={CODE}", "error=access_denied"])
def test_an_address_of_another_sign_in_is_refused_with_what_to_do(answer: str, state: str) -> None:
    with pytest.raises(PasteRefused, match="another sign-in.*open the link"):
        read_pasted(f"{CALLBACK}?{answer}&state={state}", REQUEST)


def test_a_second_state_cannot_hide_the_first() -> None:
    for states in (f"state={STATE}&state=other", f"state=other&state={STATE}"):
        with pytest.raises(PasteRefused):
            read_pasted(f"{CALLBACK}?code={CODE}&{states}", REQUEST)


@pytest.mark.parametrize(
    "text",
    [
        REQUEST.url,
        f"  {REQUEST.url}  ",
        REQUEST.url.replace("https://", ""),
        "http://localhost:8888/procore-jupyter/start?login=abcdefgh",
    ],
)
def test_the_sign_in_link_itself_is_recognised(text: str) -> None:
    with pytest.raises(PasteRefused, match="link.*[Oo]pen it"):
        read_pasted(text, REQUEST)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        '""',
        "what do I paste here?",
        "I signed in but nothing happened",
        "http://localhost:8888/lab",
        "https://login.procore.com/",
        "https://login.procore.com/oauth/authorize/native",
        f"{CALLBACK}?code=&state={STATE}",
        f"{CALLBACK}?state={STATE}",
        f"{CALLBACK}?code={CODE}&error=access_denied&state={STATE}",
        "http://[",
        "code=" + "x" * 20_000,
        "x" * 20_000,
    ],
)
def test_what_is_no_answer_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(PasteRefused) as refused:
        read_pasted(text, REQUEST)
    assert 20 < len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("pasted", "message"),
    [
        ("", "Nothing was pasted"),
        ("   \n", "Nothing was pasted"),
        ("abc", "neither an address nor a code"),
        ("I clicked the link but nothing happened", "more than one"),
        (f"{CODE} {CODE}", "more than one"),
        ("http://localhost/", "no sign-in code"),
        ("http://localhost/?code=", "no sign-in code"),
        (f"http://localhost/?code={CODE}&code={CODE}x", "no sign-in code"),
        (f"http://localhost/?code={CODE}&error=access_denied", "no sign-in code"),
        ("https://login.procore.com/oauth/authorize", "no sign-in code"),
        (
            "https://login.procore.com/oauth/authorize?response_type=code&client_id=1&state=x",
            "link to the sign-in page",
        ),
        ("http://[::1/?code=abcdefghij", "can't be read"),
        ("x" * 20_000, "more than one"),
        (f"http://localhost/#code={CODE}", "no sign-in code"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(pasted: str, message: str) -> None:
    with pytest.raises(PasteRefused, match=message) as caught:
        read_pasted(pasted, REQUEST)
    assert "\n" not in str(caught.value)
    assert CODE not in str(caught.value)


pieces = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            [
                "http://",
                "localhost",
                "?",
                "&",
                "code=",
                "state=",
                "error=",
                "next=",
                "%",
                "%2F",
                "\n",
                CODE,
                STATE,
                CALLBACK,
                REQUEST.url,
            ]
            + [
                "/oauth/authorize/",
                "native",
                "&amp;",
                "#",
                "urn:ietf:wg:oauth:2.0:oob",
                "\ud800",
                "[",
                "]",
                "//",
                "=",
                "@",
            ]
        ),
    ),
    max_size=12,
).map("".join)


@given(pieces)
@example("?next=?next=?next=?next=?code=1&code=2")
@example("http://[::1?code=1")
def test_no_text_breaks_the_reader_and_none_is_repeated(text: str) -> None:
    refused: PasteRefused | None = None
    try:
        answer = read_pasted(text, REQUEST)
    except PasteRefused as error:
        refused = error
    if refused is None:
        assert bool(answer.code) != bool(answer.error)
        assert answer.state in (None, STATE)
    else:
        told = str(refused)
        echoed = [text[i : i + 12] for i in range(len(text) - 11) if text[i : i + 12] in told]
        assert not echoed or all(piece in str(_plain_refusals()) for piece in echoed)
        assert refused.__cause__ is None


def _plain_refusals() -> list[str]:
    """All that can be said, found by texts that hold nothing."""
    told = []
    for text in [
        "",
        "?",
        "x x",
        "x" * 20_000,
        "y",
        REQUEST.url,
        "http://[",
        f"{CALLBACK}?code=1&state=2",
        "http://x/",
    ]:
        with pytest.raises(PasteRefused) as refused:
            read_pasted(text, REQUEST)
        told.append(str(refused.value))
    return told


def test_the_receiver_hands_over_what_was_put_from_another_thread() -> None:
    receiver = PasteReceiver()
    receiver.open(REQUEST)
    first, second = AuthorizationResponse(code=Secret("1")), AuthorizationResponse(code=Secret("2"))
    got: list[AuthorizationResponse | None] = []
    thread = threading.Thread(target=lambda: got.append(receiver.receive(threading.Event())), daemon=True)
    thread.start()
    assert receiver.hand_over(first)
    thread.join(20)
    assert got == [first]
    assert receiver.hand_over(second)
    assert not receiver.hand_over(first)  # the one before was not looked at yet
    assert receiver.receive(threading.Event()) is second


def test_closing_or_stopping_the_receiver_wakes_it_and_forgets_what_was_pasted() -> None:
    receiver = PasteReceiver()
    stop = threading.Event()
    stop.set()
    assert receiver.receive(stop) is None
    thread = threading.Thread(target=lambda: receiver.receive(threading.Event()), daemon=True)
    thread.start()
    receiver.close()
    receiver.close()
    thread.join(20)
    assert not thread.is_alive()

    full = PasteReceiver()
    full.hand_over(AuthorizationResponse(code=Secret("1")))
    full.close()
    for _ in range(2):
        assert full.receive(threading.Event()) is None
