"""Personal data out of recorded calls: nothing planted survives, business stays, the same stays the same."""

from __future__ import annotations

import json
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip(
    "presidio_analyzer", reason="the packages for calls are not installed: make test installs them"
)

from finetune.calls import CallTurn, RecordedCall
from finetune.redact import Redacted, Redactor, UnknownLanguage
from finetune.redact.lexicon import lexicon, plain

SENTENCES = Path(__file__).parents[1] / "data" / "redaction.jsonl"
BLIND = SENTENCES.with_name("redaction_blind.jsonl")
FLOOR_GONE, FLOOR_KEPT = 0.95, 0.97
BLIND_GONE, BLIND_KEPT = 0.92, 0.97
"""A little below what was measured before anything was mended for the blind set: 93 of 99, 95 of 95."""


REDACTOR = Redactor("a data set")


def call(*turns: str) -> RecordedCall:
    return RecordedCall(
        call="c1",
        turns=tuple(
            CallTurn(speaker="customer" if n % 2 else "seller", text=turn) for n, turn in enumerate(turns)
        ),
    )


def redacted(*turns: str, language: str = "en", seed: str = "a data set") -> tuple[str, ...]:
    redactor = REDACTOR if seed == "a data set" else Redactor(seed)
    return tuple(turn.text for turn in redactor.redact(call(*turns), language).call.turns)


def sentences(half: int) -> Iterator[dict[str, object]]:
    """Of each two one was looked at when the rules were made (0), the other never (1)."""
    for n, line in enumerate(SENTENCES.read_text(encoding="utf-8").splitlines()):
        if n % 2 == half:
            yield json.loads(line)


@pytest.mark.parametrize("half", [0, 1], ids=["seen", "unseen"])
def test_personal_data_goes_and_business_stays_in_sentences_of_both_languages(half: int) -> None:
    counts = {"gone": 0, "go": 0, "kept": 0, "stay": 0}
    for sentence in sentences(half):
        text = "\n".join(redacted(*str(sentence["text"]).split("\n"), language=str(sentence["language"])))
        go, stay = list(sentence["must_go"]), list(sentence["must_stay"])  # type: ignore[call-overload]
        counts["go"] += len(go)
        counts["stay"] += len(stay)
        counts["gone"] += sum(part not in text for part in go)
        counts["kept"] += sum(part in text for part in stay)
    print(f"half {half}: gone {counts['gone']} of {counts['go']}, kept {counts['kept']} of {counts['stay']}")
    assert counts["gone"] >= FLOOR_GONE * counts["go"]
    assert counts["kept"] >= FLOOR_KEPT * counts["stay"]


def test_one_person_is_one_person_by_full_name_first_name_title_and_in_small_letters() -> None:
    said = redacted(
        "Aqui é a Carla Dias, da Padaria Central.", "Oi Carla! dona carla, tudo bem?", "Dr. Dias é meu pai.",
        language="pt",
    )  # fmt: skip
    first, last = said[0].removeprefix("Aqui é a ").split(",")[0].split()
    assert said[1] == f"Oi {first}! dona {first.lower()}, tudo bem?"
    assert said[2] == f"Dr. {last} é meu pai."
    assert "Padaria Central" in said[0]


def test_the_same_person_has_the_same_name_in_every_call_of_a_data_set_and_another_in_another() -> None:
    one = redacted("Hi, my name is Deborah Hensley.")[0]
    assert one == redacted("Hi, my name is Deborah Hensley.", "Nice to meet you.")[0]
    assert one != redacted("Hi, my name is Deborah Hensley.", seed="another")[0]


def test_two_people_of_a_call_never_become_one() -> None:
    people = ["Anna", "Peter", "Karen", "Thomas", "Julia", "Marcus", "Helen", "George"]
    said = redacted(*(f"My name is {name}." for name in people))
    assert len(set(said)) == len(people)


def test_a_number_read_back_in_other_words_is_the_same_number() -> None:
    asked, first, second, last = redacted(
        "What's your phone number?",
        "It's 07712 645118.",
        "So zero seven seven one two, six four five, double one eight?",
        "Yes, ending 5118.",
    )
    digits = "".join(sign for sign in first if sign.isdigit())
    words = dict(zip(string.digits, lexicon("en").said, strict=True))
    spoken = second.removeprefix("So ").rstrip("?").replace(",", "").split()
    assert asked == "What's your phone number?"
    assert spoken == [words[digit] for digit in digits]
    assert last == f"Yes, ending {digits[-4:]}."


def test_a_number_broken_over_two_turns_is_one_number() -> None:
    whole = redacted("My phone is 0161 496 7782.")[0]
    halves = redacted("Your phone?", "Zero one six one, four nine six", "ok", "seven seven eight two")
    spoken = (halves[1] + " " + halves[3]).lower().replace(",", "").split()
    words = dict(zip(lexicon("en").said, string.digits, strict=True))
    assert "".join(words[word] for word in spoken) == "".join(sign for sign in whole if sign.isdigit())
    assert halves[2] == "ok"


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "The plan is £1,250 a month, 12% off, for 40 seats over three years."),
        ("en", "We had 1,200,000 orders in 2024 and grew 8.5 percent."),
        ("en", "Will you mark it in May? I hope the grant comes, the price is fifteen thousand dollars."),
        ("pt", "São R$ 1.890,00 por mês, 15% de desconto, para 30 usuários em 12 vezes."),
        ("pt", "A reunião é em 12 de março de 2026, às 14h30, e custa dois mil e quinhentos reais."),
        ("pt", "A vitória é nossa, e a rosa do jardim também."),
    ],
)
def test_what_the_customer_is_to_learn_is_not_touched(language: str, line: str) -> None:
    assert redacted(line, language=language) == (line,)


def test_what_was_replaced_is_told_for_the_translator_and_counted_by_kind() -> None:
    done = REDACTOR.redact(call("My name is Deborah Hensley, mail deborah.hensley@larkfield.com."), "en")
    assert done.counts == {"name": 2, "email": 1}
    assert all(part in done.call.turns[0].text for part in done.pseudonyms)
    assert len(done.pseudonyms) == 2


def test_a_call_without_personal_data_is_the_same_call() -> None:
    before = call("Good morning.", "We need 40 seats.")
    assert REDACTOR.redact(before, "en") == Redacted(before, (), {})


def test_a_language_without_word_lists_is_refused_with_a_sentence() -> None:
    with pytest.raises(UnknownLanguage, match="'fr' cannot be found; there are word lists for en and pt"):
        REDACTOR.redact(call("Bonjour"), "fr")


def test_the_region_of_a_language_does_not_matter() -> None:
    line = call("Meu nome é Rosângela Prates.")
    assert REDACTOR.redact(line, "pt-BR") == REDACTOR.redact(line, "pt")


# For all inputs

FIRST = {"en": ["Deborah", "Marcus", "Priya", "Gareth"], "pt": ["Carla", "Antônio", "Jussara", "Rodrigo"]}
LAST = {
    "en": ["Hensley", "Okonkwo", "Whitlock", "Natarajan"],
    "pt": ["Figueiredo", "Guimarães", "Brandão", "Cavalcante"],
}
INTRODUCED = {
    "en": [
        "Hi, my name is {}.",
        "this is {} from Acme",
        "Thanks, {}.",
        "Is that {}?",
        "my colleague {} will call",
    ],
    "pt": [
        "Meu nome é {}.",
        "aqui é {} da Acme",
        "Obrigado, {}.",
        "Eu falo com {}?",
        "minha gerente {} liga",
    ],
}
ASKED = {
    "en": [
        "My phone number is {}.",
        "The account number is {}",
        "it's my passport, {}",
        "VAT number {}, please",
    ],
    "pt": ["Meu telefone é {}.", "O CPF é {}", "a conta é {}", "meu RG: {}, tá"],
}
LANGUAGE = st.sampled_from(["en", "pt"])


@given(LANGUAGE, st.data())
def test_no_name_that_was_planted_survives_however_it_is_said(language: str, data: st.DataObject) -> None:
    first, last = data.draw(st.sampled_from(FIRST[language])), data.draw(st.sampled_from(LAST[language]))
    style: Callable[[str], str] = data.draw(st.sampled_from([str.title, str.lower, str.upper]))
    spell = "-".join(last.upper())
    at, dot = ("at", "dot") if language == "en" else ("arroba", "ponto")
    mail = f"{plain(first)} {dot} {plain(last)} {at} gmail {dot} com"
    turns = [
        data.draw(st.sampled_from(INTRODUCED[language])).format(style(f"{first} {last}")),
        "ok",
        spell,
        mail,
    ]
    out = plain("\n".join(redacted(*turns, language=language)))
    assert plain(first) not in out
    assert plain(last) not in out
    assert plain(spell) not in out
    assert "gmail" not in out


@given(LANGUAGE, st.text("0123456789", min_size=9, max_size=11), st.data())
@example("en", "99000000000", None)
def test_no_number_that_was_planted_survives_typed_or_spoken(
    language: str, digits: str, data: st.DataObject | None
) -> None:
    asked = ASKED[language] if data is None else [data.draw(st.sampled_from(ASKED[language]))]
    words = lexicon(language).said
    for template in asked:
        groups = [digits[:3], digits[3:6], digits[6:]]
        typed, grouped = digits, " ".join(groups)
        spoken = ", ".join(" ".join(words[int(digit)] for digit in group) for group in groups)
        out = redacted(*(template.format(form) for form in (typed, grouped, spoken)), language=language)
        # The name of a person who is called otherwise shows that the call was not redacted before.
        assert typed not in out[0] or _made_here(digits)
        assert grouped not in out[1] or _made_here(digits)
        assert spoken not in out[2] or _made_here(digits)


def _made_here(digits: str) -> bool:
    from finetune.redact.surrogates import are_surrogate

    return are_surrogate(digits)


@given(LANGUAGE, st.data())
def test_redacting_what_was_redacted_changes_nothing(language: str, data: st.DataObject) -> None:
    name = f"{data.draw(st.sampled_from(FIRST[language]))} {data.draw(st.sampled_from(LAST[language]))}"
    digits = data.draw(st.text("0123456789", min_size=5, max_size=14))
    words = lexicon(language).said
    turns = [
        data.draw(st.sampled_from(INTRODUCED[language])).format(name),
        data.draw(st.sampled_from(ASKED[language])).format(digits),
        data.draw(st.sampled_from(ASKED[language])).format(" ".join(words[int(digit)] for digit in digits)),
        "It's a.b.carter@firm.co.uk or @carla.dias, C-A-R-T-E-R, 14 Kestrel Lane, LS6 2QP, 10.1.2.3",
    ]
    once = REDACTOR.redact(call(*turns), language)
    assert REDACTOR.redact(once.call, language).call == once.call


@given(LANGUAGE, st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=4))
def test_whatever_was_said_has_as_many_turns_of_the_same_sides_afterwards(
    language: str, said: list[str]
) -> None:
    before = call(*said)
    after = REDACTOR.redact(before, language).call
    assert [turn.speaker for turn in after.turns] == [turn.speaker for turn in before.turns]


@given(st.integers(1, 10**7), st.integers(1, 99))
def test_money_percentages_and_counts_are_never_touched(amount: int, share: int) -> None:
    line = (
        f"That is settled. It is ${amount:,} a year, ${amount}, {share}% off, {amount} users, {share} months."
    )
    assert redacted(line) == (line,)


def test_redacting_loads_no_training_packages_and_asks_the_network_for_nothing() -> None:
    program = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('asked the network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from finetune.calls import CallTurn, RecordedCall\n"
        "from finetune.redact import Redactor\n"
        "said = CallTurn(speaker='seller', text='I am Deborah Hensley, d@larkfield.com, https://x.com/deborah')\n"
        "Redactor(1).redact(RecordedCall(call='c', turns=(said,)), 'en')\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


def test_sentences_by_one_who_had_not_seen_the_rules() -> None:
    gone, kept = [], []
    for line in BLIND.read_text(encoding="utf-8").splitlines():
        sentence = json.loads(line)
        turns = sentence.get("turns") or [sentence["text"]]
        text = "\n".join(redacted(*turns, language=sentence["language"]))
        gone += [part not in text for part in sentence["must_go"]]
        kept += [part in text for part in sentence["must_stay"]]
    print(f"blind set: {sum(gone)} of {len(gone)} gone, {sum(kept)} of {len(kept)} kept")
    assert sum(gone) / len(gone) >= BLIND_GONE
    assert sum(kept) / len(kept) >= BLIND_KEPT


@pytest.mark.parametrize(
    ("language", "turns", "stays"),
    [
        (
            "pt",
            ("Fica por vinte e um, fazendo a conta assim.", "Vinte e um e cinquenta, com seguro."),
            "Vinte e um e cinquenta",
        ),
        ("pt", ("Oi, Paulo.", "A loja fica em São Paulo."), "São Paulo"),
        ("en", ("Nobody told me that.", "Management told us so."), "Management"),
    ],
)
def test_a_price_a_place_and_nobody_are_not_personal(
    language: str, turns: tuple[str, ...], stays: str
) -> None:
    assert stays in " ".join(redacted(*turns, language=language))


@pytest.mark.parametrize(
    ("language", "turns", "goes"),
    [
        ("en", ("Who is this?", "I'm Tom. Tom Bellamy. I run the workshop."), "Tom Bellamy"),
        ("pt", ("O sobrenome, por favor?", "Schwingel."), "Schwingel"),
        ("pt", ("Paulo, tudo bem?", "Tudo."), "Paulo"),
        ("en", ("The plate?", "The plate is 7KTX294, a grey one."), "7KTX294"),
    ],
)
def test_what_the_blind_sentences_found(language: str, turns: tuple[str, ...], goes: str) -> None:
    assert goes not in " ".join(redacted(*turns, language=language))
