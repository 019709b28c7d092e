"""What language a call is in: an answer that can be relied on, or none."""

from __future__ import annotations

import pytest

from finetune.calls import CallTurn, RecordedCall
from finetune.language import language_of


def call(*texts: str) -> RecordedCall:
    turns = [CallTurn(speaker="customer" if n % 2 else "seller", text=text) for n, text in enumerate(texts)]
    return RecordedCall(call="1", turns=tuple(turns))


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (("Bom dia, aqui é o Sam da Northgate.", "Oi, tudo bem?", "Posso falar um minuto?", "Pode."), "pt"),
        (("Hi Dana, it's Sam.", "Hello.", "Quick question for you.", "Sure, go on."), "en"),
        (("Hola, le llamo de Northgate por su fondo.", "No me interesa, gracias."), "es"),
        (("O ROI do pipeline no CRM, feedback do onboarding?", "A gente usa planilha, não tem CRM."), "pt"),
        (("Oi [NAME_1], a gente fala do Northgate Growth Fund?", "Não conheço, o que é isso?"), "pt"),
        (
            ("Could we talk about the fees that you pay today?", "No falo ingles. Bye, thank you very much."),
            "en",
        ),
    ],
)
def test_the_language_of_most_of_a_call_even_a_short_one(texts: tuple[str, ...], language: str) -> None:
    assert language_of(call(*texts)) == language


@pytest.mark.parametrize(
    "texts",
    [
        ("Oi.", "Ok."),
        ("11 98765-4321", "123"),
        (
            "Hello there, I would like to talk about your retirement savings today.",
            "Não falo inglês muito bem, pode falar em português comigo, por favor?",
        ),
    ],
)
def test_no_answer_where_none_is_sure(texts: tuple[str, ...]) -> None:
    assert language_of(call(*texts)) == "und"
