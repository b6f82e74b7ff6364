"""Settings of every test.

Examples are drawn the same way each time, and a failing one is shown as found: shrinking it would
solve hundreds of programs. `HYPOTHESIS_PROFILE=fresh` draws anew.
"""

from __future__ import annotations

import os
import signal

from hypothesis import Phase, settings

# A shell starts its background jobs with the interrupt ignored, and every process of a test would
# inherit that: one that is to be stopped by it would never end.
signal.signal(signal.SIGINT, signal.default_int_handler)

QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
settings.register_profile("steady", derandomize=True, deadline=None, phases=QUICK)
settings.register_profile("fresh", deadline=None, phases=QUICK)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
