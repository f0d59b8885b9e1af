"""Agents on disk: a folder of safetensors and JSON with a SHA-256 manifest, and no pickle.

The folder is written beside its final place, flushed to disk and renamed, so that a crash leaves
the old one or the new one and never half of one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from textgym.errors import TextGymError

FORMAT = 1
TENSORS, ABOUT, MANIFEST = "tensors.safetensors", "agent.json", "manifest.json"


class CheckpointError(TextGymError, ValueError):
    """A checkpoint that is damaged, or of another agent, vocabulary or environment."""


def write(path: Path, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Puts the folder at ``path`` in place of what is there.

    Raises:
        CheckpointError: ``path`` exists and is no checkpoint; it is left alone.
    """
    if path.exists() and not (path / MANIFEST).is_file():
        raise CheckpointError(f"{path} exists and is no checkpoint; choose another path.")
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        # Tied weights share memory, which safetensors does not write.
        save_file(
            {k: t.detach().clone().contiguous() for k, t in tensors.items()}, folder / TENSORS
        )
        (folder / ABOUT).write_text(json.dumps({"format": FORMAT, **about}, indent=1))
        sums = {name: _sha256(folder / name) for name in (TENSORS, ABOUT)}
        (folder / MANIFEST).write_text(json.dumps(sums, indent=1))
        for name in (TENSORS, ABOUT, MANIFEST, "."):
            _flush(folder / name)
        _replace(folder, path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the description at ``path``.

    Raises:
        CheckpointError: A file is missing or is not what was written.
    """
    try:
        sums = json.loads((path / MANIFEST).read_text())
        for name in (TENSORS, ABOUT):
            if _sha256(path / name) != sums[name]:
                raise CheckpointError(f"{path / name} is damaged: its SHA-256 is another.")
        about = json.loads((path / ABOUT).read_text())
    except (OSError, KeyError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path} is no complete checkpoint: {error}.") from error
    if about["format"] != FORMAT:
        raise CheckpointError(f"{path} has format {about['format']}; this textgym reads {FORMAT}.")
    try:
        return load_file(path / TENSORS), about
    except SafetensorError as error:
        raise CheckpointError(f"{path / TENSORS} holds no tensors: {error}.") from error


def fingerprint(vocab: Any) -> str:
    """What tells two vocabularies apart: SHA-256 of every token's text."""
    pieces = vocab.pieces or [vocab.decode([i]) for i in range(len(vocab))]
    text = "\0".join(pieces).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()


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
    aside = new.with_name(new.name + "-old")
    if old.exists():
        old.rename(aside)
    new.rename(old)
    _flush(old.parent)
    shutil.rmtree(aside, ignore_errors=True)
