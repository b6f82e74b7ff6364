from __future__ import annotations

import json
import os
import random
import sqlite3
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlite_utils
from sqlite_utils.migrations import Migrations

from portfolios.errors import StoreError
from portfolios.marketdata.market_store import MarketStore
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.users import Person, Role
from portfolios.store import migrations as steps
from portfolios.store.database import Database, open_database
from portfolios.store.portfolio_store import Store
from portfolios.store.user_store import PeopleStore
from portfolios.values.canonical import utc_text

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NOBODY = 65534
TABLES = {
    "portfolios", "holdings", "plans", "decisions", "credits", "pauses", "assets", "identities",
    "sector_choices", "quotes", "refused_quotes", "bars", "grades", "trends", "bodies", "asked",
    "leases", "people", "done", "codes", "tries",
    "shortcuts", "drafts", "looks", "beats", "offers", "turns", "acceptances",
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rebalancer.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with open_database(path) as opened:
        yield opened


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Yield a directory while the test runs as a user whom permissions bind, even under root."""
    with tempfile.TemporaryDirectory() as folder:
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(os.getuid())
            Path(folder).chmod(0o700)


def core(size: int = 1) -> Portfolio:
    held = tuple(Holding(f"asset-{i:05}", Decimal(i + 1)) for i in range(size))
    return Portfolio("core", cash=Decimal(500), holdings=held)


def pragma(database: Database, name: str) -> object:
    return database.connection.execute(f"PRAGMA {name}").fetchone()[0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_connection_is_set_up_alike(database: Database, path: Path) -> None:
    with open_database(path, read_only=True) as looking:
        for handle in (database, looking):
            assert pragma(handle, "foreign_keys") == 1
            assert pragma(handle, "synchronous") == 2
            assert pragma(handle, "busy_timeout") == 5000
            assert pragma(handle, "journal_mode") == "wal"
            assert pragma(handle, "recursive_triggers") == 1


def test_every_table_is_strict_and_every_reference_holds(database: Database) -> None:
    tables = {
        row["name"]: row["strict"] for row in database.rows("PRAGMA table_list")
        if not row["name"].startswith(("sqlite_", "_sqlite_"))
    }  # fmt: skip
    assert set(tables) == TABLES
    assert set(tables.values()) == {1}
    Store(database).save_portfolio(core(3), at=NOW)
    assert database.rows("PRAGMA foreign_key_check") == []


@pytest.mark.parametrize("quantity", [None, float("nan"), "NaN", "-1", "1e5", "", "Infinity", "+1"])
def test_the_tables_themselves_refuse_what_is_no_quantity(
    database: Database, quantity: object
) -> None:
    Store(database).save_portfolio(core(), at=NOW)
    with pytest.raises(StoreError, match="refused a value"), database.transaction():
        database.execute("UPDATE holdings SET quantity = ?", (quantity,))


def test_a_holding_without_its_portfolio_is_refused(database: Database) -> None:
    with pytest.raises(StoreError, match="refused a value"), database.transaction():
        database.execute("INSERT INTO holdings VALUES (7, 'bitcoin', '1', '{}')")


def test_files_and_directories_are_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "rebalancer.db"
    before = os.umask(0o000)
    try:
        with open_database(path) as opened:
            Store(opened).save_portfolio(core(), at=NOW)
            beside = sorted(path.parent.iterdir())
            assert [file.name[13:] for file in beside] == ["", "-shm", "-wal"]
            assert {mode(file) for file in beside} == {0o600}
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == mode(tmp_path / "new" / "deep") == 0o700


def test_a_file_that_was_open_to_others_is_closed_to_them(path: Path) -> None:
    open_database(path).close()
    path.chmod(0o644)
    open_database(path).close()
    assert mode(path) == 0o600


@pytest.mark.parametrize("content", [b"name = 'core'\n", b"SQLite format 3", b"\x00" * 4096])
def test_a_file_that_is_no_database_is_left_untouched(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)
    for read_only in (False, True):
        with pytest.raises(StoreError, match="not a database of this program") as caught:
            open_database(path, read_only=read_only)
        assert caught.value.hint
    assert (path.read_bytes(), mode(path)) == (content, 0o644)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_database_of_another_program_is_left_untouched(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program's database"):
        open_database(path)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.touch(0o600)
    with open_database(path) as opened:
        Store(opened).save_portfolio(core(), at=NOW)
    with open_database(path, read_only=True) as looking:
        assert Store(looking).list_portfolios() == (core(),)


@pytest.mark.parametrize("place", ["file/below/a.db", "file", ""])
def test_a_place_that_cannot_hold_a_file_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        open_database(tmp_path / place)
    assert caught.value.hint
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_directory_that_may_not_be_written_is_named(open_folder: Path) -> None:
    open_folder.chmod(0o500)
    for place in ("rebalancer.db", "deeper/rebalancer.db"):
        with pytest.raises(StoreError, match="cannot be used: Permission denied") as caught:
            open_database(open_folder / place)
        assert "permissions" in caught.value.hint
    assert list(open_folder.iterdir()) == []


def test_a_database_that_may_not_be_written_is_named_and_kept(open_folder: Path) -> None:
    path = open_folder / "rebalancer.db"
    with open_database(path) as opened:
        Store(opened).save_portfolio(core(), at=NOW)
    path.chmod(0o400)
    open_folder.chmod(0o500)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="cannot be used: Permission denied"):
        open_database(path)
    assert path.read_bytes() == before


def test_looking_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing is stored yet") as caught:
        open_database(tmp_path / "none" / "rebalancer.db", read_only=True)
    assert "rebalancer add" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_handle_for_looking_cannot_write(database: Database, path: Path) -> None:
    with (
        open_database(path, read_only=True) as looking,
        pytest.raises(StoreError, match="may not be written"),
    ):
        Store(looking).save_portfolio(core(), at=NOW)
    assert Store(database).list_portfolios() == ()


def test_names_with_strange_characters_are_only_names(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#b%20c" / "my data.db"
    open_database(path).close()
    assert path.is_file()


def test_a_write_outside_a_transaction_is_refused_by_sqlite_itself(database: Database) -> None:
    statement = "INSERT INTO plans SELECT * FROM plans"
    with pytest.raises(StoreError, match="outside a transaction"):
        database.execute(statement)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.connection.execute(statement)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.tables.table("plans").insert({"plan_id": "x"})
    with pytest.raises(StoreError, match="may not be written"):
        database.rows("DELETE FROM portfolios RETURNING name")


def test_every_writing_transaction_begins_immediate(database: Database) -> None:
    seen: list[str] = []
    database.connection.set_trace_callback(lambda sql: seen.append(sql.lstrip().upper()))
    store = Store(database)
    store.save_portfolio(core(2), at=NOW)
    with database.transaction():
        store.load_portfolio("core")
        store.save_portfolio(core(3), at=NOW)
    store.remove_portfolio("core")
    database.connection.set_trace_callback(None)
    writes = [i for i, sql in enumerate(seen) if sql.startswith(("INSERT", "DELETE", "UPDATE"))]
    begins = [sql for sql in seen if sql.startswith("BEGIN")]
    assert begins == ["BEGIN IMMEDIATE"] * 3
    for place in writes:
        before = [sql for sql in seen[:place] if sql.startswith(("BEGIN", "COMMIT"))]
        assert before[-1] == "BEGIN IMMEDIATE"
    assert len(writes) >= 9


def test_an_inner_failure_takes_back_only_its_own_writes(database: Database) -> None:
    store = Store(database)
    with database.transaction():
        store.save_portfolio(core(), at=NOW)
        with pytest.raises(StoreError):
            store.save_portfolio(
                replace(core(), name="bad", holdings=(Holding("cash", Decimal(1)),)), at=NOW
            )
        store.save_portfolio(replace(core(), name="good"), at=NOW)
    assert [p.name for p in store.list_portfolios()] == ["core", "good"]


def test_another_writer_is_named_instead_of_a_lock(database: Database, path: Path) -> None:
    with open_database(path) as other, other.transaction():
        database.connection.execute("PRAGMA busy_timeout = 0")  # the wait itself is not tested
        with pytest.raises(StoreError, match="in use by another program") as caught:
            Store(database).save_portfolio(core(), at=NOW)
    assert "try again" in caught.value.hint
    Store(database).save_portfolio(core(), at=NOW)


def test_a_reader_is_not_held_up_by_a_writer(database: Database, path: Path) -> None:
    Store(database).save_portfolio(core(), at=NOW)
    with database.transaction(), open_database(path, read_only=True) as looking:
        Store(database).remove_portfolio("core")
        assert Store(looking).list_portfolios() == (core(),)


def refusal(store: Store, portfolio: Portfolio) -> StoreError | None:
    try:
        store.save_portfolio(portfolio, at=NOW)
    except StoreError as error:
        return error
    return None


def allow_pages(database: Database, spare: int) -> None:
    pages = int(str(pragma(database, "page_count")))
    database.connection.execute(f"PRAGMA max_page_count = {pages + spare}")


def full_disk(database: Database, step: int) -> int:
    """Let the disk fill up later and later; return how often it struck before all was written."""
    store, struck = Store(database), 0
    store.save_portfolio(core(2), at=NOW)
    while True:
        allow_pages(database, struck * step)
        error = refusal(store, core(400))
        if error is None:
            return struck
        struck += 1
        assert "no space" in str(error)
        assert "free some space" in error.hint
        assert store.list_portfolios() == (core(2),)
        assert pragma(database, "integrity_check") == "ok"


def test_a_full_disk_changes_nothing_at_whatever_write_it_strikes(database: Database) -> None:
    assert full_disk(database, 4) > 5
    assert Store(database).list_portfolios() == (core(400),)


def test_after_a_full_disk_the_work_goes_on(database: Database) -> None:
    store = Store(database)
    allow_pages(database, 0)
    with database.transaction():
        store.save_portfolio(replace(core(), name="first"), at=NOW)
        assert refusal(store, core(1000)) is not None
        store.save_portfolio(replace(core(), name="last"), at=NOW)
    assert [p.name for p in store.list_portfolios()] == ["first", "last"]


def test_nothing_is_half_written_when_a_failure_that_ended_the_unit_was_swallowed(
    database: Database,
) -> None:
    store = Store(database)

    def go_on_regardless() -> None:
        with database.transaction():
            store.save_portfolio(replace(core(), name="first"), at=NOW)
            database.connection.execute("ROLLBACK")  # as SQLite does by itself on some failures
            store.save_portfolio(replace(core(), name="last"), at=NOW)

    with pytest.raises(StoreError, match="ended this unit"):
        go_on_regardless()
    assert store.list_portfolios() == ()
    store.save_portfolio(core(), at=NOW)
    assert store.list_portfolios() == (core(),)


def released(*functions: object) -> Migrations:
    """Return the migrations of an earlier or later release."""
    package = Migrations("portfolios")
    for function in functions:
        package()(function)  # type: ignore[type-var]
    return package


STEPS = (
    steps.m001_portfolios,
    steps.m002_plans_and_decisions,
    steps.m003_credits,
    steps.m004_market_data,
    steps.m005_leases,
    steps.m006_people,
    steps.m007_links,
    steps.m008_chats,
    steps.m009_beats,
    steps.m010_offers,
    steps.m011_turns,
    steps.m012_addresses,
    steps.m013_pauses_after_faults,
    steps.m014_confirmed_levels,
    steps.m015_acceptances,
    steps.m016_denials,
    steps.m017_lasting_trends,
)
RELEASES = [STEPS[:count] for count in (1, 2, 4, 7, 10, 11, 12, 13, 14, 15, 16, 17)]


@pytest.mark.parametrize("known", RELEASES, ids=len)
@pytest.mark.parametrize("read_only", [False, True])
def test_the_file_of_every_release_is_brought_up_to_date_with_its_data(
    path: Path, known: tuple[object, ...], read_only: bool
) -> None:
    with open_database(path, migrations=[released(*known)]) as old:
        Store(old).save_portfolio(core(3), at=NOW)
    with open_database(path, read_only=read_only) as new:
        store = Store(new)
        assert store.list_portfolios() == (core(3),)
        assert store.plans() == ()
        assert new.rows("PRAGMA foreign_key_check") == []


@pytest.mark.parametrize("read_only", [False, True])
def test_people_of_the_releases_with_one_chat_and_one_mail_keep_their_addresses(
    path: Path, read_only: bool
) -> None:
    person = {
        "name": "ann", "role": "owner", "email": "ann@example.org", "chat": "7",
        "timezone": "Asia/Tokyo", "portfolios": ["core"], "is_group": False,
    }  # fmt: skip
    kept = [person, person | {"name": "bob", "email": ""}, person | {"name": "cy", "chat": ""}]
    with open_database(path, migrations=[released(*RELEASES[-7])]) as old, old.transaction():
        for each in kept:
            row = (each["name"], json.dumps(each, sort_keys=True))
            old.execute("INSERT INTO people (name, document) VALUES (?, ?)", row)
    with open_database(path, read_only=read_only) as new:
        ann, bob, cy = PeopleStore(new).everybody()
    mail, chat = {"email": "ann@example.org"}, {"telegram": "7"}
    assert ann == Person("ann", Role.OWNER, mail | chat, "Asia/Tokyo", ("core",))
    assert (bob.addresses, cy.addresses) == (chat, mail)


def test_prices_of_earlier_releases_are_confirmed_ones(path: Path) -> None:
    with open_database(path, migrations=[released(*RELEASES[-5])]) as old, old.transaction():
        old.execute(
            "INSERT INTO quotes (asset_id, currency, price, at, source, market_cap)"
            " VALUES ('solana', 'usd', '150.5', ?, 'coingecko', 1e9)", (utc_text(NOW),)
        )  # fmt: skip
    with open_database(path) as new:
        store = MarketStore(new, currency="usd")
        assert store.levels() == store.accepted()


def test_the_releases_under_test_end_with_the_present_one() -> None:
    nothing = sqlite_utils.Database(memory=True)
    present = [step.name for step in steps.PORTFOLIOS.pending(nothing)]
    nothing.close()
    assert present == [step.__name__ for step in RELEASES[-1]]  # type: ignore[attr-defined]


def m999_of_the_future(db: sqlite_utils.Database) -> None:
    db.execute("CREATE TABLE futures (name TEXT) STRICT")


def test_the_file_of_a_newer_program_is_refused_and_kept(path: Path) -> None:
    open_database(path, migrations=[released(*RELEASES[-1], m999_of_the_future)]).close()
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreError, match="newer version of this program") as caught:
            open_database(path, read_only=read_only)
        assert "install the newest version" in caught.value.hint
    assert path.read_bytes() == before


def test_tables_of_a_package_that_is_not_asked_for_are_no_obstacle(path: Path) -> None:
    alerts = Migrations("alerts")
    alerts()(m999_of_the_future)
    open_database(path, migrations=[steps.PORTFOLIOS, alerts]).close()
    open_database(path).close()


def test_an_upgrade_that_fails_leaves_the_old_tables(path: Path) -> None:
    def m003_power_cut(db: sqlite_utils.Database) -> None:
        db.execute("DROP TABLE decisions")
        raise RuntimeError("power cut")

    with open_database(path, migrations=[released(steps.m001_portfolios)]) as old:
        Store(old).save_portfolio(core(), at=NOW)
    with pytest.raises(RuntimeError, match="power cut"):
        open_database(path, migrations=[released(*RELEASES[-1], m003_power_cut)])
    with open_database(path, migrations=[released(steps.m001_portfolios)]) as old:
        assert Store(old).list_portfolios() == (core(),)
        assert old.rows("SELECT name FROM sqlite_master WHERE name IN ('plans', 'decisions')") == []


def outcome(path: Path) -> str:
    """Open and read a file; tell how that ended."""
    try:
        with open_database(path, read_only=True) as looking:
            found = Store(looking).list_portfolios()
    except StoreError as error:
        return "refused" if error.hint else "refused without a hint"
    return "same" if found == (core(300),) else "content"


def flips(path: Path, count: int) -> Counter[str]:
    """Flip single bits of a filled file; count how reading it ended."""
    with open_database(path) as opened:
        Store(opened).save_portfolio(core(300), at=NOW)
    sound, chance = path.read_bytes(), random.Random(7)  # noqa: S311
    ends: Counter[str] = Counter()
    for _ in range(count):
        place, bit = chance.randrange(len(sound)), 1 << chance.randrange(8)
        path.write_bytes(sound[:place] + bytes([sound[place] ^ bit]) + sound[place + 1 :])
        end = outcome(path)
        ends[end] += 1
        if end == "content":  # a letter of a name: only where SQLite itself finds nothing
            plain = sqlite3.connect(path)
            assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            plain.close()
    return ends


def test_a_damaged_file_is_refused_by_name(path: Path) -> None:
    ends = flips(path, 80)
    assert ends["refused"] > 0
    assert set(ends) <= {"refused", "same", "content"}


@pytest.mark.campaign
def test_five_hundred_damaged_files_are_refused_by_name(path: Path) -> None:
    assert set(flips(path, 500)) <= {"refused", "same", "content"}


def test_damage_says_how_to_go_on(path: Path) -> None:
    with open_database(path) as opened:
        Store(opened).save_portfolio(core(300), at=NOW)
    content = bytearray(path.read_bytes())
    content[4096:4200] = b"\xff" * 104
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged") as caught:
        open_database(path)
    assert "rebalancer restore FILE" in caught.value.hint
    assert path.read_bytes() == bytes(content)


def test_a_file_that_was_checked_is_not_read_through_again(path: Path) -> None:
    with open_database(path) as opened:
        Store(opened).save_portfolio(core(300), at=NOW)
    place = path.read_bytes().rindex(b"asset-00299") - 40
    content = bytearray(path.read_bytes())
    content[place : place + 30] = b"\xff" * 30
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        open_database(path)
    open_database(path, is_checked=True).close()


def test_a_failed_opening_leaves_no_connection_behind(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 500)
    with pytest.raises(StoreError):
        open_database(path)
    path.unlink()  # a connection left open would keep this name in its list
    left = [file.resolve(strict=False) for file in Path("/proc/self/fd").glob("*")]
    assert [file for file in left if "rebalancer.db" in file.name] == []
