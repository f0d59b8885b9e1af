"""Agents on disk: a folder of safetensors and JSON with a SHA-256 manifest, and no pickle.

The folder is written beside its final place, flushed to disk and renamed. One that is there already
is moved aside first, where ``read`` finds it if the machine stops before the new one is in place;
so there is always an old one or a new one, and never half of one.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textgym.errors import TextGymError

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
TENSORS, ABOUT, MANIFEST = "tensors.safetensors", "agent.json", "manifest.json"
ASIDE = "-old"


class CheckpointError(TextGymError, ValueError):
    """A checkpoint that is damaged, or of another agent, vocabulary or environment."""


def write(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Puts the folder at ``path`` in place of what is there.

    Raises:
        CheckpointError: ``path`` exists and is no checkpoint; it is left alone.
    """
    check_free(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    folder.mkdir()
    try:
        (folder / ABOUT).write_text(json.dumps({"format": FORMAT, **about}, indent=1))
        if tensors:
            _write_tensors(folder / TENSORS, tensors)
        sums = {file.name: _sha256(file) for file in sorted(folder.iterdir())}
        (folder / MANIFEST).write_text(json.dumps(sums, indent=1))
        for file in (*folder.iterdir(), folder):
            _flush(file)
        _replace(folder, path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def read(path: Path, agent: str | None = None) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the description at ``path``.

    Raises:
        CheckpointError: A file is missing or is not what was written, or it is not of ``agent``.
    """
    path = _found(path)
    try:
        sums = json.loads((path / MANIFEST).read_text())
        for name in {ABOUT, *sums}:
            if _sha256(path / name) != sums[name]:
                raise CheckpointError(f"{path / name} is damaged: its SHA-256 is another.")
        about = json.loads((path / ABOUT).read_text())
    except (OSError, KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path} is no complete checkpoint: {error!r}.") from error
    if about["format"] != FORMAT:
        raise CheckpointError(f"{path} has format {about['format']}; this textgym reads {FORMAT}.")
    if agent not in (None, about.get("agent")):
        raise CheckpointError(f"{path} holds the agent {about.get('agent')!r}, not {agent!r}.")
    return _read_tensors(path / TENSORS) if TENSORS in sums else {}, about


def check_free(path: Path) -> None:
    """Raises CheckpointError if something that is no checkpoint is at ``path``."""
    if path.exists() and not (path / MANIFEST).is_file():
        raise CheckpointError(f"{path} exists and is no checkpoint; choose another path.")


def fingerprint(vocab: Any) -> str:
    """What tells two vocabularies apart: SHA-256 of every token's text."""
    pieces = vocab.pieces or [vocab.decode([i]) for i in range(len(vocab))]
    text = "\0".join(pieces).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()


def _write_tensors(file: Path, tensors: Mapping[str, Tensor]) -> None:
    from safetensors.torch import save_file

    # Tied weights share memory, which safetensors does not write.
    save_file({k: t.detach().clone().contiguous() for k, t in tensors.items()}, file)


def _read_tensors(file: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Tensor] = load_file(file)
    except SafetensorError as error:
        raise CheckpointError(f"{file} holds no tensors: {error}.") from error
    return tensors


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(new: Path, old: Path) -> None:
    """Renames ``new`` to ``old``; a folder that is there is moved aside first, then removed."""
    aside = new.with_name(new.name + ASIDE)
    if old.exists():
        old.rename(aside)
    try:
        new.rename(old)
    except BaseException:
        if aside.exists():
            aside.rename(old)
        raise
    _flush(old.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _found(path: Path) -> Path:
    """``path``, or where a save that was cut off left the checkpoint that was there."""
    if path.exists():
        return path
    left = sorted(path.parent.glob(f".{path.name}-*{ASIDE}"), key=lambda p: p.stat().st_mtime)
    return left[-1] if left else path
