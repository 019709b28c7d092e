"""Sources: a folder, a file, an archive, memory or a web server, each listed and read alike."""

from __future__ import annotations

import socket
import ssl
import threading
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import fsspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ingestion.errors import SourceUnavailableError, UnreadableDocumentError
from ingestion.sources import listing, local, open_source, web

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    (folder / "fees").mkdir(parents=True)
    for name in ("rates.md", "fees/exit.md", "README.md", ".hidden.md", "~$rates.md", "photo.jpg", "old.doc"):
        (folder / name).write_text(f"# {name}\n\nText.\n", encoding="utf-8")
    return folder


def names(address: object) -> list[str]:
    return [found.name for found in open_source(str(address)).files()]


def reasons(address: object) -> dict[str, str]:
    return {skipped.name: skipped.reason for skipped in open_source(str(address)).skipped()}


def test_a_folder_lists_what_can_be_read_and_says_what_it_leaves(papers: Path) -> None:
    source = open_source(str(papers))
    assert [found.name for found in source.files()] == ["fees/exit.md", "rates.md"]
    assert reasons(papers) == {
        "old.doc": "an old Word document; save it as .docx",
        "photo.jpg": "not a kind of file that is read (.jpg)",
    }
    exit_paper = source.files()[0]
    assert exit_paper.uri == (papers / "fees" / "exit.md").as_uri()
    assert source.read(exit_paper) == b"# fees/exit.md\n\nText.\n"
    assert source.holds(exit_paper.uri)
    assert not source.holds((papers.parent / "papers-2" / "a.md").as_uri())


def test_a_file_url_and_a_path_name_the_same_source(papers: Path) -> None:
    assert open_source(papers.as_uri()).address == open_source(f"{papers}/").address == papers.as_uri()


def test_a_name_with_blanks_signs_and_accents_is_read_and_spelt_one_way(papers: Path) -> None:
    decomposed = "Frais d\u2019entre\u0301e #3 100%.md"
    (papers / decomposed).write_text("text", encoding="utf-8")
    source = open_source(str(papers))
    (found,) = (found for found in source.files() if found.name.startswith("Frais"))
    assert found.name == "Frais d\u2019entrée #3 100%.md"
    assert source.read(found) == b"text"


def test_one_file_is_a_source_whatever_it_is_called(papers: Path) -> None:
    (found,) = open_source(str(papers / "README.md")).files()
    assert found.name == "README.md"


def test_links_lead_neither_out_of_the_folder_nor_in_circles(papers: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret", encoding="utf-8")
    (papers / "out.md").symlink_to(tmp_path / "secret.md")
    (papers / "again").symlink_to(papers)
    (papers / "up").symlink_to(tmp_path)
    (papers / "same.md").symlink_to(papers / "rates.md")
    (papers / "gone.md").symlink_to(papers / "nowhere.md")
    (papers / "loop.md").symlink_to(papers / "loop.md")
    assert names(papers) == ["fees/exit.md", "rates.md"]
    assert reasons(papers)["out.md"] == "a link that leads out of the folder"
    assert reasons(papers)["up"] == "a link that leads out of the folder"
    assert reasons(papers)["gone.md"] == "a link that leads nowhere"


def test_a_link_to_a_file_that_only_the_link_shows_is_read(papers: Path) -> None:
    # Mounted configuration looks like this: a visible link to a file in a hidden folder.
    (papers / "..data").mkdir()
    (papers / "..data" / "terms.md").write_text("terms", encoding="utf-8")
    (papers / "terms.md").symlink_to(Path("..data") / "terms.md")
    assert "terms.md" in names(papers)


def test_a_path_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match=r"nowhere does not exist\."):
        open_source(str(tmp_path / "nowhere"))


def test_a_file_over_the_limit_is_refused_unread(papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "LARGEST_FILE_BYTES", 10)
    monkeypatch.setattr(listing, "LARGEST_FILE_BYTES", 10)
    source = open_source(str(papers))
    with pytest.raises(UnreadableDocumentError, match="is the most that is read"):
        source.read(source.files()[0])


def test_an_archive_is_read_in_place(papers: Path, tmp_path: Path) -> None:
    archive = tmp_path / "papers.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in papers.rglob("*.md"):
            file.write(path, path.relative_to(papers).as_posix())
    source = open_source(f"zip://::{archive.as_uri()}")
    assert [found.name for found in source.files()] == ["fees/exit.md", "rates.md"]
    assert source.files()[0].uri == f"zip://fees/exit.md::{archive.as_uri()}"
    assert source.read(source.files()[0]).startswith(b"# fees/exit.md")
    assert all(source.holds(found.uri) for found in source.files())
    assert not source.holds("zip://fees/exit.md::file:///other.zip")
    below = open_source(f"zip://fees::{archive.as_uri()}")
    assert [found.name for found in below.files()] == ["exit.md"]
    assert not below.holds(source.files()[1].uri)


def test_any_other_place_that_fsspec_knows_is_a_source() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/shelf/a.md", b"# A")
    memory.pipe("/shelf/.b.md", b"# B")
    source = open_source("memory://shelf")
    assert [(found.name, found.size) for found in source.files()] == [("a.md", 3)]
    assert source.read(source.files()[0]) == b"# A"
    assert source.holds("memory:///shelf/a.md")
    with pytest.raises(SourceUnavailableError, match="holds no files"):
        open_source("memory://empty").files()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("gs://bucket/papers", r"pip install 'salesmate\[buckets\]'"),
        ("s3://bucket/papers", r"pip install 'salesmate\[buckets\]'"),
        ("pigeon://loft", "pigeon:// is no kind of source known here"),
        ("https://", "names no host"),
    ],
)
def test_an_address_that_cannot_be_opened_says_why(address: str, says: str) -> None:
    with pytest.raises(SourceUnavailableError, match=says):
        open_source(address).files()


class Shelf(BaseHTTPRequestHandler):
    """A small web server: what each path answers."""

    pages: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {
        "/fees.md": (200, {"Content-Type": "application/octet-stream"}, b"# Fees"),
        "/pricing": (200, {"Content-Type": "text/html; charset=utf-8"}, b"<h1>Prices</h1>"),
        "/caf": (200, {"Content-Type": "text/plain; charset=latin-1"}, "Café".encode("latin-1")),
        "/picture": (200, {"Content-Type": "image/png"}, b"\x89PNG"),
        "/get": (
            *(200, {"Content-Type": "x/y", "Content-Disposition": 'attachment; filename="rates.pdf"'}),
            b"%PDF",
        ),
        "/moved": (301, {"Location": "/fees.md"}, b""),
        "/circle": (302, {"Location": "/circle"}, b""),
        "/private": (401, {}, b""),
        "/broken": (503, {}, b""),
        "/large": (200, {"Content-Type": "text/plain"}, b"x" * 2000),
        "/short": (200, {"Content-Type": "text/plain", "Content-Length": "900"}, b"cut"),
    }

    def do_GET(self) -> None:
        status, headers, body = self.pages.get(self.path.partition("?")[0], (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site() -> Iterator[str]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Shelf)) as address:
        yield address


def test_a_web_address_is_one_document_of_the_kind_that_its_ending_or_the_server_says(site: str) -> None:
    assert names(f"{site}/fees.md") == ["127.0.0.1/fees.md"]
    assert names(f"{site}/pricing#plans") == ["127.0.0.1/pricing.html"]
    assert names(f"{site}/pricing?plan=a/b") == ["127.0.0.1/pricing?plan=a_b.html"]
    assert names(f"{site}/get") == ["127.0.0.1/get.pdf"]
    assert names(f"{site}/moved") == ["127.0.0.1/moved.md"]


def test_a_web_document_is_cited_by_its_address_without_passwords(site: str) -> None:
    source = open_source(site.replace("http://", "http://ann:secret@") + "/pricing#plans")
    (found,) = source.files()
    assert found.uri == source.address == f"{site}/pricing"
    assert source.read(found) == b"<h1>Prices</h1>"
    assert source.holds(found.uri)


def test_the_character_set_that_a_server_names_is_applied(site: str) -> None:
    source = open_source(f"{site}/caf")
    assert source.read(source.files()[0]).decode("utf-8-sig") == "Café"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/none", r"does not exist \(404\)"),
        ("/private", "asks for a login"),
        ("/broken", "answers 503. Try again later"),
        ("/circle", "redirects more than 5 times"),
        ("/picture", "image/png, which is not read here"),
        ("/short", "cannot be reached"),
    ],
)
def test_a_web_address_that_gives_no_document_says_why(site: str, path: str, says: str) -> None:
    with pytest.raises(SourceUnavailableError, match=says):
        open_source(site + path).files()


def test_a_document_of_the_web_over_the_limit_is_cut_off(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LARGEST_FILE_BYTES", 1000)
    with pytest.raises(SourceUnavailableError, match="is the most that is read"):
        open_source(f"{site}/large").files()


def test_a_server_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SILENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/fees.pdf"
        with pytest.raises(SourceUnavailableError, match="does not answer in time"):
            open_source(address).files()


def test_a_server_that_is_not_there_or_not_to_be_trusted_says_so() -> None:
    with pytest.raises(SourceUnavailableError, match="no such host"):
        open_source("http://papers.invalid/fees.pdf").files()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceUnavailableError, match="cannot be reached"):
        open_source(f"http://127.0.0.1:{port}/fees.pdf").files()


def test_a_server_whose_certificate_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with (
        serving(server) as address,
        pytest.raises(SourceUnavailableError, match="no certificate that can be"),
    ):
        open_source(address.replace("http://", "https://") + "/fees.md").files()


def own_certificate(folder: Path) -> Path:
    """A key and a certificate signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
