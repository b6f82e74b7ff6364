"""What a real browser makes of a mail: every letter has contrast, in both schemes, on a phone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from alerts.messages import Block, Kind, Message, Style
from alerts.render.mail import mail_html
from portfolios.model.plan import Zone

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)

# Walks over every element that bears letters, and compares its colour with what lies behind it.
SCRIPT = """
<script>
const rgb = c => c.match(/[\\d.]+/g).map(Number);
const lum = c => { const [r, g, b] = rgb(c).map(v => v / 255).map(
    v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const back = e => { while (e) { const c = getComputedStyle(e).backgroundColor;
    if (rgb(c).length < 4 || rgb(c)[3] > 0) return c; e = e.parentElement; } return "rgb(255,255,255)"; };
const found = [];
for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent).join("").trim();
    if (!own || getComputedStyle(e).display === "none" || e.tagName === "SCRIPT") continue;
    const [a, b] = [lum(getComputedStyle(e).color), lum(back(e))].sort((x, y) => y - x);
    found.push([e.tagName, own.slice(0, 30), (a + 0.05) / (b + 0.05)]);
}
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
document.title = JSON.stringify({found, wide,
    dark: matchMedia("(prefers-color-scheme: dark)").matches});
</script>
"""  # noqa: E501


def page(zone: Zone) -> str:
    blocks = (
        Block(Style.HEADING, "What to do"),
        Block(Style.TEXT, "SOL is 9.1 points over its limit of 15%"),
        Block(Style.TABLE, columns=("trade", "value>", "why"),
              rows=[["sell SOL", "$3,970", "over its limit"]]),
        Block(Style.BULLETS, items=["one", "two"]),
        Block(Style.NOTE, "prices of 24 Nov 2026"),
    )  # fmt: skip
    message = Message(Kind.WEEKLY, "k", "Core: drift 26.5%", NOW, zone=zone, blocks=blocks)
    html = mail_html(message, footer=("It proposes, you trade.",))
    return html.replace("</body>", SCRIPT + "</body>")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("zone", list(Zone))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_letter_can_be_read(tmp_path: Path, zone: Zone, scheme: str) -> None:
    file = tmp_path / "mail.html"
    file.write_text(page(zone), encoding="utf-8")
    preferred = "0" if scheme == "dark" else "1"
    done = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--window-size=390,900",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--blink-settings=preferredColorScheme={preferred}", "--dump-dom", file.as_uri(),
        ],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    title = re.search(r"<title>(.*?)</title>", done.stdout, flags=re.DOTALL)
    assert title is not None
    seen = json.loads(unescape(title[1]))
    assert seen["dark"] is (scheme == "dark")
    assert len(seen["found"]) >= 10
    assert [one for one in seen["found"] if one[2] < 4.5] == []
    assert seen["wide"] <= 0
