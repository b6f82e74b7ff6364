"""A message as each person wants it, on every way out."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from alerts.delivery.outbox import Outbox
from alerts.delivery.routing import Post
from alerts.messages import Block, Button, Kind, Message, Style
from alerts.preferences.choices import Preferences, Way
from alerts.preferences.number_style import Numbers
from alerts.preferences.personalise import Wording, personal, wording_of
from alerts.preferences.store import PreferenceStore
from alerts.render.plain import plain_text
from alerts.render.telegram import telegram_parts
from alerts.texts.event_messages import digest_message, rules_message
from alerts.triggers.user_rules import Fired
from portfolios.documents.codec import from_json, to_json
from portfolios.model.users import Person
from tests.alerts.delivery.delivery_examples import NOW, open_store

HIDES = Wording(hides_amounts=True)
TOLD = Message(
    kind=Kind.PROPOSAL,
    key="plan:abc",
    headline="core: drift 7.2%. 3 trades, cost about $4.10",
    as_of=NOW,
    portfolio="core",
    blocks=(
        Block(Style.HEADING, "sell SOL $1,234"),
        Block(Style.BULLETS, items=("Value now 9,876.00 CHF", "12.5% of it")),
        Block(
            Style.TABLE,
            columns=("trade", "value>", "price>"),
            rows=(("sell SOL", "$1,234", "$120.50"), ("buy UNI", "77", "$5.00")),
        ),
        Block(Style.PICTURE, "now $1,234", picture="p.png"),
        Block(Style.NOTE, "as of 22 Nov 2026 09:00 UTC"),
    ),
    buttons=((Button("Sell $1,234", "/sell core $1,234"),),),
    subject="core: sells $1,234",
)
ANN = Person("ann", addresses={"email": "ann@example.com", "telegram": "7"})
GROUP = Person("friends", addresses={"telegram": "-100"}, is_group=True)


def test_every_part_is_worded_and_what_buttons_do_stays() -> None:
    told = personal(TOLD, HIDES)
    assert told.headline == "core: drift 7.2%. 3 trades, cost about •••"
    assert told.subject == "core: sells •••"
    heading, bullets, table, picture, note = told.blocks
    assert heading.text == "sell SOL •••"
    assert bullets.items == ("Value now ••• CHF", "12.5% of it")
    assert table.rows == (("sell SOL", "•••", "$120.50"), ("buy UNI", "•••", "$5.00"))
    assert picture.text == "now •••"
    assert note.text == "as of 22 Nov 2026 09:00 UTC"
    assert told.buttons == ((Button("Sell •••", "/sell core $1,234"),),)
    assert (told.key, told.portfolio, told.as_of) == (TOLD.key, TOLD.portfolio, TOLD.as_of)


def test_numbers_are_written_as_chosen_everywhere() -> None:
    told = personal(TOLD, Wording(Numbers.POINT))
    assert told.headline == "core: drift 7,2%. 3 trades, cost about $4,10"
    assert "sell SOL  $1.234  $120,50" in "\n".join(telegram_parts(told))
    spaced = "\n".join(telegram_parts(personal(TOLD, Wording(Numbers.SPACE))))
    assert "$1\u00a0234" in spaced


def test_who_chose_nothing_gets_the_message_itself() -> None:
    assert personal(TOLD, wording_of(Preferences(), is_group=False)) is TOLD


def test_groups_see_no_amounts_unless_they_chose_to() -> None:
    assert wording_of(Preferences(), is_group=True).hides_amounts
    assert not wording_of(Preferences(hides_amounts=False), is_group=True).hides_amounts
    assert wording_of(Preferences(hides_amounts=True), is_group=False).hides_amounts


def test_a_rule_about_the_value_tells_no_amount() -> None:
    fired = [Fired("value > 10000", 12345.0, NOW), Fired("value < 2e6", 1.5e6, NOW)]
    message = rules_message("core", fired, as_of=NOW)
    assert message is not None
    text = plain_text(personal(message, HIDES)).replace("22 Nov 2026 09:00", "")
    assert not re.search(r"\d{2}", text), text


def test_choices_are_kept_and_older_ones_are_read(tmp_path: Path) -> None:
    chosen = Preferences(numbers=Numbers.SPACE, hides_amounts=False, timezone="Europe/Berlin")
    with open_store(tmp_path) as database:
        PreferenceStore(database).save("ann", chosen)
        assert PreferenceStore(database).preferences("ann") == chosen
    older = {"ways": {}, "budget": 3}
    assert from_json(Preferences, older) == Preferences(budget=3)
    assert from_json(Preferences, to_json(chosen)) == chosen


def test_each_receiver_gets_his_own_wording_and_groups_nothing_to_press(tmp_path: Path) -> None:
    with open_store(tmp_path) as database:
        PreferenceStore(database).save("ann", Preferences(numbers=Numbers.POINT))
        bob = Person("bob", addresses={"telegram": "8"})
        Post(Outbox(database), PreferenceStore(database), now=NOW).send(TOLD, [ANN, bob, GROUP])
        told = {d.person: d.message for d in Outbox(database).find()}
    assert told["ann"].headline == "core: drift 7,2%. 3 trades, cost about $4,10"
    assert told["bob"] == TOLD
    assert told["friends"].headline == "core: drift 7.2%. 3 trades, cost about •••"
    assert told["friends"].buttons == ()


def test_a_digest_is_worded_when_it_is_composed(tmp_path: Path) -> None:
    with open_store(tmp_path) as database:
        kept = PreferenceStore(database)
        kept.save("ann", Preferences().choose(TOLD.kind, "telegram", Way.DIGEST))
        post = Post(Outbox(database), kept, now=NOW)
        post.send(TOLD, [ANN])
        kept.save("ann", Preferences(hides_amounts=True))
        held = kept.held_back("ann", "telegram")
        assert held == (TOLD,)
        later = Post(Outbox(database), kept, now=NOW + timedelta(days=1))
        later.send(digest_message("ann", held, day="2026-11-23", now=NOW), [ANN])
        texts = [plain_text(delivery.message) for delivery in Outbox(database).find()]
    assert texts
    assert all("cost about •••" in text and "$" not in text for text in texts)
