"""The index in Weaviate when things go wrong: half a batch, a killed run, a server that goes and comes."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from ingestion.errors import IndexUnavailableError
from ingestion.index.choose import open_index
from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.fusion import CANDIDATES
from ingestion.index.weaviate import WeaviateIndex, connect
from ingestion.index.weaviate_connection import Connection
from ingestion.index.weaviate_schema import CHUNKS, DOCUMENTS
from ingestion.settings import Settings
from tests.fakes.weaviate import FakeWeaviate, Running
from tests.integration.weaviate_backends import EMBEDDER, paper, settings_for
from tests.proofs import FULL

ROOT = Path(__file__).parents[2]


@pytest.fixture
def running() -> Iterator[Running]:
    with Running(api_key="a-key") as running:
        yield running


@pytest.fixture
def fake(running: Running) -> FakeWeaviate:
    return running.fake


@pytest.fixture
def index(running: Running) -> Iterator[WeaviateIndex]:
    index = WeaviateIndex(connect(settings_for(running)), "acme")
    yield index
    index.close()


def found(index: WeaviateIndex, words: str = "exit fee") -> list[str]:
    return [hit.text for hit in index.search(words, EMBEDDER.embed([words]), k=50, alpha=0.5)]


def pages(count: int, said: str = "The exit fee is due") -> tuple[str, ...]:
    return tuple(f"{said}, page {number}." for number in range(count))


def test_the_settings_choose_the_index(running: Running, tmp_path: Path) -> None:
    assert isinstance(open_index(settings_for(running)), WeaviateIndex)
    local, other = (open_index(Settings(home=tmp_path), name) for name in ("local", "Acme Ltd"))
    assert isinstance(local, EmbeddedIndex)
    paper("fees.md", "The exit fee.").into(other)
    assert local.collections() == ()
    assert len(list(tmp_path.glob("knowledge-acme-ltd_*.sqlite"))) == 1


def test_alpha_and_fusion_are_always_sent_and_both_lists_are_long_enough(
    index: WeaviateIndex, fake: FakeWeaviate
) -> None:
    paper("fees.md", *pages(CANDIDATES + 30)).into(index)
    assert len(index.search("exit fee", EMBEDDER.embed(["exit fee"]), k=CANDIDATES + 20, alpha=0.25)) == 120
    asked = fake.hybrids[-1]
    assert (asked.alpha_param if asked.use_alpha_param else asked.alpha) == 0.25
    assert asked.fusion_type == asked.FUSION_TYPE_RELATIVE_SCORE
    assert list(asked.properties) == ["terms"]


def test_a_batch_that_is_refused_in_part_leaves_the_document_as_it_was(
    index: WeaviateIndex, fake: FakeWeaviate, caplog: pytest.LogCaptureFixture
) -> None:
    paper("fees.md", *pages(3, "The old exit fee")).into(index)
    fake.refuses = lambda collection, place: collection == CHUNKS and place == 7
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(IndexUnavailableError, match=r"refused 1 of 100 .*disk"),
    ):
        paper("fees.md", *pages(130, "The new exit fee"), digest="d2").into(index)
    assert "exit fee" not in caplog.text, "no document text in logs"
    fake.refuses = None
    assert fake.objects(CHUNKS) == 3
    assert found(index) == [*sorted(pages(3, "The old exit fee"), key=found(index).index)]
    assert index.documents("firm")["fees.md"].digest == "d1"


def test_a_record_that_is_refused_leaves_the_document_as_it_was(
    index: WeaviateIndex, fake: FakeWeaviate
) -> None:
    paper("fees.md", *pages(2, "The old exit fee")).into(index)
    fake.refuses = lambda collection, _: collection == DOCUMENTS
    with pytest.raises(IndexUnavailableError, match="disk is full"):
        paper("fees.md", *pages(5, "The new exit fee")).into(index)
    fake.refuses = None
    assert (fake.objects(CHUNKS), len(found(index))) == (2, 2)
    paper("fees.md", *pages(5, "The new exit fee")).into(index)
    assert (fake.objects(CHUNKS), len(found(index))) == (5, 5)


WRITES_FOR_EVER = """
import itertools, sys
from ingestion.index.choose import open_index
from ingestion.settings import Settings
from tests.integration.weaviate_backends import paper
index = open_index(Settings(), "acme")
for number in itertools.count():
    paper("fees.md", *(f"Edition {number}, page {page}, the exit fee." for page in range(120))).into(index)
    print(number, flush=True)
"""


@pytest.mark.prove
def test_a_writer_that_is_killed_leaves_a_whole_document_and_the_next_run_cleans_up(
    running: Running, index: WeaviateIndex
) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SALESMATE_WEAVIATE_URL": running.fake.url,
        "SALESMATE_WEAVIATE_GRPC_PORT": str(running.fake.grpc_port),
        "SALESMATE_WEAVIATE_API_KEY": "a-key",
    }
    rounds = 10 if FULL else 2
    for number in range(rounds):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITES_FOR_EVER], cwd=ROOT, env=environment, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.05 + 0.03 * number)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        hits = index.search("exit fee", EMBEDDER.embed(["exit fee"]), k=200, alpha=0.5)
        assert len(hits) == 120
        assert len({hit.text.split(",")[0] for hit in hits}) == 1
    _an_hour_passes(running.fake)
    paper("fees.md", *pages(4)).into(index)
    assert running.fake.objects(CHUNKS) == 4


def test_what_a_killed_run_left_behind_goes_with_its_document(
    index: WeaviateIndex, fake: FakeWeaviate
) -> None:
    fees = paper("fees.md", *pages(20))
    fees.into(index)
    _its_record_was_never_written(fake)
    assert found(index) == []
    index.remove(fees.entry.id)
    assert fake.objects(CHUNKS) == 0


def _an_hour_passes(fake: FakeWeaviate) -> None:
    with fake.store.lock:
        for shard in fake.store.classes[CHUNKS].tenants.values():
            for stored in shard.values():
                stored.properties["written"] -= 3600


def _its_record_was_never_written(fake: FakeWeaviate) -> None:
    """As if the run had died between the chunks and the record."""
    with fake.store.lock:
        for shard in fake.store.classes[DOCUMENTS].tenants.values():
            shard.clear()


def test_a_repeated_run_writes_over_what_a_killed_one_left_behind(
    index: WeaviateIndex, fake: FakeWeaviate
) -> None:
    fees = paper("fees.md", *pages(20))
    fees.into(index)
    _its_record_was_never_written(fake)
    fees.into(index)
    assert (fake.objects(CHUNKS), len(found(index))) == (20, 20)


def test_a_server_that_goes_away_is_named_and_used_again_when_it_is_back(
    running: Running, index: WeaviateIndex
) -> None:
    paper("fees.md", "The exit fee is £10.").into(index)
    running.stop()
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(
            IndexUnavailableError, match=r"Weaviate at http://127.* cannot be reached\. Start"
        ):
            found(index)
        assert time.monotonic() - began < 5
    running.start()
    assert found(index) == ["The exit fee is £10."]


def test_an_empty_server_in_its_place_is_made_ready_again(running: Running, index: WeaviateIndex) -> None:
    paper("fees.md", "The exit fee is £10.").into(index)
    running.stop()
    running.fake.store.classes.clear()
    running.start()
    assert found(index) == []
    paper("fees.md", "The exit fee is £10.").into(index)
    assert found(index) == ["The exit fee is £10."]


def test_a_failure_of_one_question_does_not_disturb_the_others(
    index: WeaviateIndex, fake: FakeWeaviate
) -> None:
    paper("fees.md", "The exit fee is £10.").into(index)
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(20):
                assert len(found(index)) == 1
        except BaseException as error:  # a thread's failure is the test's failure
            errors.append(error)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for _ in range(5):
        with pytest.raises(IndexUnavailableError, match="vector lengths don't match"):
            index.search("exit", np.ones(3, np.float32), k=3, alpha=0.5)
    for asker in askers:
        asker.join()
    assert not errors


def test_a_call_that_loses_its_connection_is_made_again(index: WeaviateIndex, fake: FakeWeaviate) -> None:
    paper("fees.md", "The exit fee is £10.").into(index)
    fake.drops = 1
    assert found(index) == ["The exit fee is £10."]


def test_a_closed_grpc_port_is_named(running: Running, index: WeaviateIndex) -> None:
    running.stop_grpc()
    with pytest.raises(IndexUnavailableError, match=r"gRPC port 127\.0\.0\.1:\d+ does not\. Open that port"):
        found(index)
    running.start_grpc()
    assert found(index) == []


def test_a_server_that_does_not_answer_in_time_is_named(running: Running) -> None:
    settings = settings_for(running).model_copy(update={"weaviate_timeout": 0.5})
    index = open_index(settings)
    assert index.collections() == ()
    running.fake.slow = 2.0
    with pytest.raises(IndexUnavailableError, match=r"did not answer within 0\.5 s\."):
        index.collections()
    running.fake.slow = 0.0
    assert index.collections() == ()
    index.close()


@pytest.mark.parametrize("key", [None, "another-key"])
def test_a_wrong_key_is_refused_in_a_sentence_that_does_not_say_it(
    fake: FakeWeaviate, key: str | None
) -> None:
    connection = Connection(fake.url, grpc_host="127.0.0.1", grpc_port=fake.grpc_port, api_key=key)
    with pytest.raises(
        IndexUnavailableError, match="refuses the API key; check SALESMATE_WEAVIATE_API"
    ) as told:
        WeaviateIndex(connection, "acme").collections()
    assert "another-key" not in str(told.value)


def test_a_server_that_is_too_old_is_named() -> None:
    told = r"too old for this SalesMate .*1\.20\.0"
    with Running(version="1.20.0") as running, pytest.raises(IndexUnavailableError, match=told):
        open_index(settings_for(running)).collections()


@pytest.mark.parametrize(
    ("description", "told"),
    [
        ("SalesMate keeps its chunks here. Version 99", "made by a newer SalesMate"),
        ("Somebody else's", "that SalesMate did not make"),
    ],
)
def test_what_a_newer_salesmate_or_somebody_else_made_is_left_alone(
    index: WeaviateIndex, fake: FakeWeaviate, description: str, told: str
) -> None:
    fake.store.create({"class": CHUNKS, "description": description, "multiTenancyConfig": {"enabled": True}})
    with pytest.raises(IndexUnavailableError, match=told):
        found(index)


def test_the_key_may_lie_in_a_file(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "key"
    with_file = settings_for(running).model_copy(
        update={"weaviate_api_key": None, "weaviate_api_key_file": file}
    )
    with pytest.raises(IndexUnavailableError, match="key cannot be read: No such file"):
        open_index(with_file)
    file.write_text("a-key\n", encoding="utf-8")
    index = open_index(with_file)
    assert index.collections() == ()
    index.close()
    both = settings_for(running).model_copy(update={"weaviate_api_key_file": file})
    with pytest.raises(IndexUnavailableError, match="both set; unset one"):
        open_index(both)


def test_tls_is_spoken_on_both_ports_and_an_unknown_authority_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path)
    with Running(api_key="a-key", certificate=certificate) as running:
        index = open_index(settings_for(running))
        with pytest.raises(
            IndexUnavailableError, match=r"certificate that nobody trusted here vouches for\."
        ):
            index.collections()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
        paper("fees.md", "The exit fee is £10.").into(index)
        assert index.collections() == ("firm",)
        assert len(index.search("exit", EMBEDDER.embed(["exit"]), k=3, alpha=0.5)) == 1
        index.close()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Files of a fresh key and of its certificate for this machine."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "weaviate")])
    here, now = x509.IPAddress(ipaddress.ip_address("127.0.0.1")), datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return key, certificate


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://weaviate", "http://me:secret@weaviate", "http://"])
def test_an_address_that_cannot_be_one_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_WEAVIATE_URL", url)
    with pytest.raises(ValidationError):
        Settings()
