"""A scorer and a task from another package, each one file, through the public entry points."""

import sys

import gymnasium as gym
import numpy as np
import pytest
from sample_task import TASK as SAMPLE

import textgym
from textgym import scorers, tasks
from textgym.env import TextGenEnv
from textgym.testing import check_env, check_scorer, check_task

SCORER = '''
"""How many letters of a text are vowels."""

from collections.abc import Sequence
from dataclasses import dataclass

from textgym import Example, Scorer


@dataclass(frozen=True, repr=False)
class Vowels(Scorer):
    """The share of letters that are vowels."""

    vowels: str = "aeiou"

    def score(self, texts: Sequence[str], examples: Sequence[Example]) -> list[float]:
        """Vowels over letters, 0 for the empty text."""
        return [sum(c in self.vowels for c in text) / max(len(text), 1) for text in texts]
'''
TASK = '''
"""The last line of a haiku."""

from textgym import Example
from textgym.vocab import build_vocab

POEMS = [
    ("An old silent pond, a frog jumps into the pond.", "Splash! Silence again."),
    ("Over the wintry forest, winds howl in rage.", "With no leaves to blow."),
    ("In the twilight rain these brilliant-hued hibiscus.", "A lovely sunset."),
]


class Haiku:
    """Two lines are given, the third is to be written."""

    max_new_tokens = 12

    def __init__(self, vocab="words", split="train"):
        self.split = split
        self.poems = POEMS[:2] if split == "train" else POEMS[2:]
        self.vocab = build_vocab(vocab, [f"{head} {last}" for head, last in POEMS])

    def __len__(self):
        return len(self.poems)

    def __getitem__(self, index):
        head, last = self.poems[index]
        return Example(head, (last,))
'''
ENTRY_POINTS = """
[textgym.scorers]
vowels = poetry_vowels:Vowels

[textgym.tasks]
haiku = poetry_haiku:Haiku
"""
METADATA = "Metadata-Version: 2.1\nName: poetry\nVersion: 1.0\n"


@pytest.fixture
def poetry(tmp_path, monkeypatch):
    """An installed distribution that textgym knows nothing of."""
    (tmp_path / "poetry_vowels.py").write_text(SCORER)
    (tmp_path / "poetry_haiku.py").write_text(TASK)
    info = tmp_path / "poetry-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (info / "METADATA").write_text(METADATA)
    monkeypatch.syspath_prepend(str(tmp_path))
    tasks.task.cache_clear()
    yield
    tasks.task.cache_clear()
    for name in ("poetry_vowels", "poetry_haiku"):
        sys.modules.pop(name, None)


def test_each_is_one_short_file():
    assert max(len(text.splitlines()) for text in (SCORER, TASK)) < 60


def test_they_are_found_by_name(poetry):
    assert "vowels" in scorers.registry.names() and "haiku" in tasks.registry.names()
    assert "poetry_haiku" not in sys.modules  # only when it is asked for
    assert textgym.task("haiku(vocab='chars')").vocab.separator == " "
    assert repr(textgym.scorer("bleu + 0.5*vowels('ae')")).endswith("0.5*Vowels(vowels='ae')")


def test_they_play_in_every_environment(poetry):
    env = gym.make("TextGen-BLEU-v0", task="haiku", scorer="vowels")
    env.reset(seed=0, options={"example": 1})
    for token in [*env.unwrapped.vocab.encode("With no leaves"), 0]:
        _, reward, ended, _, info = env.step(token)
    assert ended and info["text"] == "With no leaves"
    assert reward == pytest.approx(5 / len("With no leaves"))
    held_out = gym.make("TextGen-BLEU-v0", task="haiku", split="test").unwrapped
    assert len(held_out.task) == 1
    envs = gym.make_vec("TextGen-BLEU-v0", 3, task="haiku", scorer="bleu + vowels")
    envs.reset(seed=0)
    infos = envs.step(np.zeros(3, int))[4]
    assert set(infos["breakdown"]) >= {"bleu", "vowels"}


def test_they_pass_the_conformance_kit(poetry):
    check_scorer(textgym.scorer("vowels"))
    check_task(textgym.task("haiku"))
    check_env("TextGen-BLEU-v0", task="haiku", scorer="vowels")


@pytest.mark.parametrize("kwargs", [{"task": "haiku"}, {"task": SAMPLE, "scorer": "vowels"}])
def test_without_the_distribution_they_are_unknown(kwargs):
    with pytest.raises(textgym.TextGymError, match=r"Unknown (task 'haiku'|scorer 'vowels')"):
        TextGenEnv(**kwargs)
