"""Keeps a file of figures up to date for a program that watches the service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from portfolios.errors import StoreError
from rebalancer import wiring
from rebalancer.daemon import Turn
from rebalancer.service.metrics import gather, metrics_text
from rebalancer.settings import Resolved
from rebalancer.wiring.delivering import Clock, open_office
from rebalancer.wiring.looking import usages_of


@dataclass(frozen=True, slots=True)
class Measures:
    """Writes the figures of the moment into a file, all of them or none."""

    resolved: Resolved
    offline: bool
    clock: Clock
    path: Path

    def __call__(self, _: Turn) -> bool:
        """Write them.

        Raises:
            StoreError: the file cannot be written.
        """
        now = self.clock()
        market = wiring.market_if_any(self.resolved, offline=self.offline)
        with open_office(self.resolved.settings) as store:
            usages = usages_of(self.resolved.settings, store.database, now)
            text = metrics_text(gather(store, market, tuple(usages.values()), now=now))
        write_whole(self.path, text)
        return True


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one.

    Raises:
        StoreError: it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        why = type(error).__name__
        raise StoreError(f"{path} cannot be written ({why})", hint="see --metrics") from error
