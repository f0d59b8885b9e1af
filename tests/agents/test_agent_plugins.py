"""An agent and a policy from another package, each one file, through the public entry points."""

import sys

import pytest

import agents
from agents import Reinforce, evaluate
from agents.cli import main
from agents.policies import registry as policies
from textgym.env import TextGenEnv
from textgym.testing import check_agent

AGENT = '''
"""Writes, after each word, the word that follows it most often in the references."""

import json
from pathlib import Path

import numpy as np

from agents.base import episodes_of


class Parrot:
    """Follows the most frequent pairs of words."""

    def __init__(self, env, seed=0):
        """Begins with no pair."""
        self.rules = None if env is None else episodes_of(env)
        self.seed, self.follows = seed, {}

    def learn(self, total_timesteps):
        """Reads about that many tokens."""
        counts, rules = {}, self.rules
        for index in np.random.default_rng(self.seed).permutation(rules.size):
            answer = rules.vocab.encode(rules.task[int(index)].references[0])
            text = [*rules.prompts[index], *answer, rules.eos_id]
            for pair in zip(text, text[1:]):
                counts[pair] = counts.get(pair, 0) + 1
            total_timesteps -= len(text)
            if total_timesteps <= 0:
                break
        for before, after in sorted(counts, key=counts.get):
            self.follows[before] = after
        return self

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        """The word that follows; the end after a word it never saw."""
        newest = np.asarray(observation)[..., -1]
        return np.vectorize(lambda token: self.follows.get(int(token), 0), [int])(newest), state

    def save(self, path):
        """The pairs as JSON."""
        Path(path).write_text(json.dumps(list(self.follows.items())))

    @classmethod
    def load(cls, path, env=None):
        """Reads them."""
        agent = cls(env)
        agent.follows = dict(json.loads(Path(path).read_text()))
        return agent
'''
POLICY = '''
"""The mean of the embeddings so far."""

import torch

from agents.policies.base import Policy


class Bag(Policy):
    """What was said, not in which order."""

    def __init__(self, vocab_size, pad_id, max_length, *, width=16):
        """Any ``max_length`` will do."""
        super().__init__(vocab_size, pad_id)
        self.embedding = torch.nn.Embedding(vocab_size, width)
        self.out = torch.nn.Linear(2 * width, vocab_size)

    def _features(self, newest, total, count):
        return torch.cat([newest, total / count[..., None]], -1)

    def features(self, tokens):
        """long[B, L] -> float[B, L, 2 * width]."""
        words = self.embedding(tokens)
        count = torch.arange(1, tokens.shape[1] + 1).expand(tokens.shape)
        return self._features(words, words.cumsum(1), count)

    def head(self, features):
        """float[..., 2 * width] -> float[..., V]."""
        return self.out(features)

    def prefill(self, tokens, lengths):
        """The state is the sum of the embeddings and how many there are."""
        rows = torch.arange(len(tokens))
        words = self.embedding(tokens)
        total = words.cumsum(1)[rows, lengths - 1]
        return self._features(words[rows, lengths - 1], total, lengths), (total, lengths)

    def advance(self, tokens, state):
        """One more embedding."""
        word = self.embedding(tokens)
        total, count = state[0] + word, state[1] + 1
        return self._features(word, total, count), (total, count)
'''
FILES = {
    "zoo_parrot.py": AGENT,
    "zoo_bag.py": POLICY,
    "zoo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: zoo\nVersion: 1.0\n",
    "zoo-1.0.dist-info/entry_points.txt": (
        "[textgym.agents]\nparrot = zoo_parrot:Parrot\n\n[textgym.policies]\nbag = zoo_bag:Bag\n"
    ),
}


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """An installed distribution that agents knows nothing of."""
    folder = tmp_path / "site"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    yield
    for name in ("zoo_parrot", "zoo_bag"):
        sys.modules.pop(name, None)


def test_each_is_one_short_file():
    assert max(len(text.strip().splitlines()) for text in (AGENT, POLICY)) < 60


def test_they_are_found_by_name_and_listed(zoo, capsys):
    assert "parrot" in agents.registry.names() and "bag" in policies.names()
    assert "zoo_parrot" not in sys.modules  # only when it is asked for
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "Follows the most frequent pairs of words." in shown
    assert "What was said, not in which order." in shown


def test_without_the_distribution_they_are_unknown(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--agent", "parrot"]) == 1
    assert "Unknown agent 'parrot'" in capsys.readouterr().err
    with pytest.raises(ValueError, match="Unknown policy 'bag'"):
        Reinforce("TextGen-BLEU-v0", policy="bag")


def test_the_agent_is_trained_evaluated_and_sampled_by_the_command(zoo, tmp_path, capsys):
    out = tmp_path / "runs"
    assert main(["train", "--agent", "parrot", "--timesteps", "9999", "--out", str(out)]) == 0
    assert main(["evaluate", "--agent", "parrot", "--checkpoint", str(out / "agent")]) == 0
    before, _, after, _, sampled, greedy = [
        float(line.split(" [")[0].split()[-1])
        for line in capsys.readouterr().out.splitlines()
        if " texts on " in line
    ]
    assert after > before + 0.2
    assert after == sampled == greedy
    assert main(["sample", "--agent", "parrot", "--checkpoint", str(out / "agent")]) == 0


def test_the_agent_passes_the_conformance_kit(zoo):
    agent = agents.registry.create("parrot", "TextGen-BLEU-v0")
    check_agent(agent, TextGenEnv())
    assert evaluate(agent, TextGenEnv()).scores.shape == (40,)


def test_the_policy_learns(zoo, tmp_path):
    out = tmp_path / "runs"
    arguments = ["--set", "policy=bag", "--set", 'policy_kwargs={"width": 24}']
    assert main(["train", *arguments, "--timesteps", "5000", "--out", str(out)]) == 0
    agent = Reinforce.load(out / "agent")
    assert type(agent.policy).__name__ == "Bag" and agent.policy.embedding.embedding_dim == 24
    trained = Reinforce(TextGenEnv("proverbs(size=5)"), policy="bag", seed=1).imitate(150)
    assert evaluate(trained, trained.env, deterministic=True).mean > 0.9
