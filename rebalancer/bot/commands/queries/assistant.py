"""A question to the provider's assistant: it costs a credit, and its words are not ours."""

from __future__ import annotations

from textwrap import wrap

from alerts.messages import Block, Style
from portfolios.errors import UsageError
from portfolios.store.completed_jobs import CompletedJobs
from rebalancer.bot.reply import Reply, reply_with
from rebalancer.bot.request import Request

LONGEST_PARAGRAPH = 450
MOST_A_DAY = 10
"""Questions of one person: the credits are everybody's."""


def question(request: Request) -> Reply:
    """Put a question to the assistant."""
    asked = " ".join(request.words)
    if not asked:
        raise UsageError("ask something", hint="/ask what moves SOL? It costs one credit")
    if request.services.ask is None:
        raise UsageError(
            "no assistant is set up here", hint="the owner sets REBALANCER_TOKENMETRICS__API_KEY"
        )
    if not any(_is_first(request, number) for number in range(MOST_A_DAY)):
        raise UsageError(f"you asked {MOST_A_DAY} times today", hint="each costs a credit")
    answer, left = request.services.ask(asked)
    blocks = [Block(Style.TEXT, part) for part in _paragraphs(answer)]
    rest = "" if left is None else f", {left} left this month"
    note = f"Token Metrics' words, not ours; one credit spent{rest}"
    return reply_with(request, f"You asked: {asked}", *(blocks or [_nothing()]), note=note)


def _is_first(request: Request, number: int) -> bool:
    """Count a question of the day; False when as many were asked before."""
    period = f"{request.now.date().isoformat()}:{number}"
    return CompletedJobs(request.store.database).record(
        f"ask:{request.person.name}", period, at=request.now
    )


def _nothing() -> Block:
    return Block(Style.TEXT, "The assistant had nothing to say.")


def _paragraphs(text: str) -> list[str]:
    """Return a long text in parts that are shown whole."""
    return [part for line in text.splitlines() for part in wrap(line, LONGEST_PARAGRAPH)]
