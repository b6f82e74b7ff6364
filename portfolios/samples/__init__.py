"""Three portfolios to try everything with: one in order, one out of bounds, one half locked.

They are ordinary portfolio files, valued in the built-in sample market.
"""

from __future__ import annotations

from importlib.resources import files

from portfolios.errors import UsageError

SAMPLES: tuple[str, ...] = ("core", "growth", "staked")
"""Names, in the order in which they are shown."""


def read_sample(name: str) -> bytes:
    """Return the portfolio file of a sample, as it would stand on a disk.

    Raises:
        UsageError: when there is no sample of that name.
    """
    if name not in SAMPLES:
        raise UsageError(
            f"there is no sample portfolio named {name}", hint=f"choose {', '.join(SAMPLES)}"
        )
    return files(__name__).joinpath(f"{name}.toml").read_bytes()
