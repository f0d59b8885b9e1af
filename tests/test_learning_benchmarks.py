"""The benchmarks of learning run, cut short."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def run(script, *arguments, cwd):
    command = [sys.executable, str(BENCHMARKS / script), *arguments, "--threads", "1"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_proverbs(tmp_path):
    shown = run("proverbs.py", "--sizes", "40", "--seeds", "1", "--limit", "2", cwd=tmp_path)
    assert "size 40 seed 0" in shown
    run("proverbs.py", "--draw", "runs/proverbs/results.json", "--out", "again", cwd=tmp_path)
    assert (tmp_path / "again" / "proverbs.png").stat().st_size > 10_000


@pytest.mark.slow
def test_chess(tmp_path):
    small = ("--seeds", "1", "--epochs", "1", "--timesteps", "3000", "--texts", "2")
    shown = run("chess.py", *small, cwd=tmp_path)
    assert "sampled:" in shown and "greedy:" in shown and "reference" in shown
