"""A mistake in a persona file is named by file, line and field, with what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.customer.persona_files import (
    Catalogue,
    PersonaFileError,
    UnknownPersona,
    built_in_folder,
    load,
)

HELEN = (built_in_folder() / "helen-marsh.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def problems(folder: Path, text: str) -> list[str]:
    path = folder / "helen.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PersonaFileError) as caught:
        load(path)
    return [str(problem) for problem in caught.value.problems]


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def changed(old: str, new: str) -> str:
    assert old in HELEN
    return HELEN.replace(old, new, 1)


def first_fact() -> str:
    return load(built_in_folder() / "helen-marsh.yaml").facts[0].id


def test_every_persona_that_ships_is_without_mistakes() -> None:
    personas = Catalogue(built_in_folder()).all()
    assert len(personas) >= 14
    assert len({persona.call_type for persona in personas}) == 7
    assert len({persona.industry for persona in personas}) >= 6


def test_an_id_given_twice_is_named_with_its_line(folder: Path) -> None:
    persona = load(built_in_folder() / "helen-marsh.yaml")
    first, second = persona.facts[0].id, persona.facts[1].id
    text = changed(f"id: {second}\n", f"id: {first}\n")
    wanted = [i for i, line in enumerate(text.splitlines(), 1) if f"id: {first}" in line][1]
    assert f"helen.yaml:{wanted}: facts[1].id '{first}' is given twice" in "\n".join(problems(folder, text))


def test_a_gate_on_a_missing_fact_suggests_the_nearest(folder: Path) -> None:
    fact = first_fact()
    trust = next(line for line in HELEN.splitlines() if "trust:" in line and "opens_when" in line)
    value = trust.split("trust:")[1].strip(" {}").split(",")[0]
    text = HELEN.replace(trust, f"    opens_when: {{trust: {value}, after: [{fact}s]}}", 1)
    (found, *_) = problems(folder, text)
    assert found.startswith(f"helen.yaml:{line_of(text, fact + 's]')}: facts[0].opens_when.after names")
    assert f"Did you mean '{fact}'?" in found


def test_a_wrong_type_names_the_field(folder: Path) -> None:
    text = changed("version: 1", "version: one")
    assert problems(folder, text) == [
        "helen.yaml:"
        f"{line_of(text, 'version')}: version: input should be a valid integer, unable to parse string as an "
        "integer."
    ]


def test_a_field_that_does_not_exist_is_a_mistake(folder: Path) -> None:
    (found,) = problems(folder, HELEN + "\nfavourite_colour: red\n")
    assert "favourite_colour is not a field of a persona." in found


def test_a_line_that_gives_a_fact_away_elsewhere_is_a_mistake(folder: Path) -> None:
    fact = load(built_in_folder() / "helen-marsh.yaml").facts[0]
    text = changed("  acknowledge:\n", f'  acknowledge:\n    - "Well, {fact.tells[0]}, you see."\n')
    found = "\n".join(problems(folder, text))
    assert f"gives the fact '{fact.id}' away" in found
    assert "lines.acknowledge[0]" in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("- a\n- b\n", "a persona is a mapping"),
        ("id: [", "helen.yaml:"),
        ("id: a\nid: b\n", "helen.yaml:2: id is given twice."),
    ],
)
def test_a_file_that_is_no_persona_says_so(folder: Path, text: str, message: str) -> None:
    assert message in "\n".join(problems(folder, text))


def test_a_file_that_cannot_be_read_says_why(folder: Path) -> None:
    with pytest.raises(PersonaFileError, match="cannot be read: No such file"):
        load(folder / "nobody.yaml")
    (folder / "latin.yaml").write_bytes(b"name: Andr\xe9\n")
    with pytest.raises(PersonaFileError, match="it is not UTF-8 text"):
        load(folder / "latin.yaml")


def test_an_unknown_persona_suggests_the_nearest() -> None:
    with pytest.raises(UnknownPersona, match="Did you mean 'helen-marsh'"):
        Catalogue(built_in_folder()).get("helen-march")
