"""The Weaviate double counts and refuses as the server's source says; figures are worked out by hand."""

from __future__ import annotations

import math
import uuid
from typing import Any

import numpy as np
import pytest
from weaviate.classes.query import Filter
from weaviate.collections.filters import _FilterToGRPC

from tests.fakes.weaviate_filters import passing, tokens
from tests.fakes.weaviate_ranking import bm25, closeness, longest, relative_score
from tests.fakes.weaviate_store import Kept, Refused, Store

FEES: dict[str, Any] = {
    "class": "Fees",
    "properties": [
        {"name": "words", "dataType": ["text"], "tokenization": "whitespace"},
        {"name": "name", "dataType": ["text"], "tokenization": "field", "indexSearchable": False},
        {"name": "hidden", "dataType": ["text"], "indexFilterable": False, "indexSearchable": False},
        {"name": "groups", "dataType": ["text[]"], "tokenization": "field"},
        {"name": "page", "dataType": ["int"]},
        {"name": "dated", "dataType": ["date"]},
    ],
    "vectorConfig": {"text": {"vectorizer": {"none": {}}, "vectorIndexType": "hnsw"}},
    "invertedIndexConfig": {"stopwords": {"preset": "none"}},
    "multiTenancyConfig": {"enabled": True},
}


@pytest.fixture
def store() -> Store:
    store = Store()
    store.create(FEES)
    store.add_tenants("Fees", [{"name": "acme"}])
    return store


@pytest.fixture
def kept(store: Store) -> Kept:
    return store.kept("Fees")


def put(store: Store, number: int, vector: list[float] | None = None, **properties: Any) -> str:
    vectors = {"text": np.array(vector, np.float32)} if vector else {}
    identity = str(uuid.UUID(int=number))
    store.put(store.kept("Fees"), "acme", identity, properties, vectors)
    return identity


def test_bm25_is_counted_over_the_whole_shard_and_without_the_factor(store: Store, kept: Kept) -> None:
    one = put(store, 1, words="fee fee exit")
    two = put(store, 2, words="fee")
    put(store, 3, words="Fee at the end now")
    shard = kept.shard("acme").values()
    # 2 of 3 objects have "fee"; the shard's mean length is (3 + 1 + 5) / 3 = 3.
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    expected = {
        one: idf * 2 / (2 + 1.2 * (1 - 0.75 + 0.75 * 3 / 3)),
        two: idf * 1 / (1 + 1.2 * (1 - 0.75 + 0.75 * 1 / 3)),
    }
    assert bm25(kept, shard, "fee", ["words"], {one, two}) == pytest.approx(expected, rel=1e-6)
    # A filter takes objects out of the answer, not out of the counts; a repeated word weighs twice.
    assert bm25(kept, shard, "fee", ["words"], {two}) == pytest.approx({two: expected[two]}, rel=1e-6)
    assert bm25(kept, shard, "fee fee", ["words"], {two})[two] == pytest.approx(2 * expected[two], rel=1e-6)
    assert bm25(kept, shard, "unknown", ["words"], {one}) == {}
    with pytest.raises(Refused, match="Searching by property 'name' requires inverted index"):
        bm25(kept, shard, "fee", ["name"], {one})


def test_cosine_is_of_normalised_vectors_and_lengths_must_agree(store: Store, kept: Kept) -> None:
    same, across = put(store, 1, [3.0, 0.0]), put(store, 2, [0.0, 5.0])
    put(store, 3, words="no vector")
    shard = kept.shard("acme").values()
    near = closeness(shard, "text", np.array([2, 0], np.float32), {same, across})
    assert near == pytest.approx({same: 1, across: 0})
    with pytest.raises(Refused, match="vector lengths don't match: 2 vs 3"):
        closeness(shard, "text", np.ones(3, np.float32), {same})
    with pytest.raises(Refused, match=r"vector with length 3\. Existing nodes have vectors with length 2"):
        put(store, 4, [1.0, 2.0, 3.0])


def test_relative_scores_are_scaled_list_by_list_and_added() -> None:
    # The example of the server's documentation: [1, 8, 6, 11] becomes [0, .7, .5, 1].
    words = [("a", 11.0), ("b", 8.0), ("c", 6.0), ("d", 1.0)]
    assert relative_score([(words, 1.0)]) == [
        *(("a", 1.0), ("b", pytest.approx(0.7)), ("c", 0.5), ("d", 0.0)),
    ]
    near = [("d", 0.9), ("a", 0.5)]
    fused = dict(relative_score([(near, 0.25), (words, 0.75)]))
    assert fused == pytest.approx({"a": 0.75, "b": 0.525, "c": 0.375, "d": 0.25})


def test_one_score_in_a_list_counts_in_full_and_ties_go_to_the_word_score_then_the_id() -> None:
    assert relative_score([([("b", 0.3), ("a", 0.3)], 1.0)]) == [("a", 1.0), ("b", 1.0)]
    near, words = [("x", 0.9), ("y", 0.1)], [("y", 7.0), ("x", 2.0)]
    assert relative_score([(near, 0.5), (words, 0.5)]) == [("y", 0.5), ("x", 0.5)]


def test_a_list_is_at_least_a_hundred_long(store: Store, kept: Kept) -> None:
    scores = {put(store, number, words="fee"): 1.0 for number in range(1, 151)}
    shard = kept.shard("acme").values()
    assert len(longest(scores, shard, 10)) == 100
    assert len(longest(scores, shard, 120)) == 120


def test_words_are_split_as_the_property_says() -> None:
    assert tokens(" Exit-fee £10 ", "word") == ["exit", "fee", "10"]
    assert tokens(" Exit-fee £10 ", "whitespace") == ["Exit-fee", "£10"]
    assert tokens(" Exit-fee £10 ", "lowercase") == ["exit-fee", "£10"]
    assert tokens(" Exit-fee £10 ", "field") == ["Exit-fee £10"]


PAGE, NAME, GROUPS = (Filter.by_property(name) for name in ("page", "name", "groups"))


@pytest.mark.parametrize(
    ("where", "passes"),
    [
        (NAME.equal("a b"), {1}),
        (NAME.equal("A b"), set()),
        (NAME.not_equal("a b"), {2, 3}),
        (NAME.contains_any(["a b", "c"]), {1, 2}),
        (GROUPS.contains_any(["sales", "none"]), {1, 2}),
        (GROUPS.contains_all(["sales", "service"]), {2}),
        (GROUPS.contains_none(["sales"]), {3}),
        (PAGE.less_than(3) & NAME.not_equal("c"), {1}),
        (PAGE.greater_or_equal(2) | NAME.equal("a b"), {1, 2, 3}),
        (Filter.by_id().contains_any([uuid.UUID(int=2), uuid.UUID(int=9)]), {2}),
    ],
)
def test_filters_leave_what_they_say(store: Store, kept: Kept, where: Any, passes: set[int]) -> None:
    put(store, 1, name="a b", page=1, groups=["sales"])
    put(store, 2, name="c", page=2, groups=["sales", "service"])
    put(store, 3, page=3)
    found = passing(kept, kept.shard("acme").values(), _FilterToGRPC.convert(where))
    assert {uuid.UUID(identity).int for identity in found} == passes


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (Filter.by_property("hidden").equal("x"), "Filtering by property 'hidden' requires inverted index"),
        (Filter.by_property("nowhere").equal("x"), "no such prop with name 'nowhere' found in class 'Fees'"),
        (PAGE.equal("x"), "does not fit property 'page' of type int"),
        (NAME.equal(3), "does not fit property 'name' of type text"),
        (NAME.is_none(True), "Nullstate must be indexed"),
        (NAME.like("a*"), "unknown filter operator OPERATOR_LIKE"),
    ],
)
def test_filters_the_server_would_not_take_are_refused(
    store: Store, kept: Kept, where: Any, says: str
) -> None:
    put(store, 1, name="a", page=1)
    with pytest.raises(Refused, match=says):
        passing(kept, kept.shard("acme").values(), _FilterToGRPC.convert(where))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"class": "fees"}, "'fees' is not a valid class name"),
        ({"class": "Fees"}, "class name Fees already exists"),
        ({"properties": [{"name": "id", "dataType": ["text"]}]}, "not a valid property name or is reserved"),
        ({"properties": [{"name": "x", "dataType": ["txt"]}]}, "invalid dataType"),
        (
            {"properties": [{"name": "x", "dataType": ["int"], "tokenization": "word"}]},
            "not allowed for data",
        ),
        (
            {"properties": [{"name": "x", "dataType": ["int"], "indexSearchable": True}]},
            "allowed only for text",
        ),
        ({"invertedIndexConfig": {"stopwords": {"preset": "de"}}}, "stopwordPreset 'de' does not exist"),
        ({"invertedIndexConfig": {"bm25": {"k1": 1.2, "b": 3}}}, "BM25.b must be"),
        ({"vectorConfig": {"v": {"vectorizer": {"text2vec": {}}}}}, "no module with name"),
        ({"multiTenancy": {"enabled": True}}, "does not know multiTenancy of a class"),
    ],
)
def test_a_class_that_is_not_well_made_is_refused(store: Store, change: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        store.create({"class": "Other", **change})


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"nowhere": "x"}, "no such prop with name 'nowhere'"),
        ({"name": 3}, "invalid text property 'name' on class 'Fees': not a string"),
        ({"page": 1.5}, "requires an integer, the given value is '1.5'"),
        ({"groups": "sales"}, "not a text array"),
        ({"dated": "2026-05-01"}, "RFC3339"),
    ],
)
def test_an_object_that_does_not_fit_its_class_is_refused(
    store: Store, kept: Kept, properties: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        put(store, 1, **properties)
    assert not kept.shard("acme")


def test_an_object_needs_a_known_tenant_an_id_and_a_known_vector(store: Store, kept: Kept) -> None:
    identity = str(uuid.uuid4())
    with pytest.raises(Refused, match="multi-tenancy enabled, but request was without tenant"):
        store.put(kept, "", identity, {}, {})
    with pytest.raises(Refused, match='tenant not found: "other"'):
        store.put(kept, "other", identity, {}, {})
    with pytest.raises(Refused, match="invalid UUID"):
        store.put(kept, "acme", "not an id", {}, {})
    with pytest.raises(Refused, match="does not have a vector named 'image'"):
        store.put(kept, "acme", identity, {}, {"image": np.ones(2, np.float32)})
    with pytest.raises(Refused, match="not a valid tenant name"):
        store.add_tenants("Fees", [{"name": "a b"}])
    with pytest.raises(Refused, match="could not find class Nowhere in schema"):
        store.kept("Nowhere")
