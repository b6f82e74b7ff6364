"""What one import collects on its way: problems with their lines, warnings, unknown assets.

Nothing stops at the first problem. Readers note what is wrong and go on with what is left; at the
end there is either a portfolio or one error that lists everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from portfolios.errors import InputError, Problem
from portfolios.loaders.asset_names import Naming

MOST_HOLDINGS = 10_000
USUAL_CURRENCY = "usd"
LIMIT_OF_PROBLEMS = 1000
"""Nobody reads further; the count stays exact."""

MEND = "mend these places and try again"
SETTLE = "settle a symbol with --map SYM=ID or write asset ids; then try again"
UNKNOWN = f"{MEND}; --allow-unknown keeps what is like no known asset, valued at zero"


@dataclass(slots=True)
class ImportSession:
    """The notes of one import.

    Attributes:
        source: what the user called the file.
        name: the portfolio's name where the file states none.
        naming: what the file's symbols and ids mean.
        as_of: the day of the import, None when it does not matter; nothing may lie after it.
        columns: what the user says of a table: our name of a column -> the file's.
        decimal: what the user says of its numbers, `point` or `comma`; None where nothing.
        hint: what to do about problems, where naming did not cause them.
        problems, warnings: collected so far.
    """

    source: str
    name: str
    naming: Naming
    as_of: date | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    hint: str = MEND
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def stop_if_wrong(self) -> None:
        """Raise everything collected, in the order of the lines.

        Raises:
            InputError: when there is any problem.
        """
        if self.problems:
            unknown = UNKNOWN if self.naming.has_refused else self.hint
            hint = SETTLE if self.naming.is_ambiguous else unknown
            raise refusal(self.source, self.problems, hint=hint)


def refusal(source: str, problems: Sequence[Problem], *, hint: str = MEND) -> InputError:
    """Return the one error for a file that cannot be used."""
    ordered = sorted(problems, key=lambda problem: problem.line or 0)
    count = f"{len(ordered):,} problem{'s' if len(ordered) != 1 else ''}"
    kept = ordered[:LIMIT_OF_PROBLEMS]
    if len(kept) < len(ordered):
        kept.append(Problem(f"and {len(ordered) - len(kept):,} more problems"))
    message = f"{source}: {count}, nothing was imported"
    return InputError(message, source=source, problems=kept, hint=hint)


def unreadable(source: str, why: str, *, hint: str) -> InputError:
    """Return the error for a file that is wrong as a whole: empty, binary, too large."""
    return InputError(f"{source}: {why}, nothing was imported", source=source, hint=hint)
