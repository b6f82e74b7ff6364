"""Settings of every test.

Examples are drawn the same way each time, and a failing one is shown as found: shrinking it would
solve hundreds of programs. `HYPOTHESIS_PROFILE=fresh` draws anew.
"""

from __future__ import annotations

import os
import shutil
import signal

import pytest
from hypothesis import Phase, settings

# A shell starts its background jobs with the interrupt ignored, and every process of a test would
# inherit that: one that is to be stopped by it would never end.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Databases sync at every commit, and on a disk the tests wait for that: they work in memory where
# there is plenty. A process that is killed leaves the same files there as on a disk.
MEMORY = "/dev/shm"  # noqa: S108 - pytest makes a private directory in it
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2 * 2**30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)

# As many workers as cores: threads of linear algebra in each would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LONGEST = ("test_house.py", "test_properties.py", "test_refresh.py", "test_soak.py")
"""They are begun first, so that no process still works on one of them when all else is done."""

QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
settings.register_profile("steady", derandomize=True, deadline=None, phases=QUICK)
settings.register_profile("fresh", deadline=None, phases=QUICK)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the order is otherwise that of the tree."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
