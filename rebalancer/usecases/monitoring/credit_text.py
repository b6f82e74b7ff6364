"""Says in words how the credits of the providers' plans stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from portfolios.providers.quota.quota import Usage


def credit_lines(usages: Iterable[Usage]) -> Iterator[str]:
    """Yield a line for each provider: what is left, and where the month will end."""
    for usage in usages:
        spent = f"{usage.provider}: {usage.used:,} calls in {usage.month}"
        if usage.left is None or usage.limit is None:
            yield f"{spent}, no monthly limit"
        else:
            yield f"{spent}, {usage.left:,} left; {usage.forecast:,} of {usage.limit:,} forecast"
