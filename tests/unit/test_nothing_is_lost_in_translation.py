"""Whatever an engine does to its input: every figure and name comes out, or the sentence is reported."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from finetune.calls import CallTurn, RecordedCall
from finetune.translate.masks import masks_in
from finetune.translate.recorded_calls import Translated, translate_call
from finetune.translate.sentences import split

NAMES = ("Carlos Souza", "Marina", "Lumenar", "ana@loja.com.br", "(11) 98765-4321", "Brandon", "X1")
SAID = (
    "R$ 1.250,00",
    "1,2%",
    "mil e duzentos reais",
    "50 mil",
    "15/03",
    "às 14h30",
    "dia 15",
    "10x",
    "12.345.678/0001-00",
    "vinte e três",
    "731",
    "842",
    "beleza",
    "o boleto",
    "tá caro",
    "por mês",
    "fechou",
    "que",
    "com",
    "e",
    "à vista",
    ",",
    "!",
    ".",
)
MUST_SURVIVE = re.compile(r"\d+|Carlos|Souza|Marina|Lumenar|Brandon|ana@loja\.com\.br")


class BadEngine:
    """Repeats what it hears, and now and then drops, doubles, bends, reorders or invents words."""

    name, version = "bad", "1"

    def __init__(self, seed: int, badness: float) -> None:
        self._random, self._badness = random.Random(seed), badness

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        assert (source, target) == ("pt", "en")
        return [self._said(text) for text in texts]

    def _said(self, text: str) -> str:
        words: list[str] = []
        for word in text.split():
            if self._random.random() >= self._badness:
                words.append(word)
                continue
            match self._random.randrange(7):
                case 0:
                    pass
                case 1:
                    words += [word, word]
                case 2:
                    words.append(word.lower())
                case 3:
                    words.insert(0, word)
                case 4:
                    words.append(word + "7")
                case 5:
                    words.append(word[:-1] + "," + word[-1:])
                case _:
                    words += [word, "500"]
        return " ".join(words)


def call_of(*turns: str) -> RecordedCall:
    return RecordedCall(
        call="c1", turns=tuple(CallTurn(speaker="seller", text=text) for text in turns), outcome=None
    )


def held(turn: str) -> Counter[str]:
    """What must survive, as English shows it; runs of digits, so that notation cannot hide a loss."""
    shown = [mask.shown for piece in split(turn) for mask in masks_in(piece.strip(), NAMES)]
    return Counter(part for words in shown for part in MUST_SURVIVE.findall(words))


@given(
    st.lists(st.sampled_from(SAID + NAMES), min_size=1, max_size=9),
    st.integers(0, 10**6),
    st.sampled_from([0.0, 0.05, 0.3, 1.0]),
)
def test_figures_and_names_survive_any_engine_or_are_reported(
    said: list[str], seed: int, badness: float
) -> None:
    turn = " ".join(said)
    out = translate_call(call_of(turn), NAMES, BadEngine(seed, badness), "pt")
    translated = out.call.turns[0].text
    if out.faults:
        assert {(fault.call, fault.turn) for fault in out.faults} == {("c1", 0)}
        return
    assert Counter(MUST_SURVIVE.findall(translated)) == held(turn), (turn, translated)


class Stubborn:
    """Keeps no placeholder of any form."""

    name, version = "stubborn", "1"

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        return [re.sub(r"[A-Z]\w*|\d+", "", text) or "." for text in texts]


def test_a_sentence_whose_masks_are_lost_is_translated_in_pieces_and_said_so() -> None:
    out = translate_call(call_of("fica R$ 1.250,00 por mês para o Carlos Souza."), NAMES, Stubborn(), "pt")
    assert out.call.turns[0].text == "fica R$1,250.00 por mês para o Carlos Souza."
    assert [(fault.turn, fault.kind) for fault in out.faults] == [(0, "in pieces")]


class Looping:
    """Says the same words over and over."""

    name, version = "looping", "1"

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        return ["that I want to " * 6 for _ in texts]


def test_an_engine_caught_in_a_loop_is_not_believed() -> None:
    said = "então olha só eu queria entender melhor como é que funciona esse sistema de vocês"
    out = translate_call(call_of(said), NAMES, Looping(), "pt")
    assert (out.call.turns[0].text, [fault.kind for fault in out.faults]) == (said, ["untranslated"])


class Silent:
    """Answers nothing at all."""

    name, version = "silent", "1"

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        return ["" for _ in texts]


def test_a_sentence_that_cannot_be_translated_stays_and_is_reported_without_its_words() -> None:
    out = translate_call(call_of("Bom dia a vocês.", "Fica R$ 1.250,00, Marina."), NAMES, Silent(), "pt")
    assert [turn.text for turn in out.call.turns] == ["Bom dia a vocês.", "Fica R$ 1.250,00, Marina."]
    assert [(fault.turn, fault.kind) for fault in out.faults] == [(0, "untranslated"), (1, "untranslated")]
    assert "Marina" not in repr(out.faults)


def test_speakers_order_and_white_space_between_sentences_stay() -> None:
    call = RecordedCall(
        call="c1",
        turns=(
            CallTurn(speaker="seller", text="vamos lá.\nTudo em ordem?"),
            CallTurn(speaker="customer", text="  Tudo."),
        ),
        outcome="won",
    )
    out = translate_call(call, (), BadEngine(0, 0), "pt")
    assert out == Translated(call, ())
