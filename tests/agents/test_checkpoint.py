import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from agents.training.checkpoint import CheckpointError, read, write


def save(path, value=1.0):
    write(path, {"w": torch.full((3,), value)}, {"note": "hello"})


def test_what_is_written_is_read(tmp_path):
    save(tmp_path / "a")
    tensors, about = read(tmp_path / "a")
    assert tensors["w"].tolist() == [1, 1, 1]
    assert about["note"] == "hello"


@pytest.mark.parametrize("name", ["tensors.safetensors", "agent.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "flipped"])
def test_damage_is_found(tmp_path, name, damage):
    """FAULTS 39."""
    save(tmp_path / "a")
    file = tmp_path / "a" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    {
        "missing": file.unlink,
        "empty": lambda: file.write_bytes(b""),
        "truncated": lambda: file.write_bytes(file.read_bytes()[:-5]),
        "flipped": lambda: file.write_bytes(content),
    }[damage]()
    with pytest.raises(CheckpointError):
        read(tmp_path / "a")


def test_a_failed_save_leaves_the_old_checkpoint_and_nothing_else(tmp_path, monkeypatch):
    """FAULTS 38."""
    save(tmp_path / "a")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        save(tmp_path / "a", 2.0)
    assert read(tmp_path / "a")[0]["w"][0] == 1
    assert os.listdir(tmp_path) == ["a"]


def test_a_save_that_fails_at_the_last_step_puts_the_old_checkpoint_back(tmp_path, monkeypatch):
    save(tmp_path / "a")
    rename = Path.rename

    def fail(self, target):
        if target == tmp_path / "a" and read_only(self) == 2.0:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="Input"):
        save(tmp_path / "a", 2.0)
    assert read_only(tmp_path / "a") == 1.0
    assert os.listdir(tmp_path) == ["a"]


def read_only(path):
    return float(read(path)[0]["w"][0])


def test_a_save_killed_between_its_two_renames_leaves_a_checkpoint_that_is_found(tmp_path):
    """FAULTS 37."""
    save(tmp_path / "a")
    code = (
        "import os, pathlib, torch\n"
        "from agents.training.checkpoint import write\n"
        "rename = pathlib.Path.rename\n"
        f"path = pathlib.Path({str(tmp_path / 'a')!r})\n"
        "def kill(self, target):\n"
        "    if target == path: os.kill(os.getpid(), 9)\n"
        "    return rename(self, target)\n"
        "pathlib.Path.rename = kill\n"
        "write(path, {'w': torch.full((3,), 2.0)}, {})\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == -9
    assert not (tmp_path / "a").exists()
    assert read_only(tmp_path / "a") == 1.0
    save(tmp_path / "a", 3.0)
    assert read_only(tmp_path / "a") == 3.0


def test_a_checkpoint_is_as_readable_as_any_new_folder(tmp_path):
    (tmp_path / "plain").mkdir()
    save(tmp_path / "a")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_checkpoint_of_another_agent_is_refused(tmp_path):
    """FAULTS 41."""
    write(tmp_path / "a", {}, {"agent": "Uniform"})
    assert read(tmp_path / "a", "Uniform")[0] == {}
    with pytest.raises(CheckpointError, match="'Uniform', not 'Reinforce'"):
        read(tmp_path / "a", "Reinforce")


def test_a_second_save_replaces_the_first(tmp_path):
    save(tmp_path / "a")
    save(tmp_path / "a", 2.0)
    assert read(tmp_path / "a")[0]["w"][0] == 2
    assert os.listdir(tmp_path) == ["a"]


def test_a_folder_that_is_no_checkpoint_is_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "draft.tex").write_text("years of work")
    with pytest.raises(CheckpointError, match="another path"):
        save(tmp_path / "thesis")
    assert (tmp_path / "thesis" / "draft.tex").read_text() == "years of work"


def test_a_pickle_is_never_executed(tmp_path):
    """FAULTS 40: even one whose sum is in the manifest."""
    save(tmp_path / "a")

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    import hashlib

    content = pickle.dumps(Bomb())
    (tmp_path / "a" / "tensors.safetensors").write_bytes(content)
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    manifest["tensors.safetensors"] = hashlib.sha256(content).hexdigest()
    (tmp_path / "a" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError):
        read(tmp_path / "a")
    assert not (tmp_path / "executed").exists()


def test_tied_weights_are_saved(tmp_path):
    """FAULTS 42."""
    weight = torch.arange(4.0)
    write(tmp_path / "a", {"in": weight, "out": weight, "view": weight[:2]}, {})
    tensors, _ = read(tmp_path / "a")
    assert tensors["in"].equal(tensors["out"])
    assert tensors["view"].tolist() == [0, 1]
