"""Findings with one cause in common, to be told in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portfolios.model.plan import ORDER, Finding, Scope, Zone
from portfolios.values.causes import named


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings that say the same; never empty, in the order in which they were found.

    Attributes:
        zone, after, text: of each.
    """

    zone: Zone
    after: Zone | None
    text: str
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> float:
        """Of the gravest."""
        return max(finding.severity for finding in self.findings)

    @property
    def codes(self) -> str:
        """The short keys of the rules, each once."""
        return ", ".join(dict.fromkeys(finding.code for finding in self.findings))

    def subject(self, names: Mapping[str, str]) -> str:
        """Name what the findings are about, the portfolio first.

        Args:
            names: asset id -> symbol; what is not among them goes by its id.
        """
        whole = [f for f in self.findings if f.scope is Scope.PORTFOLIO]
        rest = [f for f in self.findings if f.scope is not Scope.PORTFOLIO]
        told = [names.get(f.subject, f.subject) if f.scope is Scope.ASSET else f.subject
                for f in rest]  # fmt: skip
        return named(list(dict.fromkeys([*("portfolio" for _ in whole), *told])))


def grouped(findings: Iterable[Finding]) -> tuple[FindingGroup, ...]:
    """Put findings of the same zone and words together, in the order of the first of each."""
    groups: dict[tuple[Zone, Zone | None, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.zone, finding.after, _words(finding)), []).append(finding)
    return tuple(FindingGroup(*key, tuple(found)) for key, found in groups.items())


def _words(finding: Finding) -> str:
    """Say what is true, and what would be where a proposal makes it worse."""
    is_worse = finding.after is not None and ORDER[finding.after] > ORDER[finding.zone]
    return f"{finding.text}; after: {finding.after_text}" if is_worse else finding.text
