"""Figures, sentences and slang of a Portuguese sales call, before and after the engine."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.translate.glossary import in_plain_words
from finetune.translate.masks import masks_in
from finetune.translate.phrases import whole_phrase
from finetune.translate.sentences import split


def shown(text: str, *pseudonyms: str) -> list[str]:
    return [mask.shown for mask in masks_in(text, pseudonyms)]


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("custa R$ 1.250,00 por mês", "R$1,250.00"),
        ("custa R$1250 por mês", "R$1250"),
        ("uns R$ 50 mil", "R$50,000"),
        ("falo da Ponte Consórcios", "Ponte Consórcios"),
        ("tem 68,5 m²", "68.5 m²"),
        ("três vírgula quarenta e nove por cento", "3.49%"),
        ("um vírgula zero cinco", "1.05"),
        ("sábado, dez e meia", "10:30"),
        ("entre oito e meio-dia", "eight"),
        ("R$ 2,5 milhões", "R$2.5 million"),
        ("mil e duzentos reais", "R$1,200"),
        ("são 350 reais", "R$350"),
        ("2,5 milhões de reais", "R$2.5 million"),
        ("dois reais e cinquenta centavos", "R$2.50"),
        ("quatro mil oitocentos e cinquenta e seis reais", "R$4,856"),
        ("90 centavos", "R$0.90"),
        ("US$ 300,50", "US$300.50"),
        ("cem dólares", "US$100"),
        ("€ 1.000", "€1,000"),
        ("a 1,2% ao mês", "1.2%"),
        ("dez por cento", "10%"),
        ("50 mil", "50,000"),
        ("2,5 milhões", "2.5 million"),
        ("meio milhão", "500,000"),
        ("dois milhões e meio", "2.5 million"),
        ("vinte e três filiais", "23"),
        ("duas lojas", "two"),
        ("às 14h30", "14:30"),
        ("às 9h", "9:00"),
        ("às 8 e meia", "8:30"),
        ("sexta 13h", "13:00"),
        ("em 48h", "48 hours"),
        ("suporte 24/7", "24/7"),
        ("1/3 do custo", "1/3"),
        ("dia 1º", "1"),
        ("um por cento", "1%"),
        ("dois e meio por cento", "2.5%"),
        ("um 4G", "4G"),
        ("cresceu 3,5x", "3.5x"),
        ("pedido 2024-00123", "2024-00123"),
        ("dia 15/03", "March 15"),
        ("em 5/11/2026", "November 5, 2026"),
        ("3 de março de 2027", "March 3, 2027"),
        ("a 2ª parcela", "2nd"),
        ("a versão 2.0.1", "2.0.1"),
        ("CNPJ 12.345.678/0001-00", "12.345.678/0001-00"),
        ("CPF 123.456.789-09", "123.456.789-09"),
        ("(11) 98765-4321", "(11) 98765-4321"),
        ("pedido AB-20457", "AB-20457"),
        ("em ana.prado@loja.com.br.", "ana.prado@loja.com.br"),
        ("veja www.loja.com.br/planos.", "www.loja.com.br/planos"),
    ],
)
def test_a_figure_takes_the_notation_of_english_and_keeps_its_worth(said: str, english: str) -> None:
    assert shown(said) == [english]


@pytest.mark.parametrize(
    "said", ["um plano para uma empresa", "milhões de clientes", "meia hora", "o mês que vem"]
)
def test_words_that_only_look_like_numbers_are_left_to_the_engine(said: str) -> None:
    assert shown(said) == []


def test_a_pseudonym_is_found_whole_and_by_its_parts() -> None:
    assert shown("O Carlos Souza saiu; fala com o Carlos ou com a Carla.", "Carlos Souza") == [
        "Carlos Souza",
        "Carlos",
    ]


@given(st.text(alphabet="0123456789.,/-%hxRº$ e mil reais às", max_size=40))
def test_every_digit_is_behind_a_mask(text: str) -> None:
    masks = masks_in(text)
    uncovered = set(range(len(text))) - {n for mask in masks for n in range(mask.start, mask.end)}
    assert not [text[n] for n in uncovered if text[n].isdecimal()]
    assert all(one.end <= other.start for one, other in itertools.pairwise(masks))


@pytest.mark.parametrize(
    ("turn", "sentences"),
    [
        ("Fica R$ 1.250,00 por mês. Pode ser?", ["Fica R$ 1.250,00 por mês. ", "Pode ser?"]),
        (
            "O Sr. Prado ligou. Era do CNPJ 12.345.678/0001-00.",
            ["O Sr. Prado ligou. ", "Era do CNPJ 12.345.678/0001-00."],
        ),
        ("Sim!!! Claro... pode mandar.", ["Sim!!! ", "Claro... pode mandar."]),
        ("primeira linha\nsegunda linha", ["primeira linha\n", "segunda linha"]),
        ("Veja loja.com.br. Obrigada.", ["Veja loja.com.br. ", "Obrigada."]),
    ],
)
def test_a_turn_is_cut_where_its_sentences_end(turn: str, sentences: list[str]) -> None:
    assert split(turn) == sentences


@given(st.text(alphabet="aA1.!?… \n\"'", max_size=60))
def test_the_pieces_of_a_turn_are_the_turn(turn: str) -> None:
    assert "".join(split(turn)) == turn


def test_speech_without_full_stops_is_cut_but_never_in_a_number_or_a_name() -> None:
    turn = "a Ana Prado disse que paga vinte e três mil e quinhentos reais por mês de R$ 50 mil " * 12
    pieces = split(turn)
    assert "".join(pieces) == turn
    assert max(len(piece.split()) for piece in pieces) <= 40
    assert len(split("palavra " * 50_000)) > 1_000
    assert shown(turn, "Ana Prado") == [each for piece in pieces for each in shown(piece, "Ana Prado")]


def test_slang_is_put_plainly_but_never_inside_an_address() -> None:
    assert in_plain_words("O senhor Almeida paga?") == "O senhor Almeida paga?"
    assert in_plain_words("Tá caro, me passa o zap.") == "Está caro, me envie o seu WhatsApp."
    text = "Manda em eu@zap.com"
    assert in_plain_words(text, [(m.start, m.end) for m in masks_in(text)]) == text


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("Pois é.", "That's right."),
        ("É verdade.", "That's true."),
        ("Até, Ana.", "See you, Ana."),
        ("Combinado, seu Ana.", "Deal, Mr Ana."),
        ("Ana, tudo bem?", "Ana, how are you?"),
        ("tchau", "bye"),
        ("Combinado o preço.", None),
        ("Tudo bem.", "All right."),
    ],
)
def test_a_sentence_that_is_one_phrase_needs_no_engine(said: str, english: str | None) -> None:
    name = (said.index("Ana"), said.index("Ana") + 3) if "Ana" in said else None
    assert whole_phrase(said, name) == english
