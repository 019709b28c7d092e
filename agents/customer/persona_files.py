"""Reading persona files: a mistake is reported with its file, line and field, all of them at once."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from agents.customer.persona import Persona
from agents.customer.persona_rules import problems_of

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Place = tuple[str | int, ...]
"""Where in a file: ('facts', 2, 'opens_when')."""


@dataclass(frozen=True)
class Problem:
    """One mistake in a persona file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class PersonaFileError(Exception):
    """A persona file cannot be used. `problems` says why, one sentence each."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class UnknownPersona(Exception):
    """There is no persona of that id."""


def load(path: Path | str) -> Persona:
    """Read and check one persona file.

    Raises PersonaFileError with every problem found: unreadable, not YAML, a key given twice, wrong types,
    or a rule between fields that does not hold.
    """
    path = Path(path)
    name = path.name if path.is_absolute() else str(path)
    root = _parse(path, name)
    lines = _lines_of(root)
    doubled = [Problem(name, line, f"{dotted(place)} is given twice.") for place, line in _doubled_keys(root)]
    data = _construct(root)
    if not isinstance(data, dict):
        raise PersonaFileError([Problem(name, 1, "a persona is a mapping of fields, see `personas new`.")])
    try:
        persona = Persona.model_validate(data)
    except ValidationError as error:
        wrong = [
            Problem(name, _nearest_line(lines, found["loc"]), _sentence(found)) for found in error.errors()
        ]
        raise PersonaFileError(doubled + wrong) from None
    broken = [
        Problem(name, _nearest_line(lines, place), f"{dotted(place)} {what}")
        for place, what in problems_of(persona)
    ]
    if doubled or broken:
        raise PersonaFileError(doubled + broken)
    return persona


@lru_cache(maxsize=256)
def _loaded(path: Path, _changed_ns: int, _size: int) -> Persona:
    """As `load`, once for each state of the file: reading one takes tens of milliseconds."""
    return load(path)


class Catalogue:
    """The personas in one or more folders; a later folder's file replaces an earlier one of the same id."""

    def __init__(self, *folders: Path) -> None:
        self._files: dict[str, Path] = {}
        for folder in folders:
            self._files.update({path.stem: path for path in sorted(folder.glob("*.yaml"))})

    @property
    def ids(self) -> list[str]:
        return sorted(self._files)

    def get(self, persona_id: str) -> Persona:
        """The persona of that id. Raises UnknownPersona with the nearest id, or PersonaFileError."""
        path = self.file(persona_id)
        try:
            written = path.stat()
        except OSError:
            return load(path)  # which says what is wrong with it
        return _loaded(path, written.st_mtime_ns, written.st_size)

    def file(self, persona_id: str) -> Path:
        """Where the persona of that id is written. Raises UnknownPersona with the nearest id."""
        path = self._files.get(persona_id)
        if path is None:
            near = difflib.get_close_matches(persona_id.lower().replace(" ", "-"), self.ids, n=1, cutoff=0.4)
            hint = f"Did you mean '{near[0]}'?" if near else "See `salesmate personas list`."
            raise UnknownPersona(f"There is no persona '{persona_id}'. {hint}")
        return path

    def all(self) -> list[Persona]:
        """Every persona, by id. Raises PersonaFileError at the first file that is wrong."""
        return [self.get(persona_id) for persona_id in self.ids]


def built_in_folder() -> Path:
    """Where the personas that ship with SalesMate are."""
    return Path(__file__).parent / "personas"


def dotted(place: Place) -> str:
    """('facts', 2, 'lines') as 'facts[2].lines'."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "the file"


def _parse(path: Path, name: str) -> yaml.Node:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise PersonaFileError([Problem(name, 1, f"cannot be read: {reason}.")]) from None
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "it is not YAML"
        raise PersonaFileError([Problem(name, mark.line + 1 if mark else 1, f"{what}.")]) from None
    if root is None:
        raise PersonaFileError([Problem(name, 1, "the file is empty; start from `salesmate personas new`.")])
    return root


def _construct(root: yaml.Node) -> Any:
    constructor = yaml.constructor.SafeConstructor()
    return constructor.construct_document(root)


def _lines_of(node: yaml.Node, place: Place = ()) -> dict[Place, int]:
    found = {place: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found |= _lines_of(value, (*place, key.value))
            found[(*place, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found |= _lines_of(value, (*place, index))
    return found


def _doubled_keys(node: yaml.Node, place: Place = ()) -> list[tuple[Place, int]]:
    found: list[tuple[Place, int]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                found.append(((*place, key.value), key.start_mark.line + 1))
            seen.add(key.value)
            found += _doubled_keys(value, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found += _doubled_keys(value, (*place, index))
    return found


def _nearest_line(lines: dict[Place, int], place: Place) -> int:
    """The line of the field, or of the nearest field around it that is in the file."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _sentence(found: Any) -> str:
    place = tuple(step for step in found["loc"] if step != "[key]")
    if found["type"] == "missing":
        return f"{dotted(place)} is missing."
    if found["type"] == "extra_forbidden":
        return f"{dotted(place)} is not a field of a persona."
    return f"{dotted(place)}: {found['msg'][0].lower()}{found['msg'][1:]}."
