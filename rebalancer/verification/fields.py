"""What a check says when a field is not what it should be."""

from __future__ import annotations

from portfolios.errors import VerificationError


def require_equal(field: str, stated: object, found: object) -> None:
    """Refuse a field that differs at all.

    Raises:
        VerificationError: naming the field and both values.
    """
    if stated != found:
        raise VerificationError(field, stated, found)


def require_close(field: str, stated: float, found: float, tolerance: float = 1e-12) -> None:
    """Refuse a number that differs by more than a tolerance; raises as `require_equal` does.

    Beyond 1 it is a share of the number: its last digits are rounding.
    """
    if not abs(stated - found) <= tolerance * max(1.0, abs(found)):
        raise VerificationError(field, stated, found)


def require_most(field: str, value: float, most: float, tolerance: float = 1e-6) -> None:
    """Refuse a number above a limit; raises as `require_equal` does."""
    if not value - most <= tolerance:
        raise VerificationError(field, value, f"{most} at most")


def require_between(field: str, value: float, most: float) -> None:
    """Refuse a number below 0 or above a limit; raises as `require_equal` does."""
    if not -1e-12 <= value <= most + 1e-12:
        raise VerificationError(field, value, f"0 to {most}")
