"""A firm's own documents from the first ingest to the answer that follows a change, on both indexes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import pytest

from tests.e2e.machine import Machine, Ran
from tests.e2e.papers import last_line
from tests.fakes.weaviate import Running
from tests.proofs import only_in_full, takes_long

KEY = "key-that-nobody-may-see"
EXIT_FEE = "What is the exit fee?"
WHO = "Who runs the Bristol office?"
PRICE = "What is the monthly price of the Lighthouse plan?"
IN_THE_PAPERS = ("exit fee of", "Maud Ellingham", "Lighthouse")
CALL = {"turns": [{"role": "customer", "text": "And if I leave, is there an exit fee?"}]}


@dataclass
class Firm:
    """A machine, the folder of a firm's papers, and the server that keeps its index, if one does."""

    machine: Machine
    papers: Path
    server: Running | None

    def run(self, *args: str, lines: str = "", **env: str) -> Ran:
        ran = self.machine.run(*args, lines=lines, **env)
        assert KEY not in ran.text + ran.complaint
        assert not [text for text in IN_THE_PAPERS if text in ran.complaint]
        return ran

    def ingest(self, *options: str, code: int = 0) -> dict[str, Any]:
        ran = self.run("ingest", str(self.papers), "--collection", "acme", "--json", *options)
        assert ran.code == code, ran.complaint
        return last_line(ran)

    def status(self) -> dict[str, Any]:
        return last_line(self.run("ingest", "status", "--json"))

    def ask(self, question: str, *options: str) -> dict[str, Any]:
        ran = self.run("ask", question, "--json", *options)
        assert ran.code == 0, ran.complaint
        return last_line(ran)

    def knowledge(self) -> dict[str, Any]:
        """What the doctor says of the index."""
        found = json.loads(self.run("doctor", "--json").text)
        return next(check for check in found["checks"] if check["name"] == "Knowledge base")

    def write_terms(self, fee: str) -> None:
        text = (
            f"# Terms of business\n\n## Leaving\n\nWho leaves in the first year pays an exit fee of {fee}.\n"
        )
        (self.papers / "terms.md").write_text(text, encoding="utf-8")


@pytest.fixture(params=["embedded", pytest.param("weaviate", marks=only_in_full)])
def firm(request: pytest.FixtureRequest, machine: Machine, tmp_path: Path) -> Iterator[Firm]:
    """Three papers, and no sample documents."""
    folder = tmp_path / "papers"
    folder.mkdir()
    machine.env["SALESMATE_SAMPLES"] = "off"
    if request.param == "embedded":
        firm = Firm(machine, folder, None)
        write_papers(firm)
        yield firm
        return
    with Running(api_key=KEY) as server:
        machine.env |= {
            "SALESMATE_WEAVIATE_URL": server.fake.url,
            "SALESMATE_WEAVIATE_GRPC_PORT": str(server.fake.grpc_port),
            "SALESMATE_WEAVIATE_API_KEY": KEY,
        }
        firm = Firm(machine, folder, server)
        write_papers(firm)
        yield firm


def write_papers(firm: Firm) -> None:
    firm.write_terms("£45")
    offices = docx.Document()
    offices.add_heading("Our offices", 1)
    offices.add_paragraph("We have been in Leeds and in Bristol since the firm was founded.")
    offices.add_page_break()  # type: ignore[no-untyped-call]
    offices.add_heading("Bristol", 2)
    offices.add_paragraph("The Bristol office is run by Maud Ellingham.")
    offices.save(str(firm.papers / "offices.docx"))
    prices = "plan,monthly price,notice period\nHarbour,£12,30 days\nLighthouse,£29,60 days\n"
    (firm.papers / "prices.csv").write_text(prices, encoding="utf-8")


def test_answers_follow_the_documents_from_the_first_ingest_on(firm: Firm) -> None:
    assert "salesmate ingest FOLDER" in firm.knowledge()["do"]
    said = firm.ingest()
    assert (said["documents"], said["unchanged"], said["failed"]) == (3, 0, [])
    (collection,) = firm.status()["collections"]
    assert (collection["collection"], collection["documents"]) == ("acme", 3)
    known = firm.knowledge()["sentence"]
    assert known.startswith("weaviate index" if firm.server else "embedded index")
    assert "acme (3)" in known
    best = json.loads(firm.run("search", WHO, "--json", "--collection", "acme").text)[0]
    assert (best["document"], best["page"]) == ("offices.docx", 2)

    told = firm.ask(WHO)
    assert told["answered"]
    assert "Maud Ellingham" in told["answer"]
    cited = told["citations"][0]
    assert (cited["n"], cited["document"], cited["page"]) == (1, "offices.docx", 2)
    assert cited["uri"] == (firm.papers / "offices.docx").as_uri()
    talk = [{"role": "rep", "text": PRICE}, {"role": "copilot", "text": "It is £29."}]
    (firm.machine.home / "talk.json").write_text(json.dumps(talk), encoding="utf-8")
    history = ("--history", str(firm.machine.home / "talk.json"))
    assert "£12" in firm.ask("And of the Harbour plan?", *history)["answer"]
    assert "£45" in firm.ask(EXIT_FEE)["answer"]
    notes = json.loads(firm.run("hint", "--json", lines=json.dumps(CALL)).text)["notes"]
    assert any("£45" in note["text"] for note in notes)

    firm.write_terms("£60")
    assert firm.ingest() == {"documents": 1, "chunks": 1, "unchanged": 2, "removed": 0, "failed": []}
    now = firm.ask(EXIT_FEE)["answer"]
    assert "£60" in now
    assert "£45" not in now

    (firm.papers / "prices.csv").unlink()
    assert firm.ingest("--prune")["removed"] == 1
    gone = firm.ask(PRICE, "--collection", "acme")
    assert not gone["answered"]
    assert gone["reason"]
    assert "£29" not in json.dumps(gone, ensure_ascii=False)

    assert last_line(firm.run("ingest", "remove", "terms.md", "--json"))["removed"] == 1
    assert not firm.ask(EXIT_FEE)["answered"]


@pytest.mark.prove
@takes_long
def test_a_dry_run_tells_what_would_be_done_and_touches_nothing(firm: Firm) -> None:
    assert firm.ingest("--dry-run")["documents"] == 3
    assert firm.status()["collections"] == []
    firm.ingest()
    before = firm.status()
    firm.write_terms("£60")
    (firm.papers / "prices.csv").unlink()
    would = firm.ingest("--dry-run", "--prune")
    assert (would["documents"], would["removed"]) == (1, 1)
    assert firm.status() == before
    assert "£45" in firm.ask(EXIT_FEE)["answer"]


# One story on the other index is enough for every day; the rest of them are proved.
@pytest.mark.parametrize("firm", ["weaviate"], indirect=True)
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_in(firm: Firm) -> None:
    (firm.papers / "torn.docx").write_bytes(b"PK\x03\x04 and then nothing")
    (firm.papers / "scan.pdf").write_bytes(b"")
    said = firm.ingest(code=1)
    assert said["documents"] == 3
    assert {failure["file"] for failure in said["failed"]} == {"torn.docx", "scan.pdf"}
    assert all(failure["reason"] for failure in said["failed"])
    assert "2 files could not be read" in firm.run("doctor").text
    assert "£45" in firm.ask(EXIT_FEE)["answer"]


# The rule does not depend on the index, and this runs a dozen commands.
@pytest.mark.prove
@takes_long
@pytest.mark.parametrize("firm", ["embedded"], indirect=True)
def test_a_question_that_names_no_collection_leaves_the_samples_out(firm: Firm) -> None:
    samples = {"SALESMATE_SAMPLES": "on"}
    about_isas = "How long does an ISA transfer take?"
    assert json.loads(firm.run("ask", about_isas, "--json", **samples).text)["answered"]
    firm.ingest()
    own = json.loads(firm.run("ask", about_isas, "--json", **samples).text)
    assert not own["answered"]
    assert {place["document"] for place in own["nearest"]} <= {"terms.md", "offices.docx", "prices.csv"}
    named = firm.run("ask", about_isas, "--json", "--collection", "northgate", **samples)
    assert json.loads(named.text)["answered"]
    firm.ask(EXIT_FEE)
    assert [one["collection"] for one in firm.status()["collections"]] == ["acme"]


def test_a_server_that_is_away_costs_an_answer_and_never_the_call(machine: Machine) -> None:
    machine.env["SALESMATE_WEAVIATE_URL"] = "http://127.0.0.1:9"
    ran = machine.chat("?What is the exit fee?\n?\nHello, is this a good moment?\n/end\n", "--json")
    assert ran.code == 0, ran.complaint
    assert "cannot be reached" in ran.complaint
    assert len([turn for turn in ran.of("turn") if turn["speaker"] == "customer"]) == 2
    asked = machine.run("ask", EXIT_FEE)
    assert asked.code == 1
    assert asked.complaint.count("\n") == 1
    assert "SALESMATE_WEAVIATE_URL" in asked.complaint
    doctor = json.loads(machine.run("doctor", "--json").text)
    (broken,) = [check for check in doctor["checks"] if check["status"] == "fail"]
    assert broken["name"] == "Knowledge base"
    assert broken["do"]
