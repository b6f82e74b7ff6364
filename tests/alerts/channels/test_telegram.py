"""Telegram through a strict stand-in: what arrives, and what each failure means."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from telegram.error import RetryAfter

from alerts.channels.envelope import Envelope
from alerts.channels.telegram.channel import TelegramChannel, seconds_asked
from alerts.messages import Block, Button, Kind, Message, Picture, Style
from alerts.render.telegram import plain_parts, telegram_caption, telegram_parts
from portfolios.errors import DeliveryError
from portfolios.model.plan import Zone
from tests.standins.telegram import TOKEN, TelegramStandin

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CHAT = 4711
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
MESSAGE = Message(
    Kind.PROPOSAL, "k", "Core: drift 7.2% & 3 trades <now>", NOW, zone=Zone.AMBER,
    blocks=(Block(Style.TABLE, columns=("asset", "value>"), rows=[["BTC", "$1"]]),
            Block(Style.PICTURE, "layer1 is at its limit", picture="sectors.png")),
    buttons=((Button("Approve", "p:abc"), Button("Skip", "s:abc")),),
)  # fmt: skip
ENVELOPE = Envelope(7, str(CHAT), MESSAGE)


def channel(server: TelegramStandin, **changes: Any) -> TelegramChannel:
    given: dict[str, Any] = {
        "base_url": server.base_url, "parts": telegram_parts, "plain": plain_parts,
        "caption": telegram_caption, "timeout": 5.0, "token": TOKEN,
    } | changes  # fmt: skip
    return TelegramChannel(given.pop("token"), **given)


def test_a_message_arrives_with_its_buttons_and_silence() -> None:
    with TelegramStandin(CHAT) as server, channel(server) as telegram:
        receipt = telegram.send(Envelope(7, str(CHAT), MESSAGE, is_silent=True))
        (sent,) = server.sent
    assert sent.text.startswith("<b>🟠 Core: drift 7.2% &amp; 3 trades &lt;now&gt;</b>")
    assert "<pre>asset  value\nBTC       $1</pre>" in sent.text
    assert [[b["callback_data"] for b in row] for row in sent.buttons] == [["p:abc", "s:abc"]]
    assert sent.is_silent
    assert receipt == f"{CHAT}:{sent.message_id}"


def test_pictures_follow_with_what_they_show() -> None:
    with TelegramStandin(CHAT) as server, channel(server) as telegram:
        telegram.send(Envelope(7, str(CHAT), MESSAGE, (Picture("sectors.png", PNG),)))
        text, photo = server.sent
    assert (text.method, photo.method, photo.photo) == ("sendMessage", "sendPhoto", PNG)
    assert photo.text == "layer1 is at its limit"


def test_a_copy_says_so_and_a_recovery_answers_the_earlier_message() -> None:
    with TelegramStandin(CHAT) as server, channel(server) as telegram:
        first = telegram.send(ENVELOPE)
        telegram.send(Envelope(8, str(CHAT), MESSAGE, may_repeat=True, answers=first))
        one, other = server.sent
    assert other.text.startswith("(may repeat #8)\n")
    assert other.answers == one.message_id


def test_a_long_message_comes_in_parts_with_buttons_on_the_last() -> None:
    items = [f"thing number {n} that is told at some length" for n in range(300)]
    long = Message(
        Kind.WEEKLY, "k", "Core", NOW, blocks=(Block(Style.BULLETS, items=items),),
        buttons=MESSAGE.buttons,
    )  # fmt: skip
    with TelegramStandin(CHAT) as server, channel(server) as telegram:
        telegram.send(Envelope(7, str(CHAT), long))
    assert len(server.sent) > 3
    assert [bool(message.buttons) for message in server.sent].index(True) == len(server.sent) - 1


def refusal(server: TelegramStandin, **changes: Any) -> DeliveryError:
    with server, channel(server, **changes) as telegram, pytest.raises(DeliveryError) as caught:
        telegram.send(ENVELOPE)
    return caught.value


def faulty(kind: str, **details: Any) -> TelegramStandin:
    server = TelegramStandin(CHAT)
    server.fault(kind, method="sendMessage", **details)
    return server


GONE = {"permanent": True, "address_gone": True}
FLAGS = ("permanent", "address_gone", "outcome_unknown", "channel_down", "unreached")


@pytest.mark.parametrize(
    ("code", "description", "expected"),
    [
        (403, "Forbidden: bot was blocked by the user", GONE),
        (403, "Forbidden: user is deactivated", GONE),
        (403, "Forbidden: bot was kicked from the group chat", GONE),
        (403, "Forbidden: bot is not a member of the channel chat", GONE),
        (403, "Forbidden: bot can't initiate conversation with a user", GONE),
        (400, "Bad Request: chat not found", GONE),
        (403, "Forbidden: something never heard of", {}),
        (400, "Bad Request: something never heard of", {}),
        (500, "Internal Server Error", {}),
        (502, "Bad Gateway", {"unreached": True}),
        (503, "Service Unavailable", {"unreached": True}),
        (401, "Unauthorized", {"channel_down": True}),
    ],
)
def test_each_refusal_has_a_meaning(
    code: int, description: str, expected: Mapping[str, bool]
) -> None:
    error = refusal(faulty("status", code=code, description=description))
    for name in FLAGS:
        assert getattr(error, name) is expected.get(name, False), name


def test_a_flood_says_how_long_and_a_moved_chat_where_to() -> None:
    assert refusal(faulty("flood", retry_after=17)).retry_after == 17
    assert refusal(faulty("migrate", new_chat=-100123)).moved_to == "-100123"


def test_a_lost_answer_leaves_it_open_and_no_connection_does_not() -> None:
    assert refusal(faulty("lost")).outcome_unknown
    assert refusal(faulty("reset")).outcome_unknown
    with TelegramStandin(CHAT) as server:
        telegram = channel(server)
    with telegram, pytest.raises(DeliveryError) as caught:
        telegram.send(ENVELOPE)
    assert caught.value.unreached


def test_a_page_of_html_is_a_failure_that_may_pass() -> None:
    error = refusal(faulty("html"))
    assert not any(getattr(error, name) for name in FLAGS)


def test_refused_markup_is_sent_as_plain_text_once() -> None:
    server = faulty(
        "status", code=400, description="Bad Request: can't parse entities: unexpected end"
    )
    with server, channel(server) as telegram:
        telegram.send(ENVELOPE)
    (sent,) = server.sent
    assert sent.text.startswith("🟠 Core: drift 7.2% & 3 trades <now>")


def test_what_is_done_already_counts_as_done() -> None:
    server = faulty("status", code=400, description="Bad Request: message is not modified")
    with server, channel(server) as telegram:
        assert telegram.send(ENVELOPE) == ""


PICTURES = tuple(Picture(f"{n}.png", PNG) for n in range(3))


@pytest.mark.parametrize(
    ("fault", "details"),
    [
        ("flood", {"retry_after": 3}),
        ("status", {"code": 500, "description": "x"}),
        ("status", {"code": 502, "description": "Bad Gateway"}),
    ],
)
def test_after_a_failure_in_the_middle_only_the_rest_is_sent(
    fault: str, details: Mapping[str, Any]
) -> None:
    arrived: list[str] = []
    envelope = Envelope(7, str(CHAT), MESSAGE, PICTURES, on_part=arrived.append)
    server = TelegramStandin(CHAT)
    server.fault(fault, method="sendPhoto", **details)
    with server, channel(server) as telegram:
        with pytest.raises(DeliveryError) as caught:
            telegram.send(envelope)
        assert not caught.value.outcome_unknown
        telegram.send(replace(envelope, parts_sent=len(arrived)))
    assert [m.method for m in server.sent] == ["sendMessage", *["sendPhoto"] * 3]
    assert "may repeat" not in "".join(m.text for m in server.sent)


def test_a_picture_that_may_have_arrived_says_so_when_it_is_sent_again() -> None:
    envelope = Envelope(7, str(CHAT), MESSAGE, PICTURES, parts_sent=2, may_repeat=True)
    with TelegramStandin(CHAT) as server, channel(server) as telegram:
        assert telegram.send(envelope) == ""
    assert [m.text.startswith("(may repeat #7)") for m in server.sent] == [True, False]


def test_without_the_right_to_send_pictures_the_words_are_the_message() -> None:
    server = TelegramStandin(CHAT)
    text = "Bad Request: not enough rights to send photos to the chat"
    for _ in PICTURES:
        server.fault("status", method="sendPhoto", code=400, description=text)
    with server, channel(server) as telegram:
        assert telegram.send(Envelope(7, str(CHAT), MESSAGE, PICTURES))
    assert [m.method for m in server.sent] == ["sendMessage"]


def test_a_wrong_token_is_one_clear_message_and_nothing_shows_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="alerts")
    wrong = "987654321:BBcanary-0123456789abcdefghijklmnopq"
    error = refusal(TelegramStandin(CHAT), token=wrong)
    assert error.channel_down
    assert "REBALANCER_TELEGRAM__TOKEN" in error.hint
    texts = [repr(error), "".join(traceback.format_exception(error)), caplog.text]
    assert not any(wrong in text for text in texts)
    for malformed in ("", "no token at all"):
        with (
            TelegramStandin(CHAT) as server,
            pytest.raises(DeliveryError) as caught,
            channel(server, token=malformed) as telegram,
        ):
            telegram.send(ENVELOPE)
        assert caught.value.channel_down


class Watched(RetryAfter):
    """Notes which warning filters were in force while it was read."""

    filters: object = None

    @property
    def retry_after(self) -> int:
        self.filters = warnings.filters
        return 3


def test_reading_a_wait_leaves_the_warning_filters_of_the_process_alone() -> None:
    error = Watched(3)
    assert seconds_asked(error) == 3.0
    assert error.filters is warnings.filters


def test_the_librarys_warning_of_its_own_attribute_is_not_shown() -> None:
    code = (
        "import alerts.channels.telegram.channel as t;"
        "assert t.seconds_asked(t.RetryAfter(7)) == 7.0"
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stderr == ""
