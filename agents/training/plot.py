"""The learning curve as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textgym.errors import MissingDependency


def learning_curve(
    history: Sequence[dict[str, float]], path: str | Path, title: str, ylabel: str = "mean score"
) -> None:
    """Draws the mean reward of sampled texts, and the best remembered, against time.

    Args:
        history: ``Reinforce.history``.
        path: Where the PNG goes.
        title: What was learned.
        ylabel: What the reward is.

    Raises:
        MissingDependency: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency("A learning curve", "matplotlib", "agents") from error
    seconds = [row["seconds"] for row in history]
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(seconds, [row["reward"] for row in history], label="sampled texts")
    if history and "best" in history[0]:
        best = [row["best"] for row in history]
        axes.plot(seconds, best, linestyle="--", label="best found so far")
    axes.set(xlabel="seconds", ylabel=ylabel, title=title, ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)
