"""The benchmarks of environments and scorers run, and compare what they measure."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "says"),
    [("throughput.py", "rewards equal to 1e-9"), ("scorers.py", "BLEU on word ids, sacrebleu")],
)
def test_a_benchmark_runs(script, says):
    command = [sys.executable, str(BENCHMARKS / script), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout and "numpy" in done.stdout
