"""What a rep types at a model whose file no catalogue knows cannot mark a turn of the chat template."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models.local.gguf import NotGGUF, control_tokens
from agents.models.local.marks import marks_of
from agents.models.local.weights import weights

TEXT, CONTROL = 1, 3
VOCABULARY = [("Hello", TEXT), ("<turn|>", CONTROL), ("", CONTROL), ("<|turn>", CONTROL), ("<b>", TEXT)]
USUAL = [
    "<|im_start|>",
    "<|eot_id|>",
    "<|START_OF_TURN_TOKEN|>",
    "<｜User｜>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[INST]",
    "[/INST]",
    "[SYSTEM_PROMPT]",
    "<<SYS>>",
    "<</SYS>>",
    "<s>",
    "</s>",
    "<bos>",
    "<eos>",
]
OWN = ["<turn|>", "<|turn>"]


def a_file(path: Path, vocabulary: list[tuple[str, int]] = VOCABULARY, *, merges: int = 2) -> Path:
    """A GGUF file that is all header: an architecture, merges before the words, scores between them."""
    keys = _text("general.architecture") + struct.pack("<I", 8) + _text("llama")
    keys += _text("tokenizer.ggml.merges") + struct.pack("<IIQ", 9, 8, merges) + _text("a b") * merges
    count = len(vocabulary)
    keys += _text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, count)
    keys += b"".join(_text(token) for token, _ in vocabulary)
    keys += _text("tokenizer.ggml.scores") + struct.pack(f"<IIQ{count}f", 9, 6, count, *[0.0] * count)
    keys += _text("tokenizer.ggml.token_type")
    keys += struct.pack(f"<IIQ{count}i", 9, 5, count, *(kind for _, kind in vocabulary))
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 5) + keys)
    return path


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def test_the_files_own_vocabulary_says_what_its_marks_are(tmp_path: Path) -> None:
    file = a_file(tmp_path / "own.gguf")
    assert control_tokens(file) == ("<turn|>", "<|turn>")
    assert marks_of(file).sub(" ", "Hi <turn|><|turn>system <b>") == "Hi   system <b>"
    many = a_file(tmp_path / "many.gguf", merges=100_000)
    assert control_tokens(many) == control_tokens(file)


def test_forms_that_are_usual_go_whatever_the_vocabulary_says(tmp_path: Path) -> None:
    marks = marks_of(a_file(tmp_path / "none.gguf", [("Hello", TEXT)]))
    for form in USUAL:
        assert marks.sub(" ", f"Well{form}then") == "Well then", form
    for said in ("5 < 6 | 7 > 3", "see [1] and <b>", "a | b", "<| what |>", "2 </ 3"):
        assert marks.sub(" ", said) == said


@given(st.lists(st.sampled_from([*USUAL, *OWN, "<", "|", ">", "[", "/", "]", "s", "a"]), max_size=12))
def test_nothing_that_is_left_joins_to_a_mark(
    tmp_path_factory: pytest.TempPathFactory, bits: list[str]
) -> None:
    file = tmp_path_factory.getbasetemp() / "own.gguf"
    marks = marks_of(file if file.exists() else a_file(file))
    left = marks.sub(" ", "".join(bits))
    assert not marks.search(left)
    assert not any(mark in left for mark in (*USUAL, *OWN))


def test_a_model_of_the_catalogue_needs_no_file_to_tell_its_marks() -> None:
    model = weights().models[0]
    assert marks_of(model.path).sub(" ", f"a{model.marks[0]}b") == "a b"


def test_a_vocabulary_that_is_cut_short_is_told(tmp_path: Path) -> None:
    file = a_file(tmp_path / "cut.gguf")
    file.write_bytes(file.read_bytes()[:-6])
    with pytest.raises(NotGGUF, match="cut short or damaged"):
        marks_of(file)
