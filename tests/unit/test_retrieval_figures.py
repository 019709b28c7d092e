"""The figures of a ranking, against values worked out by hand, and the files of a retrieval set."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.evals.metrics import hit, ndcg, recall
from ingestion.evals.retrieval_set import RetrievalSet, RetrievalSetError, read_retrieval_set

if TYPE_CHECKING:
    from pathlib import Path

IDS = st.sampled_from("abcdefgh")
RANKED = st.lists(IDS, unique=True)
RELEVANT = st.dictionaries(IDS, st.floats(0.5, 3))


def test_figures_worked_out_by_hand() -> None:
    ranked, relevant = list("xaxb"), {"a": 2.0, "b": 1.0, "c": 1.0}
    ideal = 2 + 1 / log2(3) + 1 / 2
    assert ndcg(ranked, relevant) == pytest.approx((2 / log2(3) + 1 / log2(5)) / ideal)
    assert ndcg(ranked, relevant, k=1) == 0
    assert recall(ranked, relevant) == pytest.approx(2 / 3)
    assert (hit(ranked, relevant, k=1), hit(ranked, relevant, k=2)) == (0, 1)


@given(RANKED, RELEVANT)
def test_every_figure_lies_between_0_and_1(ranked: list[str], relevant: dict[str, float]) -> None:
    assert all(0 <= figure(ranked, relevant) <= 1 + 1e-9 for figure in (ndcg, recall, hit))


@given(RELEVANT.filter(bool), RANKED)
def test_the_ideal_order_is_worth_1_and_none_better(relevant: dict[str, float], other: list[str]) -> None:
    ideal = sorted(relevant, key=lambda one: -relevant[one])
    assert ndcg(ideal, relevant) == pytest.approx(1)
    assert ndcg(other, relevant) <= ndcg(ideal, relevant) + 1e-9


CORPUS = '{"_id": "d1", "text": "Fees are 1 %."}\n\n{"_id": "d2", "title": "Exit", "text": "Exit is free."}\n'
QUERIES = '{"_id": "q1", "text": "exit?"}\n{"_id": "q2", "text": "fees?"}\n{"_id": "q3", "text": "else?"}\n'
QRELS = "query-id\tcorpus-id\tscore\nq1\td2\t1\nq2\td1\t2\nq2\td2\t0\n"


def read(folder: Path, corpus: str = CORPUS, queries: str = QUERIES, qrels: str = QRELS) -> RetrievalSet:
    for name, text in (("corpus.jsonl", corpus), ("queries.jsonl", queries), ("qrels.tsv", qrels)):
        (folder / name).write_text(text, encoding="utf-8")
    return read_retrieval_set(folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels.tsv")


def test_questions_come_with_what_answers_them(tmp_path: Path) -> None:
    known = read(tmp_path)
    assert [(one.id, one.title) for one in known.corpus] == [("d1", ""), ("d2", "Exit")]
    assert [(one.id, dict(one.relevant)) for one in known.questions] == [
        ("q1", {"d2": 1.0}),
        ("q2", {"d1": 2.0}),
    ]


def test_judgements_need_no_header(tmp_path: Path) -> None:
    assert len(read(tmp_path, qrels="q1\td2\t1\n").questions) == 1


def test_a_sample_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    known = read(tmp_path)
    assert known.sample(1, 5) == known.sample(1, 5)
    assert known.sample(9, 5) == known


@pytest.mark.parametrize(
    ("part", "text", "complaint"),
    [
        ("corpus", '{"_id": "d1", "text": "x"}\n{"_id": ', r"corpus\.jsonl:2 is not JSON"),
        ("corpus", '["d1"]', r'corpus\.jsonl:1 has no "_id"'),
        ("corpus", '{"_id": "d1", "text": 7}', r'corpus\.jsonl:1 has no "text"'),
        (
            "corpus",
            '{"_id": "d1", "text": "x", "title": 7}',
            r'corpus\.jsonl:1 has a "title" that is no text',
        ),
        ("corpus", CORPUS + CORPUS, r"corpus\.jsonl:4 has the \"_id\" 'd1' a second time"),
        ("corpus", "", r"corpus\.jsonl is empty"),
        ("queries", '{"text": "x"}', r'queries\.jsonl:1 has no "_id"'),
        ("qrels", QRELS + "q1 d1 1\n", r"qrels\.tsv:5 needs a question's id"),
        ("qrels", QRELS + "q1\td1\tmuch\n", r"qrels\.tsv:5 needs a question's id"),
        ("qrels", "q9\td1\t1\n", r"qrels\.tsv:1: 'q9' is not in .*queries\.jsonl"),
        ("qrels", "q1\td9\t1\n", r"qrels\.tsv:1: 'd9' is not in .*corpus\.jsonl"),
        ("qrels", "q1\td1\t0\n", r"qrels\.tsv judges none of the questions"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, part: str, text: str, complaint: str) -> None:
    with pytest.raises(RetrievalSetError, match=complaint):
        read(tmp_path, **{part: text})
