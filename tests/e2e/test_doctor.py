"""`salesmate doctor`: what works, and what to do about the rest."""

from __future__ import annotations

import json

from tests.e2e.machine import Machine


def test_a_fresh_machine_is_healthy_and_the_missing_index_comes_by_itself(machine: Machine) -> None:
    ran = machine.run("doctor", "--json")
    found = json.loads(ran.text)
    assert (ran.code, found["ok"]) == (0, True)
    checks = {check["name"]: check for check in found["checks"]}
    assert checks["Knowledge base"]["status"] == "warn"
    assert checks["Knowledge base"]["do"]
    assert "scripted" in checks["Model of the customer"]["sentence"]


def test_what_is_broken_is_named_with_what_to_do_and_the_exit_code_is_1(machine: Machine) -> None:
    (machine.home / "personas").mkdir()
    (machine.home / "personas" / "nobody.yaml").write_text("id: nobody\nname: 3\n")
    ran = machine.run(
        "doctor",
        SALESMATE_DATABASE_URL="/proc/nowhere.sqlite",
        SALESMATE_COPILOT_MODEL="local:gremlin",
    )
    assert ran.code == 1
    failed = [line for line in ran.text.splitlines() if line.startswith("fail")]
    assert [line.split(":")[0].removeprefix("fail").strip() for line in failed][:1] == ["Database"]
    assert any("nobody.yaml" in line for line in failed)
    assert any("local:gremlin" in line for line in failed)


def test_a_home_that_cannot_be_written_keeps_no_other_check_from_being_made(machine: Machine) -> None:
    ran = machine.run("doctor", "--json", SALESMATE_HOME="/proc/salesmate")
    statuses = {check["name"]: check["status"] for check in json.loads(ran.text)["checks"]}
    assert statuses["Home folder"] == "fail"
    assert statuses["Embedder"] == "ok"
    assert ran.code == 1
