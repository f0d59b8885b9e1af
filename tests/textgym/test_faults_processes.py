"""Worker processes: equal trajectories, errors that arrive, deaths that are noticed."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv
from sample_task import TASK, Faulty, Overlap
from test_vector import same

from textgym.env import TextGenEnv
from textgym.errors import UnknownArgument, WorkerDied
from textgym.supervised import SupervisedVectorEnv
from textgym.vector import TextGenVectorEnv

HERE = Path(__file__).parent
N = 3
# Gymnasium logs what a worker raised as warnings.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
CONTEXTS = pytest.mark.parametrize("context", ["fork", "spawn"])


def make():
    return TextGenEnv(TASK, Overlap(), shaping="potential")


def make_faulty():
    return TextGenEnv(TASK, Faulty(TASK.vocab.decode([5])), max_new_tokens=2)


def random_rollout(envs, steps=40):
    """Everything that some random actions bring."""
    results = [envs.reset(seed=11)]
    rng = np.random.default_rng(0)
    for _ in range(steps):
        actions = np.where(rng.random(N) < 0.1, 0, rng.integers(2, len(TASK.vocab), N))
        results.append(envs.step(actions))
    envs.close()
    return results


def singles(steps=40):
    """The same of N environments one after another."""
    rows = [make() for _ in range(N)]
    obs = [[env.reset(seed=11 + i)[0]] for i, env in enumerate(rows)]
    rewards = [[0.0] for _ in rows]
    rng, ended = np.random.default_rng(0), [False] * N
    for _ in range(steps):
        actions = np.where(rng.random(N) < 0.1, 0, rng.integers(2, len(TASK.vocab), N))
        for i, env in enumerate(rows):
            if ended[i]:
                (seen, _), reward, ended[i] = env.reset(), 0.0, False
            else:
                seen, reward, ended[i], _, _ = env.step(actions[i])
            obs[i].append(seen), rewards[i].append(reward)
    return np.swapaxes(obs, 0, 1), np.swapaxes(rewards, 0, 1)


@pytest.mark.slow
@CONTEXTS
@pytest.mark.timeout(120)
def test_one_seed_gives_one_trajectory_in_every_kind_of_environment(context):
    """Row 16."""
    wanted = random_rollout(SyncVectorEnv([make] * N))
    custom = TextGenVectorEnv(N, TASK, Overlap(), shaping="potential")
    for envs in (custom, AsyncVectorEnv([make] * N, context=context)):
        for got, one in zip(random_rollout(envs), wanted, strict=True):
            same(got, one)
    obs, rewards = singles()
    assert np.array_equal(obs, [result[0] for result in wanted])
    assert np.array_equal(rewards[1:], [result[1] for result in wanted[1:]])


PRINT_HASH = "import test_faults_processes as t; print(t.trajectory_hash())"


def trajectory_hash():
    """One line for a whole rollout, vocabulary and scores included."""
    envs = TextGenVectorEnv(N, TASK, "bleu + 0.3*length(6) + repetition + rouge")
    text = str([TASK.vocab.pieces, *random_rollout(envs)])
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.slow
def test_the_hash_seed_of_python_changes_nothing():
    """Row 16."""
    hashes = {run(PRINT_HASH, PYTHONHASHSEED=seed) for seed in ("0", "1")}
    assert hashes == {trajectory_hash() + "\n"}


def run(code, timeout=60, **env):
    """What a fresh Python prints."""
    command = [sys.executable, "-c", code]
    env = {**os.environ, **env, "PYTHONPATH": str(HERE)}
    done = subprocess.run(
        command, env=env, cwd=HERE, timeout=timeout, check=True, capture_output=True, text=True
    )
    return done.stdout


AFTER_TORCH = """
import torch, test_faults_processes as t
from gymnasium.vector import AsyncVectorEnv
torch.set_num_threads(2)
layer = torch.nn.Linear(512, 512)
layer(torch.rand(512, 512)).sum().backward()
if __name__ == "__main__":
    print(len(t.random_rollout(AsyncVectorEnv([t.make] * 2 + [t.make], context="fork"))))
"""


@pytest.mark.slow
def test_workers_run_after_the_parent_used_torch_on_two_threads():
    """Row 17: a fork of a process whose thread pool is warm does not hang."""
    pytest.importorskip("torch")
    assert run(AFTER_TORCH, timeout=60) == "41\n"


@pytest.mark.slow
@CONTEXTS
@pytest.mark.parametrize("vector", [AsyncVectorEnv, SupervisedVectorEnv])
@pytest.mark.timeout(60)
def test_the_exception_of_a_worker_reaches_the_parent(context, vector):
    """Row 18."""
    envs = vector([make_faulty] * N, context=context)
    envs.reset(seed=0)
    envs.step([2, 2, 2])
    with pytest.raises(ZeroDivisionError, match="cannot score"):
        envs.step([2, 5, 2])
    envs.close()
    assert all(process.exitcode == 0 for process in envs.processes)


@pytest.mark.timeout(60)
def test_our_own_exceptions_survive_the_way_to_the_parent():
    """Row 18: Gymnasium rebuilds an exception from one argument."""
    envs = AsyncVectorEnv([make] * 2)
    with pytest.raises(UnknownArgument, match=r"'exampel'. Did you mean 'example'"):
        envs.reset(options={"exampel": 1})
    envs.close()


@pytest.mark.slow
@CONTEXTS
@pytest.mark.parametrize("moment", ["before the step", "during the step"])
@pytest.mark.timeout(60)
def test_the_death_of_a_worker_is_an_error_and_leaves_no_process(context, moment):
    """Row 19."""
    envs = SupervisedVectorEnv([make] * N, context=context)
    envs.reset(seed=0)
    victim = envs.processes[1]
    if moment == "during the step":
        os.kill(victim.pid, signal.SIGSTOP)
        step_async = envs.step_async
        envs.step_async = lambda actions: (step_async(actions), os.kill(victim.pid, signal.SIGKILL))
    else:
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()
    began = time.monotonic()
    with pytest.raises(WorkerDied, match=rf"-1 \(pid {victim.pid}\)': -9"):
        envs.step([2, 2, 2])
    assert time.monotonic() - began < 10
    assert not any(process.is_alive() for process in envs.processes)
    envs.close()  # once more does no harm


@pytest.mark.timeout(60)
@pytest.mark.parametrize("call", ["reset", "call", "close"])
def test_a_dead_worker_is_noticed_by_every_call(call):
    """Row 19."""
    envs = SupervisedVectorEnv([make] * N)
    envs.reset(seed=0)
    envs.processes[0].kill()
    envs.processes[0].join()
    if call != "close":
        with pytest.raises(WorkerDied, match="Exit codes"):
            envs.reset() if call == "reset" else envs.call("render")
    envs.close()
    assert not any(process.is_alive() for process in envs.processes)
