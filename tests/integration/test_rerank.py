"""A cross-encoder in a folder reads the best hits again.

The model here is a small real one: it counts how often "exit" or "fee" stand in the passage.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from ingestion.chunk import Chunk, document_id
from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import IndexedDocument
from ingestion.rerank import CrossEncoder, RerankerError, open_reranker
from ingestion.search import Search
from ingestion.settings import Settings
from tests.fakes.embedder import HashingEmbedder

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "exit", "fee", "is", "ten", "pounds", "lunch", "free"]


def make_model(folder: Path, outputs: int = 1, extra_input: str = "") -> None:
    """Logit: the count over the passage's word pieces (token type 1), less one and a half."""
    weights = np.zeros((len(WORDS), outputs), np.float32)
    weights[[WORDS.index("exit"), WORDS.index("fee")], -1] = 1
    names = ["input_ids", "attention_mask", "token_type_ids", *([extra_input] if extra_input else [])]
    nodes = [
        helper.make_node("Gather", ["weights", "input_ids"], ["worth"], axis=0),
        helper.make_node("Cast", ["token_type_ids"], ["second"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["second", "last"], ["mask"]),
        helper.make_node("Mul", ["worth", "mask"], ["counted"]),
        helper.make_node("ReduceSum", ["counted", "one"], ["sum"], keepdims=0),
        helper.make_node("Sub", ["sum", "bias"], ["logits"]),
    ]
    constants = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(np.array([-1]), "last"),
        numpy_helper.from_array(np.array([1]), "one"),
        numpy_helper.from_array(np.array(1.5, np.float32), "bias"),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in names]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", outputs])
    graph = helper.make_graph(nodes, "overlap", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.save(str(folder / "tokenizer.json"))


def test_each_passage_is_scored_in_the_order_given(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    passages = ["lunch is free", "exit fee is ten pounds", "fee", *["lunch"] * 20, "exit exit exit"]
    scores = CrossEncoder(tmp_path / "model")("exit fee", passages)
    assert scores[0] == pytest.approx(1 / (1 + np.exp(1.5)))
    assert scores[1] == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert max(scores) == scores[-1]
    assert CrossEncoder(tmp_path / "model")("exit fee", []) == []


def test_a_passage_longer_than_the_model_reads_is_cut(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    (score,) = CrossEncoder(tmp_path / "model")("exit", ["lunch " * 5000 + "fee"])
    assert score == pytest.approx(1 / (1 + np.exp(1.5)))


def test_search_ranks_as_the_reranker_says(tmp_path: Path) -> None:
    make_model(tmp_path / "model")
    index = EmbeddedIndex(tmp_path / "knowledge.sqlite")
    texts = ["ten pounds", "exit fee", "lunch is free"]
    index.replace(
        IndexedDocument(document_id("c", "a.md"), "c", "a.md", "", "", "x", None),
        [Chunk(1, "", text) for text in texts],
        HashingEmbedder().embed(texts),
    )
    reranker = open_reranker(Settings(reranker=tmp_path / "model"))
    plain, read = (Search(index, HashingEmbedder(), reranker=one) for one in (None, reranker))
    assert plain("lunch ten pounds is free", k=3)[-1].text == "exit fee"
    best = read("lunch ten pounds is free", k=1)
    assert [hit.text for hit in best] == ["exit fee"]
    assert best[0].score == pytest.approx(1 / (1 + np.exp(-0.5)), abs=1e-5)


def test_without_a_folder_there_is_no_reranker() -> None:
    assert open_reranker(Settings()) is None


def test_what_is_wrong_with_the_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(RerankerError, match=r"has no model\.onnx"):
        open_reranker(Settings(reranker=tmp_path))
    make_model(tmp_path / "three", outputs=3)
    with pytest.raises(RerankerError, match="gives 3 numbers"):
        CrossEncoder(tmp_path / "three")("exit", ["fee"])
    make_model(tmp_path / "more", extra_input="pixels")
    with pytest.raises(RerankerError, match="wants an input 'pixels'"):
        CrossEncoder(tmp_path / "more")("exit", ["fee"])
    (tmp_path / "more" / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(RerankerError, match="cannot be loaded"):
        CrossEncoder(tmp_path / "more")("exit", ["fee"])
