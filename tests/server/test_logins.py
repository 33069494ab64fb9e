"""The logins now open, without a server: the clock is the test's."""

from __future__ import annotations

import asyncio
import gc

import pytest

from procore_jupyter.server.callback import CallbackResponse
from procore_jupyter.server.logins import ASKS_AGAIN, Logins, TooManyLogins, UnknownLogin, UsedLink, UsedLogin


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def logins(clock: Clock) -> Logins:
    return Logins(clock)


def code(text: str = "the-code") -> CallbackResponse:
    return CallbackResponse(state="key", code=text)


def ask(logins: Logins, key: str = "key") -> CallbackResponse | None:
    return asyncio.run(logins.wait_for_response(key, 0.0))


def test_an_answer_is_delivered_to_whoever_holds_the_key(logins: Logins) -> None:
    logins.open_login("key")
    assert ask(logins) is None

    logins.keep_response("key", code())

    assert ask(logins) == code()


def test_whether_the_kernel_still_asks_is_told_with_the_answer(logins: Logins, clock: Clock) -> None:
    for key, since, asks in (("just opened", 14.9, True), ("long silent", 15.0, False)):
        logins.open_login(key)
        clock.now += since
        assert logins.keep_response(key, code()) is asks, key

    async def waits() -> bool:
        question = asyncio.ensure_future(logins.wait_for_response("key", 25.0))
        await asyncio.sleep(0)
        clock.now += 24.0
        asked = logins.keep_response("key", code())
        await question
        return asked

    async def waits_and_vanishes() -> None:
        question = asyncio.ensure_future(logins.wait_for_response("gone", 25.0))
        await asyncio.sleep(0)
        question.cancel()
        await asyncio.wait([question])

    logins.open_login("key")
    assert asyncio.run(waits())
    logins.open_login("gone")
    asyncio.run(waits_and_vanishes())
    clock.now += ASKS_AGAIN
    assert not logins.keep_response("gone", code())


def test_an_answer_to_a_login_that_nobody_opened_is_refused_and_not_kept(logins: Logins) -> None:
    for key in ("other", "", "k" * 10_000):
        with pytest.raises(UnknownLogin):
            logins.keep_response(key, code())

    assert len(logins) == 0


def test_a_second_answer_is_refused_and_the_first_one_stays(logins: Logins) -> None:
    logins.open_login("key")
    logins.keep_response("key", code("first"))

    with pytest.raises(UsedLogin):
        logins.keep_response("key", code("second"))

    assert ask(logins) == code("first")
    with pytest.raises(UsedLogin):
        logins.keep_response("key", code("third"))


def test_the_answer_is_the_same_again_for_a_minute_after_its_delivery_and_then_gone(
    logins: Logins, clock: Clock
) -> None:
    logins.open_login("key")
    logins.keep_response("key", code())
    clock.now += 300
    assert ask(logins) == code()

    clock.now += 59.9
    assert ask(logins) == code()
    clock.now += 0.1

    with pytest.raises(UnknownLogin):
        ask(logins)
    assert len(logins) == 0


def test_asking_again_does_not_make_the_minute_longer(logins: Logins, clock: Clock) -> None:
    logins.open_login("key")
    logins.keep_response("key", code())

    for _ in range(4):
        assert ask(logins) == code()
        clock.now += 15

    with pytest.raises(UnknownLogin):
        ask(logins)


@pytest.mark.parametrize("answered", [False, True])
def test_a_login_is_gone_ten_minutes_after_it_was_opened(
    logins: Logins, clock: Clock, answered: bool
) -> None:
    logins.open_login("key")
    clock.now += 599.9
    assert ask(logins) is None
    if answered:
        logins.keep_response("key", code())

    clock.now += 0.1

    with pytest.raises(UnknownLogin):
        logins.keep_response("key", code("late"))
    with pytest.raises(UnknownLogin):
        ask(logins)
    assert len(logins) == 0


def test_a_sweep_alone_forgets_what_has_expired(logins: Logins, clock: Clock) -> None:
    logins.open_login("old")
    clock.now += 300
    logins.open_login("young")
    clock.now += 300

    logins.forget_expired()

    assert len(logins) == 1
    assert logins.is_open("young")
    assert not logins.is_open("old")


def test_the_257th_login_is_refused_and_none_of_the_others_is_thrown_out(
    logins: Logins, clock: Clock
) -> None:
    for number in range(256):
        logins.open_login(f"key-{number}")

    with pytest.raises(TooManyLogins):
        logins.open_login("one more")

    assert len(logins) == 256
    for number in range(256):
        logins.keep_response(f"key-{number}", code(str(number)))
    logins.close_login("key-7")
    logins.open_login("one more")
    with pytest.raises(TooManyLogins):
        logins.open_login("and another")
    clock.now += 600
    logins.open_login("later")
    assert len(logins) == 1


def test_a_kernel_that_lost_the_answer_to_its_opening_opens_it_again(logins: Logins, clock: Clock) -> None:
    first = logins.open_login("key", "https://login.example/?state=key")
    clock.now += 400
    logins.keep_response("key", code())

    second = logins.open_login("key", "https://elsewhere.example/?state=key")

    assert second is first
    assert len(logins) == 1
    assert ask(logins) == code()
    clock.now += 200  # and it lives no longer for that
    assert not logins.is_open("key")


def test_a_closed_login_is_unknown(logins: Logins) -> None:
    logins.open_login("key")
    logins.keep_response("key", code())

    logins.close_login("key")

    with pytest.raises(UnknownLogin):
        logins.close_login("key")
    with pytest.raises(UnknownLogin):
        logins.keep_response("key", code())
    with pytest.raises(UnknownLogin):
        ask(logins)


def test_a_closed_login_s_answer_is_forgotten_even_by_who_still_holds_the_login(logins: Logins) -> None:
    login = logins.open_login("key")
    logins.keep_response("key", code())

    logins.close_login("key")

    assert login.response is None


def test_the_start_page_leads_to_the_authorize_url_while_the_login_is_open(
    logins: Logins, clock: Clock
) -> None:
    url = "https://login.example/?state=key"
    login = logins.open_login("key", url)

    assert login.start != login.key
    assert logins.lead_on(login.start) == url
    again = logins.open_login("other", url)
    clock.now += 600
    with pytest.raises(UnknownLogin):
        logins.lead_on(again.start)


def test_a_start_page_leads_on_once_and_the_kernel_gets_another_one_when_it_asks_again(
    logins: Logins,
) -> None:
    url = "https://login.example/?state=key"
    first = logins.open_login("key", url).start

    assert logins.open_login("key", url).start == first  # not used yet: a request that was lost comes again
    assert logins.lead_on(first) == url
    for _ in range(2):
        with pytest.raises(UsedLink):
            logins.lead_on(first)
    second = logins.open_login("key", url).start
    assert second != first
    with pytest.raises(UnknownLogin):
        logins.lead_on(first)
    assert logins.lead_on(second) == url
    assert len(logins) == 1


@pytest.mark.parametrize("start", ["", "key", "x" * 22, "é", "\udc80"])
def test_an_unknown_start_page_leads_nowhere(logins: Logins, start: str) -> None:
    logins.open_login("key", "https://login.example/?state=key")

    with pytest.raises(UnknownLogin):
        logins.lead_on(start)


def test_a_login_without_an_authorize_url_has_no_start_page(logins: Logins) -> None:
    login = logins.open_login("key")

    with pytest.raises(UnknownLogin):
        logins.lead_on(login.start)


def test_who_waits_is_woken_by_the_answer_itself(logins: Logins) -> None:
    async def scene() -> CallbackResponse | None:
        logins.open_login("key")
        waiting = asyncio.create_task(logins.wait_for_response("key", 3600.0))
        await asyncio.sleep(0)
        logins.keep_response("key", code())
        # Not one tick of a timer lies between: the loop runs only what is ready.
        for _ in range(10):
            await asyncio.sleep(0)
        assert waiting.done()
        return waiting.result()

    assert asyncio.run(scene()) == code()


def test_who_waits_hears_at_once_that_the_login_is_closed(logins: Logins) -> None:
    async def scene() -> None:
        logins.open_login("key")
        waiting = asyncio.create_task(logins.wait_for_response("key", 3600.0))
        await asyncio.sleep(0)
        logins.close_login("key")
        with pytest.raises(UnknownLogin):
            await waiting

    asyncio.run(scene())


def test_waiting_ends_without_an_answer_after_its_time(logins: Logins) -> None:
    logins.open_login("key")

    assert asyncio.run(logins.wait_for_response("key", 0.01)) is None
    assert len(logins) == 1


def test_all_who_wait_get_the_answer(logins: Logins) -> None:
    async def scene() -> list[CallbackResponse | None]:
        logins.open_login("key")
        waiting = [asyncio.create_task(logins.wait_for_response("key", 3600.0)) for _ in range(3)]
        await asyncio.sleep(0)
        logins.keep_response("key", code())
        return await asyncio.gather(*waiting)

    assert asyncio.run(scene()) == [code()] * 3


def test_who_stops_waiting_leaves_nothing_and_the_answer_undelivered(logins: Logins, clock: Clock) -> None:
    async def scene() -> None:
        login = logins.open_login("key")
        waiting = asyncio.create_task(logins.wait_for_response("key", 3600.0))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        del waiting
        gc.collect()
        assert not login.changed._waiters
        logins.keep_response("key", code())
        assert login.delivered is None
        clock.now += 300
        assert await logins.wait_for_response("key", 0) == code()

    asyncio.run(scene())


def test_neither_a_login_nor_an_answer_shows_its_secrets(logins: Logins) -> None:
    login = logins.open_login("the-key", "https://login.example/?state=the-key")
    answer = CallbackResponse(state="the-state", code="the-code")

    assert not any(
        word in repr(login) + repr(answer) for word in ("the-key", "the-code", "the-state", login.start)
    )


def test_an_answer_s_json_holds_what_is_given() -> None:
    assert CallbackResponse(state="s", code="c").to_json() == {"state": "s", "code": "c"}
    assert CallbackResponse(state="s", error="access_denied", error_description="d").to_json() == {
        "state": "s",
        "error": "access_denied",
        "error_description": "d",
    }
