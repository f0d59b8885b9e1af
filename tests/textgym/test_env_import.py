"""What ``import textgym`` costs."""

import subprocess
import sys
from pathlib import Path

HEAVY = ["torch", "transformers", "numba", "agents", "sacrebleu", "rouge_score", "PIL", "rich"]
MEASURE = f"""
import sys, time, gymnasium
began = time.perf_counter()
import textgym
took = time.perf_counter() - began
print(took, *[name for name in {HEAVY} if name in sys.modules])
"""


def test_import_is_quick_and_loads_nothing_heavy():
    took = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True
        )
        seconds, *loaded = done.stdout.split()
        assert loaded == []
        took.append(float(seconds))
    assert min(took) < 0.5


def test_an_environment_without_numba_needs_none_of_it():
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "import gymnasium as gym, textgym, sample_task\n"
        "env = gym.make('TextGen-Length-v0', task=sample_task.TASK); env.reset(seed=0)\n"
        "print(env.step(0)[1], 'torch' in sys.modules, 'transformers' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    here = Path(__file__).parent
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=here)
    assert done.stdout == "0.0 False False\n"
