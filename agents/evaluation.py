"""How an agent is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agents.base import Agent, EnvLike, episodes_of, vectorised
from textgym.episode import Episodes

SIDE_BY_SIDE = 1024  # texts that are written at once; more would only take memory


@dataclass(frozen=True)
class Evaluation:
    """The texts an agent wrote and what they scored, one entry per episode."""

    prompts: list[str]
    texts: list[str]
    example_ids: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    breakdown: dict[str, npt.NDArray[np.float64]]

    @property
    def mean(self) -> float:
        """The mean score."""
        return float(self.scores.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of the mean; resamples examples, since their texts go together.

        Efron & Tibshirani 1993, chapter 13.3 (percentile method).
        """
        _, group = np.unique(self.example_ids, return_inverse=True)
        means = np.bincount(group, self.scores) / np.bincount(group)
        draws = np.random.default_rng(0).integers(len(means), size=(2000, len(means)))
        low, high = np.percentile(means[draws].mean(axis=1), [2.5, 97.5])
        return float(low), float(high)

    def __str__(self) -> str:
        """The mean, its interval and how much was played."""
        low, high = self.interval
        examples = len(np.unique(self.example_ids))
        return (
            f"{self.mean:.3f} [{low:.3f}, {high:.3f}] "
            f"({len(self.scores)} texts on {examples} examples)"
        )


def evaluate(
    agent: Agent,
    env: EnvLike,
    episodes_per_example: int = 1,
    *,
    deterministic: bool = False,
    examples: Sequence[int] | None = None,
) -> Evaluation:
    """Lets ``agent`` answer every example, and scores the texts.

    Args:
        agent: Anything with ``predict``.
        env: What it plays; its ``split`` says on which texts.
        episodes_per_example: More than one only makes sense for sampled texts.
        deterministic: Most likely tokens instead of sampled ones.
        examples: The examples to play; by default all of them.

    Raises:
        WrongEnvironment: ``env`` is none of ours, or is wrapped.
        ValueError: There is nothing to play.
    """
    rules = episodes_of(env)
    chosen = np.arange(rules.size) if examples is None else np.asarray(examples, np.int64)
    ids = np.repeat(chosen, max(episodes_per_example, 0))
    if not len(ids):
        raise ValueError(
            f"Nothing to play: episodes_per_example={episodes_per_example}, examples={examples}; "
            "ask for at least one of each."
        )
    batches = [ids[i : i + SIDE_BY_SIDE] for i in range(0, len(ids), SIDE_BY_SIDE)]
    return _joined([_played(agent, rules, batch, deterministic) for batch in batches])


def _played(
    agent: Agent, rules: Episodes, ids: npt.NDArray[np.int64], deterministic: bool
) -> Evaluation:
    """One text for each of the examples ``ids``, written side by side."""
    venv = vectorised(rules, len(ids), texts=True)
    observation, infos = venv.reset(seed=0, options={"example": ids})
    prompts, texts = infos["prompt"].tolist(), [""] * len(ids)
    scores, parts = np.zeros(len(ids)), {k: np.zeros(len(ids)) for k in rules.part_names}
    state, start = None, np.ones(len(ids), np.bool_)
    playing = np.ones(len(ids), np.bool_)
    while playing.any():
        actions, state = agent.predict(observation, state, start, deterministic)
        observation, _, start, _, infos = venv.step(actions)
        for row in np.flatnonzero(start & playing):
            texts[row], scores[row] = infos["text"][row], infos["score"][row]
            for name, values in parts.items():
                values[row] = infos["breakdown"][name][row]
        # Rows that are done play on unread: as new ones, so that what is legal first stays legal.
        start, playing = start | ~playing, playing & ~start
    return Evaluation(prompts, texts, ids, scores, parts)


def _joined(some: Sequence[Evaluation]) -> Evaluation:
    return Evaluation(
        [prompt for one in some for prompt in one.prompts],
        [text for one in some for text in one.texts],
        np.concatenate([one.example_ids for one in some]),
        np.concatenate([one.scores for one in some]),
        {k: np.concatenate([one.breakdown[k] for one in some]) for k in some[0].breakdown},
    )
