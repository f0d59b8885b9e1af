"""A small real task and scorers for the tests of the environments."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from textgym.scoring import Scorer
from textgym.types import Example
from textgym.vocab import WordVocab

LINES = (files("textgym.tasks") / "data" / "proverbs.txt").read_text().splitlines()[:30]


class Sample:
    """Thirty proverbs: the first two words given, the rest to write."""

    max_new_tokens = 12

    def __init__(self, lines=LINES, vocab=None):
        self.lines = lines
        self.vocab = vocab or WordVocab.from_texts(lines)

    def __len__(self):
        return len(self.lines)

    def __getitem__(self, index):
        words = self.lines[index].split(" ")
        return Example(" ".join(words[:2]), (" ".join(words[2:]),))


@dataclass(frozen=True, repr=False)
class Overlap(Scorer):
    """The share of words that the reference has; it reads texts only, no token ids."""

    needs_references = True

    def score(self, texts, examples):
        pairs = zip(texts, examples, strict=True)
        return [len({*t.split()} & {*e.references[0].split()}) / (1 + len(t)) for t, e in pairs]


@dataclass(frozen=True, repr=False)
class Faulty(Scorer):
    """Raises on texts with a given word, and counts its calls."""

    word: str = ""

    calls = 0

    def score(self, texts, examples):
        type(self).calls += 1
        if any(self.word and self.word in text for text in texts):
            raise ZeroDivisionError(f"cannot score {self.word!r}")
        return np.full(len(texts), 0.5)


TASK = Sample()


def random_actions(env, rng, eos=0.1):
    """Legal actions of a vector env, int64[N], the end token with probability ``eos``."""
    masks = env.action_masks() if hasattr(env, "action_masks") else np.ones((1, 2), bool)
    actions = [rng.choice(np.flatnonzero(mask)) for mask in masks]
    wants = rng.random(len(actions)) < eos
    return np.where(wants & masks[:, 0], 0, actions)
