"""Whatever is shown from made-up prices says so, on every face that it has."""

from __future__ import annotations

import email
import email.policy
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from alerts.charts.paths import paths_chart, token_chart
from alerts.charts.risks import risks_chart
from alerts.charts.sectors import sectors_chart
from alerts.charts.weights import holdings_chart, proposal_chart
from portfolios.values.display import SAMPLE
from tests.alerts.charts.test_charts import PATHS, RISKS, SECTORS, TOKEN, WEIGHTS
from tests.rebalancer.bot.bot_fixture import CANARY, Bot, plan_of, text_of
from tests.shell import Shell

CORE = """name = "core"
targets = { bitcoin = "55%", ethereum = "25%", usd-coin = "10%" }
holdings = [{ asset = "bitcoin", quantity = "0.6" }, { asset = "ethereum", quantity = "0.6" }]
alerts = [{ when = "price bitcoin > 10" }]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shell = Shell(tmp_path_factory.mktemp("home"))
    shell.write("core.toml", CORE)
    assert shell.run("add", "core.toml", "--offline").code == 0
    done = shell.run("run", "core", "--offline", "--save")
    (plan,) = re.findall("approve ([0-9a-f]{12})", done.err)
    (shell.home / "plan").write_text(plan)
    return shell.home


@pytest.fixture
def shell(home: Path, tmp_path: Path) -> Shell:
    return Shell(copytree(home, tmp_path / "home"))


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    "typed",
    [
        "demo", "run core", "run core.toml", "zones core", "show core", "list", "market",
        "whatif core cash=500", "explain PLAN", "history", "performance",
        "alerts core --replay 90d",
    ],
)  # fmt: skip
def test_what_a_command_prints_of_the_sample_says_so(
    shell: Shell, typed: str, *, as_json: bool
) -> None:
    words = shlex.split(typed.replace("PLAN", (shell.home / "plan").read_text()))
    if as_json and words[0] == "show":
        return  # what is held, without a price
    options = [*([] if words[0] == "demo" else ["--offline"]), *(["--json"] if as_json else [])]
    done = shell.run("-q", *words, *options)
    assert done.code == 0, done.err
    if as_json and "--replay" not in words:
        assert '"sample": true' in done.out
    else:
        assert SAMPLE in done.out


def test_a_report_and_its_mail_and_the_trades_as_a_table_say_so(shell: Shell) -> None:
    assert SAMPLE in shell.run("report", "core", "--offline").out.splitlines()[0]
    assert shell.run("report", "core", "--offline", "--out", "out").code == 0
    faces = {path.suffix: path for path in (shell.home / "out").iterdir()}
    assert SAMPLE in faces[".txt"].read_text().splitlines()[0]
    page = faces[".html"].read_text()
    for found in ("<title>(.*)</title>", "<h1[^>]*>(.*)</h1>", *['<img [^>]*alt="([^"]*)"'] * 3):
        assert SAMPLE in re.findall(found, page)[0]
    mail = email.message_from_bytes(faces[".eml"].read_bytes(), policy=email.policy.default)
    assert mail["Subject"].startswith(SAMPLE)
    assert len(mail["Subject"]) <= 50
    rows = shell.run("run", "core", "--offline", "--csv").out.splitlines()
    assert rows[0].endswith(',"sample"')
    assert all(row.endswith(f',"{SAMPLE}"') for row in rows[1:])
    assert len(rows) > 1


@pytest.mark.parametrize(
    "draw",
    [
        lambda **more: holdings_chart(WEIGHTS, **more),
        lambda **more: proposal_chart(WEIGHTS, **more),
        lambda **more: sectors_chart(SECTORS, **more),
        lambda **more: risks_chart(RISKS, **more),
        lambda **more: paths_chart(PATHS, quantities="today", **more),
        lambda **more: token_chart(TOKEN, **more),
    ],
)
def test_a_picture_of_the_sample_shows_it_and_its_finding_says_it(draw) -> None:  # type: ignore[no-untyped-def]
    made_up, real = draw(is_sample=True), draw()
    assert made_up[1] == f"{SAMPLE} {real[1]}"
    assert made_up[0].png != real[0].png


def spoken(bot: Bot) -> Iterator[tuple[str, str]]:
    """Have the bot say all that it says of prices, one after the other."""
    looks = (
        "status", "portfolio", "sectors", "risk", "signals", "token BTC", "market", "why",
        "whatif cash=100", "performance", "report", "chart", "chart of=holdings",
        "chart of=sectors", "chart of=risk", "chart token=BTC",
    )  # fmt: skip
    for look in looks:
        command, *rest = look.split()
        named = [CANARY] if command not in ("status", "token", "market", "signals") else []
        yield look, bot.say(" ".join([f"/{command}", *named, *rest]))
    plan = plan_of(bot.ask_proposal())
    for look in ("proposal", "why", "history", "chart of=proposal", "approve"):
        command, *rest = look.split()
        yield look, bot.say(" ".join([f"/{command}", CANARY, *rest]))
    yield "Why", text_of(bot.press(f"why:{plan}"))
    ticket = bot.press(bot.confirmation(plan))
    yield "the ticket", text_of(ticket)
    yield "its file", ticket.files[0].content.decode()
    yield "I have traded", text_of(bot.press(f"book:{plan}"))
    yield "Book", text_of(bot.press(f"booked:{plan}"))
    yield "what waits", bot.say(f"/rebalance {CANARY}")
    with bot.store() as store:
        told = store.database.rows("SELECT document FROM deliveries")
    yield "what the others are told", "".join(row["document"] for row in told) or SAMPLE


def test_what_the_bot_says_of_the_sample_says_so(tmp_path: Path) -> None:
    silent = [asked for asked, said in spoken(Bot(tmp_path)) if SAMPLE not in said]
    assert silent == []
