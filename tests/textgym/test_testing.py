"""The conformance kit accepts what is right and says what is wrong."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from gymnasium.wrappers import TransformReward

from textgym import testing
from textgym.env import TextGenEnv
from textgym.scorers import BLEU, ROUGE, Length
from textgym.scoring import Scorer
from textgym.testing import check_agent, check_env, check_scorer, check_splits, check_task
from textgym.types import Example
from textgym.vector import TextGenVectorEnv
from textgym.vocab import CharVocab, WordVocab

LINES = [
    "A stitch in time saves nine.",
    "Don't count your chickens, yet.",
    "Well-known (5.3) - yes!",
]
COUNT = itertools.count()


class Small:
    """Three examples: the first words given, the rest to write."""

    max_new_tokens = 12

    def __init__(self, vocab=None):
        self.vocab = vocab or WordVocab.from_texts(LINES)

    def __len__(self):
        return len(LINES)

    def __getitem__(self, index):
        first, _, rest = LINES[index].partition(" ")
        return Example(first, (rest,))


@dataclass(frozen=True, repr=False)
class Broken(Scorer):
    """Scores right but for one fault."""

    fault: str = ""

    def score(self, texts, examples):
        scores = np.array([len(t) % 7 / 7 for t in texts])
        if self.fault == "random":
            return np.full(len(texts), next(COUNT) % 5 / 5)
        return np.roll(scores, 1) if self.fault == "order" else scores / max(scores.max(), 1e-9)

    def token_scores(self, task):
        return (lambda tokens, lengths, ids: np.zeros(len(tokens))) if not self.fault else None


@pytest.mark.parametrize("scorer", [BLEU(), ROUGE(), 0.5 * BLEU() + Length(5)], ids=str)
@pytest.mark.parametrize("task", [None, Small(), Small(CharVocab.from_texts(LINES))])
def test_a_good_scorer_passes(scorer, task):
    check_scorer(scorer, task)


@pytest.mark.parametrize(
    ("scorer", "task", "message"),
    [
        (Broken("random"), None, "called again"),
        (Broken("order"), None, "reverse order"),
        (Broken("batch"), None, "one by one"),
    ],
)
def test_a_broken_scorer_is_told_what_is_wrong(scorer, task, message):
    with pytest.raises(AssertionError, match=message):
        check_scorer(scorer, task)


def test_a_token_path_that_differs_is_found(monkeypatch):
    monkeypatch.setattr(Length, "closeness", lambda self, n: np.full(len(n), 0.5))
    monkeypatch.setattr(Length, "score", lambda self, t, e: np.full(len(t), 0.4))
    with pytest.raises(AssertionError, match="on tokens"):
        check_scorer(Length(3), Small())


@pytest.mark.parametrize("vocab", [WordVocab.from_texts(LINES), CharVocab.from_texts(LINES)])
def test_a_good_task_passes(vocab):
    task = Small(vocab)
    task.max_new_tokens = 40
    check_task(task)


class Changing(Small):
    def __getitem__(self, index):
        return Example(f"A {next(COUNT)}", super().__getitem__(index).references)


class Endless(Small):
    def __getitem__(self, index):
        return super().__getitem__(index % 3)


class Listed(Small):
    def __getitem__(self, index):
        return Example(super().__getitem__(index).prompt, ["a", "b"])


class Empty(Small):
    def __len__(self):
        return 0


class Unprompted(Small):
    def __getitem__(self, index):
        return Example("", super().__getitem__(index).references)


class Narrow(Small):
    max_new_tokens = 3


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (Changing, "asked for twice"),
        (Endless, "was accepted; IndexError|instead of IndexError"),
        (Listed, "no tuple"),
        (Empty, "no examples"),
        (Unprompted, "prompt of task.0. is empty"),
        (Narrow, "max_new_tokens=3"),
    ],
)
def test_a_broken_task_is_told_what_is_wrong(task, message):
    with pytest.raises(AssertionError, match=message):
        check_task(task())


def test_splits_that_share_a_text_are_found():
    check_splits(Small())
    with pytest.raises(AssertionError, match="A stitch in time"):
        check_splits(Small(), Small())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"shaping": "potential"},
        {"max_new_tokens": 1},
        {"min_new_tokens": 3},
        {"context_length": 4},
    ],
    ids=str,
)
def test_a_good_env_passes(options):
    check_env(TextGenEnv(Small(), BLEU() + 0.3 * Length(5), **options))


class Careless(TextGenEnv):
    """Takes any action for the last token."""

    def step(self, action):
        legal = isinstance(action, int | np.integer) and 0 <= action < len(self.vocab)
        return super().step(action if legal else len(self.vocab) - 1)


class Talkative(TextGenEnv):
    def step(self, action):
        *step, info = super().step(action)
        return *step, {**info, "extra": 1}


class Generous(TextGenEnv):
    def step(self, action):
        obs, reward, *rest = super().step(action)
        return obs, reward + 0.1, *rest


class Moody(TextGenEnv):
    def step(self, action):
        obs, reward, *rest = super().step(action)
        return obs, reward + next(COUNT) * 1e-9, *rest


class Cut(TextGenEnv):
    def step(self, action):
        obs, reward, _, ended, info = super().step(action)
        return obs, reward, info["finish_reason"] != "", info["finish_reason"] != "", info


class Immortal(TextGenEnv):
    def step(self, action):
        if not self._playing and self._stream is not None:
            self.reset()
        return super().step(action)


@pytest.mark.parametrize(
    ("env", "message"),
    [
        (Careless, "action -1 was accepted"),
        (Talkative, "keys of the info"),
        (Generous, "sum of the rewards"),
        (Moody, "same seed|[Dd]eterministic"),
        (Cut, "truncate"),
        (Immortal, "a step after the end was accepted"),
    ],
)
def test_a_broken_env_is_told_what_is_wrong(env, message):
    with pytest.raises(AssertionError, match=message):
        check_env(env(Small(), "length"))


def test_of_a_wrapped_env_the_inside_is_checked():
    check_env(TransformReward(TextGenEnv(Small(), "length"), lambda reward: 2 * reward))


class LastToken:
    """An agent that always writes one token."""

    def __init__(self, token=2):
        self.token = token

    def learn(self, total_timesteps):
        return self

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return np.full(np.shape(observation)[:-1], self.token, np.int64), state

    def save(self, path):
        Path(path).write_text(json.dumps(self.token))

    @classmethod
    def load(cls, path):
        return cls(json.loads(Path(path).read_text()))


class Forgetful(LastToken):
    def save(self, path):
        Path(path).write_text("3")


class Undecided(LastToken):
    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return np.full(np.shape(observation)[:-1], 2 + next(COUNT) % 3, np.int64), state


class Silent(LastToken):
    def learn(self, total_timesteps):
        return None


class Outside(LastToken):
    def predict(self, *args, **kwargs):
        actions, state = super().predict(*args, **kwargs)
        return actions + 10_000, state


@pytest.fixture(params=["single", "vector"])
def env(request):
    if request.param == "single":
        return TextGenEnv(Small(), "length")
    return TextGenVectorEnv(3, Small(), "length")


def test_a_good_agent_passes(env):
    check_agent(LastToken(), env)


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        (Forgetful, "saved and loaded"),
        (Undecided, "asked for twice"),
        (Silent, "what learn.. returns"),
        (Outside, "is not in"),
    ],
)
def test_a_broken_agent_is_told_what_is_wrong(agent, message, env):
    with pytest.raises(AssertionError, match=message):
        check_agent(agent(), env)


def test_the_kit_imports_no_agent_and_no_ml_framework():
    for file in Path(testing.__file__).parent.glob("*.py"):
        imports = [line for line in file.read_text("utf-8").splitlines() if "import " in line]
        assert not [line for line in imports if line.split()[1] in ("agents", "torch")]
