"""How long REINFORCE takes from nothing to a mean BLEU of 0.9 on proverbs.

    python benchmarks/proverbs.py                    # the figure of the README, about half an hour
    python benchmarks/proverbs.py --sizes 40 --seeds 1 --limit 20
    python benchmarks/proverbs.py --sizes 40 --memory 0 --tokens 20000    # plain REINFORCE
    python benchmarks/proverbs.py --draw runs/a/results.json runs/b/results.json

Time counts from the first update; a run has got there when the texts sampled in five successive
updates, eight for each prompt, score 0.9 on average. The policy is then judged on fresh samples.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from agents import Reinforce, evaluate
from textgym.env import TextGenEnv

GOAL = 0.9


def run(size: int, seed: int, limit: float, tokens: int, **settings: Any) -> dict[str, Any]:
    """One seed: its curve, when it got there, and how it scores in the end."""
    env = TextGenEnv(f"proverbs(size={size})", "bleu")
    agent = Reinforce(env, seed=seed, **settings)
    began, reached = time.perf_counter(), None

    def watch(agent: Reinforce, _: Any) -> bool:
        nonlocal reached
        recent = [row["reward"] for row in agent.history[-5 * max(1, size // 40) :]]
        if reached is None and statistics.mean(recent) >= GOAL:
            reached = time.perf_counter() - began
        return time.perf_counter() - began < limit

    agent.learn(tokens * size, watch)
    seconds = time.perf_counter() - began
    sampled, greedy = evaluate(agent, env, 16), evaluate(agent, env, deterministic=True)
    result = {
        "size": size,
        "seed": seed,
        "settings": settings,
        "reached": reached,
        "seconds": seconds,
        "tokens": agent.num_timesteps,
        "sampled": sampled.mean,
        "interval": sampled.interval,
        "greedy": greedy.mean,
        "curve": [(row["seconds"], row["reward"], row.get("best")) for row in agent.history[::5]],
    }
    shown = "never" if reached is None else f"{reached:.0f} s"
    print(
        f"size {size} seed {seed} {settings or ''}: 0.9 after {shown}; after {seconds:.0f} s "
        f"sampled {sampled}, greedy {greedy.mean:.3f}",
        flush=True,
    )
    return result


def draw(results: list[dict[str, Any]], path: Path) -> None:
    """The curves of each size, and the time to 0.9 against the size."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    curves, times = figure.subplots(1, 2)
    sizes = sorted({r["size"] for r in results})
    for colour, size in enumerate(sizes):
        runs = [r for r in results if r["size"] == size]
        for number, one in enumerate(runs):
            seconds, rewards, _ = zip(*one["curve"], strict=True)
            label = f"{size} proverbs" if number == 0 else None
            curves.plot(seconds, rewards, color=f"C{colour}", alpha=0.7, label=label)
        done = [r["reached"] for r in runs if r["reached"] is not None]
        late = [r["seconds"] for r in runs if r["reached"] is None]
        times.plot([size] * len(done), done, "o", color=f"C{colour}", alpha=0.7)
        times.plot([size] * len(late), late, "x", color=f"C{colour}")  # not there when it stopped
    medians = [
        statistics.median(r["reached"] or r["seconds"] for r in results if r["size"] == s)
        for s in sizes
    ]
    times.plot(sizes, medians, "k--", label="median (x: not there in time)")
    curves.axhline(GOAL, color="grey", linewidth=0.8)
    curves.set(xlabel="seconds", ylabel="mean BLEU of sampled texts", ylim=(0, 1))
    times.set(xlabel="training proverbs", ylabel="seconds to 0.9", xticks=sizes, ylim=(0, None))
    for axes in (curves, times):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[40, 80, 160])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=120, help="seconds per 40 proverbs")
    # The entropy bonus fades over this many: fewer where nothing is explored.
    parser.add_argument("--tokens", type=int, default=400_000, help="to play for each proverb")
    parser.add_argument("--memory", type=int, help="0 for plain REINFORCE")
    parser.add_argument("--explore", type=int, help="0 for a memory without exploration")
    parser.add_argument("--draw", type=Path, nargs="+", help="only draw these results again")
    parser.add_argument("--out", type=Path, default=Path("runs/proverbs"))
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.draw:
        results = [run for path in options.draw for run in json.loads(path.read_text())]
        draw(results, options.out / "proverbs.png")
        return
    names = ("memory", "explore")
    settings = {n: getattr(options, n) for n in names if getattr(options, n) is not None}
    torch.set_num_threads(options.threads)
    print(
        f"python {platform.python_version()}, torch {torch.__version__}, {options.threads} threads"
    )
    results = [
        run(size, seed, options.limit * size / 40, options.tokens, **settings)
        for size in options.sizes
        for seed in range(options.seeds)
    ]
    (options.out / "results.json").write_text(json.dumps(results))
    draw(results, options.out / "proverbs.png")
    for size in options.sizes:
        runs = [r for r in results if r["size"] == size]
        reached = statistics.median(r["reached"] or float("inf") for r in runs)
        sampled = statistics.median(r["sampled"] for r in runs)
        print(f"size {size}: median time to 0.9 {reached:.0f} s, median sampled BLEU {sampled:.3f}")


if __name__ == "__main__":
    main()
