"""Steps a second of the vector environment, against SyncVectorEnv over the single one.

    python benchmarks/throughput.py            # about two minutes
    python benchmarks/throughput.py --quick    # a few seconds, small sizes, for a smoke test

Exact BLEU is paid at the end of every text; both environments play the same seeds and actions,
and their rewards are compared. A step is one token of one row; the steps in which a row starts
anew (NEXT_STEP) count on both sides. The actions are drawn before the clock starts.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from gymnasium.vector import SyncVectorEnv

from textgym import ngrams
from textgym.env import TextGenEnv
from textgym.scorers import BLEU
from textgym.scoring import Scorer
from textgym.types import Example
from textgym.vector import TextGenVectorEnv
from textgym.vocab import WordVocab

SEED = 0
EOS_SHARE = 0.03  # of the actions, where texts end at different times


class MadeUp:
    """300 examples of a vocabulary of made-up words, with references of 8 to 32 words."""

    max_new_tokens = 32

    def __init__(self, size: int, examples: int = 300) -> None:
        """Makes up ``size - 2`` words."""
        draw = random.Random(SEED)
        letters, words = "abcdefghijklmnop", set()
        while len(words) < size - 2:
            words.add(" " + "".join(draw.choices(letters, k=6)))
        ranked = sorted(words)
        self.vocab = WordVocab(ranked)
        self.examples = [
            Example(self._text(draw, ranked, 4), (self._text(draw, ranked, draw.randint(8, 32)),))
            for _ in range(examples)
        ]

    @staticmethod
    def _text(draw: random.Random, words: list[str], count: int) -> str:
        return "".join(draw.choices(words, k=count)).strip()

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        return self.examples[index]


@dataclass(frozen=True, repr=False)
class Constant(Scorer):
    """0.5 for any text, at no cost."""

    def score(self, texts, examples):
        """0.5 a text."""
        return np.full(len(texts), 0.5)

    def token_scores(self, task):
        """The same of token ids."""
        return lambda tokens, lengths, ids: np.full(len(tokens), 0.5)


@contextmanager
def without_numba() -> Iterator[None]:
    """Lets the NumPy path count n-grams, as where numba is not installed."""
    compiled, ngrams.compiled_loop = ngrams.compiled_loop, lambda: None
    try:
        yield
    finally:
        ngrams.compiled_loop = compiled


def draw_actions(task: MadeUp, envs: int, steps: int, eos: float) -> np.ndarray:
    """Legal random actions int64[steps, envs]; half of them words of some reference."""
    draw = np.random.default_rng(SEED)
    good = np.unique([t for e in task.examples for t in task.vocab.encode(e.references[0])])
    actions = draw.integers(2, len(task.vocab), (steps, envs))
    actions = np.where(draw.random(actions.shape) < 0.5, draw.choice(good, actions.shape), actions)
    return np.where(draw.random(actions.shape) < eos, 0, actions)


def play(envs, actions: np.ndarray) -> tuple[float, np.ndarray]:
    """Steps a second, and the rewards float64[steps, envs]."""
    envs.reset(seed=SEED)
    rewards = np.empty(actions.shape)
    began = time.perf_counter()
    for step, row in enumerate(actions):
        rewards[step] = envs.step(row)[1]
    return actions.size / (time.perf_counter() - began), rewards


def best_and_median(envs, actions: np.ndarray, repeats: int) -> tuple[float, float, np.ndarray]:
    """Of several runs: the best and the median speed, and the rewards."""
    play(envs, actions[:40])  # compiles and fills caches
    runs = [play(envs, actions) for _ in range(repeats)]
    speeds = [speed for speed, _ in runs]
    return max(speeds), statistics.median(speeds), runs[0][1]


def against_sync(args: argparse.Namespace) -> None:
    """The table of TextGenVectorEnv, with numba and with NumPy, and SyncVectorEnv."""
    task = MadeUp(args.vocab)
    print(
        f"\n{args.envs} envs, vocabulary {args.vocab}, up to 32 new tokens, exact BLEU at the end"
    )
    header = ("texts end", "environment", "median M/s", "best M/s", "ratio of medians")
    print("{:>15} {:<26} {:>10} {:>9} {:>17}".format(*header))
    for name, eos in (("all at 32", 0.0), (f"by {EOS_SHARE:.0%} end", EOS_SHARE)):
        actions = draw_actions(task, args.envs, args.steps, eos)
        few = actions[: args.sync_steps]
        sync = SyncVectorEnv([lambda: TextGenEnv(task, BLEU())] * args.envs)
        _, slow, wanted = best_and_median(sync, few, max(1, args.repeats // 2))
        vector = TextGenVectorEnv(args.envs, task, BLEU(), texts=False)
        rows = [("with numba", *best_and_median(vector, actions, args.repeats))]
        with without_numba():
            rows.append(("with NumPy", *best_and_median(vector, actions, args.repeats)))
        for label, best, median, rewards in rows:
            np.testing.assert_allclose(rewards[: len(few)], wanted, rtol=0, atol=1e-9)
            speeds = f"{median / 1e6:10.2f} {best / 1e6:9.2f} {median / slow:17.0f}"
            print(f"{name:>15} {'TextGenVectorEnv ' + label:<26} {speeds}")
        print(f"{name:>15} {'SyncVectorEnv(TextGenEnv)':<26} {slow / 1e6:10.3f}")
        print(f"{'':>15} rewards equal to 1e-9; {np.count_nonzero(wanted)} texts scored above 0")


def flatness(args: argparse.Namespace) -> None:
    """Cost of a step over the length of texts and over the size of the vocabulary."""
    sizes = (1_000, 128_000) if args.quick else (1_000, 8_000, 32_000, 128_000)
    lengths = (16, 512) if args.quick else (16, 64, 128, 256, 512)
    print(f"\n{args.envs} envs, context_length 40, constant scorer; steps a second, median")
    base = MadeUp(8_000)
    of_length = [(f"{n} new tokens", base, n) for n in lengths]
    of_size = [(f"vocabulary {n}", MadeUp(n), 32) for n in sizes]
    for what, cases in (("length", of_length), ("vocabulary", of_size)):
        envs = [
            TextGenVectorEnv(
                args.envs, task, Constant(), texts=False, max_new_tokens=cap, context_length=40
            )
            for _, task, cap in cases
        ]
        acts = [draw_actions(task, args.envs, args.steps, 0.0) for _, task, _ in cases]
        speeds: list[list[float]] = [[] for _ in cases]
        for _ in range(args.repeats + 2):  # in turns, so that a slow moment hits all alike
            for case, (env, actions) in enumerate(zip(envs, acts, strict=True)):
                speeds[case].append(play(env, actions)[0])
        medians = [statistics.median(runs[1:]) for runs in speeds]
        for (label, _, _), median in zip(cases, medians, strict=True):
            print(f"{label:>20} {median / 1e6:8.2f} M/s")
        print(f"{'':>20} highest over lowest by {what}: {max(medians) / min(medians):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, a few seconds")
    quick = parser.parse_args().quick
    sizes = {"envs": 64, "vocab": 2_000, "steps": 100, "sync_steps": 70, "repeats": 1}
    full = {"envs": 1024, "vocab": 50_257, "steps": 2_048, "sync_steps": 99, "repeats": 7}
    args = argparse.Namespace(quick=quick, **(sizes if quick else full))
    print(f"command: python {' '.join(sys.argv)}   seed {SEED}")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    names = ("textgym", "gymnasium", "numpy", "numba", "sacrebleu")
    print(", ".join(f"{name} {version(name)}" for name in names))
    against_sync(args)
    flatness(args)


if __name__ == "__main__":
    main()
