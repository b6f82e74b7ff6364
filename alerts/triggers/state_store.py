"""What alerts remember of each portfolio between two evaluations, kept in the database.

Each thing is a small document under (portfolio, kind, name): conditions, what was told, rules,
and marks such as the last grade told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TypeVar

from alerts.triggers.flips import Told
from alerts.triggers.hysteresis import Condition
from alerts.triggers.user_rules import RuleState
from portfolios.documents.codec import from_json, to_json
from portfolios.store.database import Database

T = TypeVar("T")

_SAVE = """
INSERT OR REPLACE INTO remembered (portfolio, kind, name, document) VALUES (?, ?, ?, ?)
"""
CONDITION, TOLD, RULE, MARK = "condition", "told", "rule", "mark"


class AlertState:
    """The memory of one portfolio; written in the transaction of what it led to."""

    def __init__(self, database: Database, portfolio: str) -> None:
        self.database = database
        self.portfolio = portfolio

    def conditions(self) -> tuple[Condition, ...]:
        """Return what is remembered of each rule and subject."""
        return self._nouns(CONDITION, Condition)

    def told(self) -> tuple[Told, ...]:
        """Return what was last told of each subject."""
        return self._nouns(TOLD, Told)

    def rules(self) -> tuple[RuleState, ...]:
        """Return what is remembered of the user's own rules."""
        return self._nouns(RULE, RuleState)

    def marks(self) -> dict[str, str]:
        """Return the marks, by name."""
        return {name: json.loads(text) for name, text in self._documents(MARK).items()}

    def keep_conditions(self, conditions: Iterable[Condition], told: Iterable[Told]) -> None:
        """Remember conditions and what was told, and nothing else of either."""
        self._replace(CONDITION, {f"{c.code} {c.subject}": to_json(c) for c in conditions})
        self._replace(TOLD, {f"{t.scope.value} {t.subject}": to_json(t) for t in told})

    def keep_rules(self, states: Iterable[RuleState]) -> None:
        """Remember the user's own rules, and no others."""
        self._replace(RULE, {state.when: to_json(state) for state in states})

    def mark(self, marks: Mapping[str, str]) -> None:
        """Set some marks; the others stay."""
        with self.database.transaction():
            for name, value in marks.items():
                self.database.execute(_SAVE, (self.portfolio, MARK, name, json.dumps(value)))

    def _nouns(self, kind: str, noun: type[T]) -> tuple[T, ...]:
        texts = self._documents(kind).values()
        return tuple(from_json(noun, json.loads(text)) for text in texts)

    def _documents(self, kind: str) -> dict[str, str]:
        rows = self.database.rows(
            "SELECT name, document FROM remembered WHERE portfolio = ? AND kind = ? ORDER BY name",
            (self.portfolio, kind),
        )
        return {row["name"]: row["document"] for row in rows}

    def _replace(self, kind: str, documents: Mapping[str, object]) -> None:
        with self.database.transaction():
            self.database.execute(
                "DELETE FROM remembered WHERE portfolio = ? AND kind = ?", (self.portfolio, kind)
            )
            for name, document in documents.items():
                text = json.dumps(document, sort_keys=True)
                self.database.execute(_SAVE, (self.portfolio, kind, name, text))
