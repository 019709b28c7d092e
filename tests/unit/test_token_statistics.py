"""How much there is to learn, and what it would cost."""

from __future__ import annotations

from agents.customer.acts import Act
from finetune.example import Example, Said
from finetune.tokens import Counter, cost_of, estimate, tokens_of

WORDS = Counter("words", lambda text: len(text.split()))


def example(prompt: str, target: str) -> Example:
    return Example(call="c", n=1, messages=(Said(role="system", content=prompt),), target=target, act=Act.ASK)


def test_statistics_over_examples() -> None:
    found = tokens_of([example("a b c d", "x"), example("a b", "x y z"), example("a", "x y")], WORDS)
    assert found.counted_by == "words"
    assert (found.customer.total, found.customer.p50, found.customer.most) == (6, 2, 3)
    assert (found.prompt.total, found.prompt.p50, found.prompt.most) == (7, 2, 4)


def test_nothing_to_count() -> None:
    assert tokens_of([], WORDS).customer.total == 0


def test_the_estimate_says_that_it_is_one() -> None:
    assert estimate().count("twelve chars") == 3
    assert "estimate" in estimate().name


def test_no_price_is_assumed() -> None:
    tokens = tokens_of([example("a b c", "x")], WORDS)
    assert cost_of(tokens, epochs=3, per_million_tokens=None).total is None
    paid = cost_of(tokens, epochs=3, per_million_tokens=500_000)
    assert paid.billable_tokens == 12
    assert paid.total == 6.0
