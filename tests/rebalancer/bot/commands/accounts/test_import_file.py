"""Files sent to the chat: what is wrong with them, what they change, and who may keep them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import pytest

from portfolios.documents.portfolio_toml import to_toml
from portfolios.errors import NotFoundError
from portfolios.model.assets import Asset, AssetIndex
from portfolios.model.portfolio import Portfolio
from portfolios.model.users import Person, Role
from portfolios.store.drafts import LIFE
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.reply import Reply
from rebalancer.bot.request import File, Services
from tests.rebalancer.bot.bot_fixture import CANARY, MARKET, OWNER, VIEWER, Bot, text_of
from tests.rebalancer.bot.telegram_fixture import hear, message, private, wired
from tests.standins.telegram import TelegramStandin

SHEET = b"asset,quantity\nbitcoin,2.5\nethereum,10\n"


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(tmp_path)
    made.services = Services(assets=MARKET.index)
    return made


def send(
    bot: Bot, content: bytes, caption: str = "/import", *, name: str = "growth.csv",
    user: int = OWNER,
) -> Reply:  # fmt: skip
    reply = bot.dispatcher.answer(bot.heard(caption, user, file=File(name, content)))
    assert reply is not None
    return reply


def payload(reply: Reply, label: str) -> str:
    assert reply.message is not None, reply.notice
    rows = reply.message.buttons
    return next(b.payload for row in rows for b in row if b.label == label)


def kept(bot: Bot, name: str) -> Portfolio | None:
    with bot.store() as store:
        try:
            return store.load_portfolio(name)
        except NotFoundError:
            return None


def test_a_file_is_shown_first_and_kept_by_the_second_press_once(bot: Bot) -> None:
    shown = send(bot, SHEET)
    assert "growth: new, with 2 lines. Keep it?" in text_of(shown)
    assert "bitcoin: 2.5 (new)" in text_of(shown)
    assert "today's weights are recorded" in text_of(shown)
    assert kept(bot, "growth") is None
    done = bot.press(payload(shown, "Confirm"))
    assert "growth: kept" in text_of(done)
    assert done.is_done
    own = kept(bot, "growth")
    assert own is not None
    assert own.recorded is not None
    assert sum(own.recorded.values()) <= 1
    again = bot.press(payload(shown, "Confirm"))
    assert "kept or dropped already" in again.notice
    assert "growth" in bot.say("/portfolio growth")


def test_a_kept_portfolio_shows_what_changes(bot: Bot) -> None:
    before = kept(bot, "shared")
    assert before is not None
    changed = replace(before, holdings=before.holdings[:1], cash=Decimal(1000))
    shown = send(bot, to_toml(changed).encode(), name="any.toml")
    text = text_of(shown)
    assert "shared: 2 changes. Keep it?" in text
    assert "uniswap: 900 -&gt; none" in text
    assert "cash: 900 -&gt; 1000" in text
    bot.press(payload(shown, "Confirm"))
    assert kept(bot, "shared") == replace(changed, recorded=kept(bot, "shared").recorded)  # type: ignore[union-attr]
    assert "shared: nothing changed" in text_of(send(bot, to_toml(changed).encode()))


def test_cancelled_it_is_gone(bot: Bot) -> None:
    shown = send(bot, SHEET)
    assert bot.press(payload(shown, "Cancel")).notice == "Dropped: nothing was kept."
    assert "kept or dropped already" in bot.press(payload(shown, "Confirm")).notice
    assert "kept or dropped already" in bot.press(payload(shown, "Cancel")).notice
    assert kept(bot, "growth") is None


def test_after_an_hour_nothing_is_kept(bot: Bot) -> None:
    shown = send(bot, SHEET)
    bot.now += LIFE + timedelta(seconds=1)
    assert "more than an hour" in bot.press(payload(shown, "Confirm")).notice
    assert kept(bot, "growth") is None


def test_what_changed_meanwhile_is_not_overwritten(bot: Bot) -> None:
    old = kept(bot, "shared")
    assert old is not None
    shown = send(bot, SHEET, "/import shared")
    with bot.store() as store:
        store.save_portfolio(replace(old, cash=Decimal(1)), at=bot.now)
    refused = bot.press(payload(shown, "Confirm"))
    assert refused.notice.startswith("shared was changed since, so nothing was kept")
    assert kept(bot, "shared") == replace(old, cash=Decimal(1))
    with bot.store() as store:
        store.save_portfolio(old, at=bot.now)
    assert "already" in bot.press(payload(shown, "Confirm")).notice


def test_nobody_else_keeps_it_not_even_another_owner(bot: Bot) -> None:
    with bot.store() as store:
        PeopleStore(store.database).save(Person("ivo", Role.OWNER, addresses={"telegram": "11"}))
    shown = send(bot, SHEET)
    for user in (11, VIEWER):
        assert "already" in bot.press(payload(shown, "Confirm"), user).notice
        assert "already" in bot.press(payload(shown, "Cancel"), user).notice
    assert "kept" in text_of(bot.press(payload(shown, "Confirm")))


def test_who_is_no_owner_any_more_keeps_nothing(bot: Bot) -> None:
    shown = send(bot, SHEET)
    with bot.store() as store:
        people = PeopleStore(store.database)
        people.save(replace(people.person("ann"), role=Role.APPROVER))
    assert bot.press(payload(shown, "Confirm")).notice == "This is not yours to press."
    assert kept(bot, "growth") is None


def test_an_owner_of_some_keeps_those_and_learns_of_no_other(bot: Bot) -> None:
    with bot.store() as store:
        ivo = Person("ivo", Role.OWNER, addresses={"telegram": "11"}, portfolios=("shared",))
        PeopleStore(store.database).save(ivo)
    there, nowhere = (
        text_of(send(bot, SHEET, f"/import {name}", user=11)) for name in (CANARY, "nothing-of-it")
    )
    assert "is not yours to keep" in there
    assert there.replace(CANARY, "X") == nowhere.replace("nothing-of-it", "X")
    mine = send(bot, SHEET, "/import shared", user=11)
    assert "shared: kept" in text_of(bot.press(payload(mine, "Confirm"), 11))


def test_a_caption_names_it_and_says_what_a_symbol_means(bot: Bot) -> None:
    twins = [Asset("luna-old", "LUNA", "Old"), Asset("luna-new", "LUNA", "New")]
    bot.services = Services(assets=lambda: AssetIndex([*MARKET.assets.values(), *twins]))
    sheet = b"symbol,quantity\nLUNA,3\n"
    refused = text_of(send(bot, sheet, "/import my moons"))
    assert "1 problem, nothing was imported" in refused
    assert "line 2" in refused
    assert "--" not in refused
    shown = text_of(send(bot, sheet, "/import my moons luna=luna-new BTC=bitcoin"))
    assert "my moons: new, with 1 line." in shown
    assert "luna-new: 3 (new)" in shown
    assert "BTC was not needed" in shown
    assert "not of the form SYM=ID" in text_of(send(bot, sheet, "/import LUNA="))


def test_every_problem_comes_with_its_line_and_many_are_counted(bot: Bot) -> None:
    rows = "\n".join(f"bitcoin,{n}x" for n in range(2000))
    text = text_of(send(bot, f"asset,quantity\n{rows}\n".encode()))
    assert "2,001 problems, nothing was imported" in text
    assert 'line 2 quantity "0x" is not a number' in text
    assert "these are the first 20" in text
    assert text.count("• ") == 21


def test_a_long_change_is_shown_in_pages_and_kept_from_any(bot: Bot) -> None:
    assets = sorted(MARKET.assets)[:30]
    sheet = "asset,quantity\n" + "".join(f"{a},1\n" for a in assets)
    first = send(bot, sheet.encode(), "/import wide")
    assert first.message is not None
    assert f"{assets[0]}: 1 (new)" in text_of(first)
    assert f"{assets[29]}: 1" not in text_of(first)
    last = bot.press(payload(bot.press(payload(first, "»")), "»"))
    assert last.replaces
    assert f"{assets[29]}: 1 (new)" in text_of(last)
    assert "wide: kept" in text_of(bot.press(payload(last, "Confirm")))
    assert "already" in text_of(bot.press(payload(first, "»")))


BIG = b"x" * 1_000_000
COLUMNS = b",".join(b"c%d" % n for n in range(1_000_000))
HOSTILE = {
    "nothing": b"",
    "NUL": b"asset,quantity\nbitcoin,1\0\n",
    "UTF-16, cut off": "asset,quantity\nbitcoin,1\n".encode("utf-16")[:-1],
    "latin": b"asset,quantity\nbitc\xf6in,1\n",
    "a zip": b"PK\x03\x04" + b"\0" * 2000,
    "a line of a megabyte": BIG,
    "a cell of a megabyte": b"asset,quantity\n" + BIG + b",1\n",
    "a million columns": COLUMNS + b"\n" + COLUMNS,
    "deep JSON": b"[" * 500_000,
    "deep TOML": b"a = " + b"[" * 200_000,
    "a pickle": b"cos\nsystem\n(S'true'\ntR.",
    "YAML": b"!!python/object/apply:os.system ['true']",
    "a huge number": b"asset,quantity\nbitcoin,1e999999999\n",
    "blank": b" \n\t\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_gets_one_message_soon(bot: Bot, content: bytes) -> None:
    begun = perf_counter()
    reply = send(bot, content, name="a.csv")
    assert perf_counter() - begun < 5
    text = text_of(reply)
    assert "went wrong" not in text
    assert len(text.encode("utf-16-le")) // 2 <= 4096
    assert reply.message is not None
    assert not reply.message.buttons
    with bot.store() as store:
        assert len(store.list_portfolios()) == 2


NAMES = ["../../etc/passwd", "-", "", "x" * 5000 + ".csv", "a\0b.csv", "<b>.csv", "a\u202evsc.csv",
         "NUL:", "...", "/import.csv"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_only_a_name(bot: Bot, name: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    shown = send(bot, SHEET, name=name)
    assert "Keep it?" in text_of(shown)
    assert "\u202e" not in text_of(shown)
    assert "<b>.csv" not in text_of(shown)
    assert "kept" in text_of(bot.press(payload(shown, "Confirm")))
    assert sorted(tmp_path.iterdir()) == before


def test_without_a_file_it_says_how_and_without_a_list_who(bot: Bot) -> None:
    assert "Send the file here" in bot.say("/import")
    assert "kept or dropped already" in bot.say("/import draft=none")
    bot.services = Services()
    assert "rebalancer add FILE" in text_of(send(bot, SHEET))


def test_only_owners_send_files_and_nobody_in_a_group(bot: Bot) -> None:
    assert "is for owners" in text_of(send(bot, SHEET, user=VIEWER))
    assert bot.dispatcher.takes_files(bot.heard("/import", OWNER))
    for heard in (
        bot.heard("/import", VIEWER),
        bot.heard("/import", 99),
        bot.heard("/import", OWNER, chat=-5, is_private=False),
    ):
        assert not bot.dispatcher.takes_files(heard)


def test_a_file_comes_over_the_wire_with_its_caption(bot: Bot) -> None:
    async def talked(server: TelegramStandin) -> None:
        async with wired(server, bot.dispatcher) as made:
            for caption in ("/import wide", ""):
                document = server.upload("growth.csv", SHEET)
                said = message("", at=bot.now, chat=private(OWNER), sender=OWNER)
                del said["text"]
                await hear(made, {"message": {**said, "document": document, "caption": caption}})

    with TelegramStandin(OWNER) as server:
        asyncio.run(talked(server))
        texts = server.texts(OWNER)
    assert ["wide: new, with 2 lines" in text for text in texts] == [True, False]
    assert "growth: new, with 2 lines" in texts[1]


def test_a_file_that_cannot_be_fetched_is_answered(bot: Bot) -> None:
    async def talked(server: TelegramStandin) -> None:
        async with wired(server, bot.dispatcher) as made:
            lost = {**server.upload("growth.csv", SHEET), "file_id": "unknown"}
            large = {**server.upload("growth.csv", SHEET), "file_size": 4_000_001}
            for document in (lost, large):
                said = message("", at=bot.now, chat=private(OWNER), sender=OWNER)
                del said["text"]
                await hear(made, {"message": {**said, "document": document}})

    with TelegramStandin(OWNER) as server:
        asyncio.run(talked(server))
        texts = server.texts(OWNER)
    assert "did not hand the file over" in texts[0]
    assert "The file is empty, or over 4 MB" in texts[1]


@pytest.mark.parametrize("form", ["toml", "json", "csv with semicolons"])
def test_each_form_of_file_is_read(bot: Bot, form: str) -> None:
    holdings = [{"asset": "bitcoin", "quantity": "2.5"}]
    content = {
        "toml": b'name = "growth"\nholdings = [{ asset = "bitcoin", quantity = "2.5" }]\n',
        "json": json.dumps({"name": "growth", "holdings": holdings}).encode(),
        "csv with semicolons": b"\xef\xbb\xbfasset;quantity\r\nbitcoin;2.5\r\n",
    }[form]
    shown = send(bot, content, name="growth.txt")
    assert "growth: new, with 1 line. Keep it?" in text_of(shown)


@pytest.mark.parametrize("is_priced", [True, False])
def test_a_file_in_other_money_than_the_prices_is_refused(bot: Bot, is_priced: bool) -> None:
    bot.market = MARKET if is_priced else None  # type: ignore[assignment]
    told = text_of(
        send(
            bot,
            b'name = "growth"\ncurrency = "eur"\nholdings = [{ asset = "cash", quantity = "5" }]\n',
            name="growth.toml",
        )
    )
    assert "growth is in eur, the market in usd" in told
    assert kept(bot, "growth") is None
