"""Texts and scores as lines to read."""

from __future__ import annotations

import numpy as np

from agents.evaluation import Evaluation
from textgym.render import escape


def show(result: Evaluation, count: int) -> None:
    """One line a text: score, prompt, what was written; at most ``count`` of them."""
    for row in spread(len(result.texts), count):
        prompt, text = escape(result.prompts[row]), escape(result.texts[row])
        print(f"  {result.scores[row]:.2f}  {prompt} | {text}")


def spread(size: int, count: int) -> list[int]:
    """At most ``count`` numbers below ``size``, evenly spread and the same every time."""
    some: list[int] = np.linspace(0, size - 1, max(0, min(count, size))).astype(int).tolist()
    return some
