"""What REINFORCE adds to a supervised warm start: explaining chess openings.

    python benchmarks/chess.py            # the figures of the README, about a quarter of an hour

For each seed a GRU learns from the training references until the validation loss stops falling;
then plain REINFORCE (no memory, no entropy bonus) goes on with BLEU as the reward. Both are judged
on the test split, on sampled and on greedy texts.
"""

from __future__ import annotations

import argparse
import platform
import time
from typing import Any

import numpy as np
import torch

from agents import Evaluation, Reinforce, evaluate
from textgym.env import TextGenEnv


def run(seed: int, timesteps: int, epochs: int) -> dict[str, Evaluation]:
    """The four evaluations of one seed."""
    train, validation, test = (
        TextGenEnv("chess", "bleu", split=split) for split in ("train", "validation", "test")
    )
    agent = Reinforce(
        train,
        seed=seed,
        memory=0,
        entropy=0.0,
        learning_rate=1e-3,
        prompts=64,
        policy_kwargs={"hidden_size": 256, "embedding_size": 96},
    )
    began = time.perf_counter()
    agent.imitate(epochs, validation=validation)
    results = judge(agent, test, "warm start")
    print(
        f"seed {seed}: warm start {describe(results)}, {len(agent.losses)} epochs, "
        f"{time.perf_counter() - began:.0f} s",
        flush=True,
    )
    began = time.perf_counter()
    agent.learn(timesteps)
    results |= judge(agent, test, "REINFORCE")
    print(
        f"seed {seed}: REINFORCE  {describe(results)}, {agent.num_timesteps:,} tokens, "
        f"{time.perf_counter() - began:.0f} s",
        flush=True,
    )
    return results


def judge(agent: Reinforce, env: TextGenEnv, name: str) -> dict[str, Evaluation]:
    """Four sampled texts and the greedy one for each held-out prompt."""
    return {
        f"{name}, sampled": evaluate(agent, env, 4),
        f"{name}, greedy": evaluate(agent, env, deterministic=True),
    }


def describe(results: dict[str, Evaluation]) -> str:
    """The newest two results."""
    return ", ".join(f"{name.split()[-1]} {result}" for name, result in list(results.items())[-2:])


def show(results: dict[str, Evaluation], count: int) -> None:
    """Texts before and after, side by side."""
    before, after = results["warm start, greedy"], results["REINFORCE, greedy"]
    task: Any = TextGenEnv("chess", "bleu", split="test").task
    for row in np.linspace(0, len(before.texts) - 1, count).astype(int):
        print(f"\n{before.prompts[row]}")
        print(f"  warm start {before.scores[row]:.2f}  {before.texts[row]}")
        print(f"  REINFORCE  {after.scores[row]:.2f}  {after.texts[row]}")
        print(f"  reference        {task[int(row)].references[0]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--timesteps", type=int, default=1_200_000)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--texts", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        f"python {platform.python_version()}, torch {torch.__version__}, {options.threads} threads"
    )
    runs = [run(seed, options.timesteps, options.epochs) for seed in range(options.seeds)]
    for kind in ("sampled", "greedy"):
        before, after = (
            np.array([one[f"{name}, {kind}"].mean for one in runs])
            for name in ("warm start", "REINFORCE")
        )
        change = 100 * (after / before - 1)
        print(
            f"{kind}: {before.mean():.3f} -> {after.mean():.3f}, "
            f"change by seed {', '.join(f'{c:+.0f} %' for c in change)}"
        )
    show(runs[0], options.texts)


if __name__ == "__main__":
    main()
