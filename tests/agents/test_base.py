import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import RecordEpisodeStatistics, TimeLimit, TransformReward
from gymnasium.wrappers.vector import TransformReward as TransformRewards
from stable_baselines3.common.monitor import Monitor

from agents import Evaluation, Uniform, evaluate
from agents.base import WrongEnvironment, episodes_of
from textgym.env import TextGenEnv
from textgym.vector import TextGenVectorEnv

ID = "TextGen-BLEU-v0"
PLAIN = [
    lambda: ID,
    lambda: gym.make(ID),
    lambda: gym.make(ID).unwrapped,
    lambda: gym.make_vec(ID, 2),
    TextGenEnv,
    TextGenVectorEnv,
]
WRAPPED = [
    lambda: TransformReward(gym.make(ID), lambda reward: -reward),
    lambda: gym.make(ID, max_episode_steps=3),
    lambda: RecordEpisodeStatistics(TextGenEnv()),
    lambda: TimeLimit(TextGenEnv(), 3),
    lambda: Monitor(TextGenEnv()),
    lambda: TransformRewards(TextGenVectorEnv(2), lambda rewards: -rewards),
]


@pytest.mark.parametrize("make", PLAIN)
def test_the_rules_of_each_kind_of_environment_are_found(make):
    assert episodes_of(make()).size == 40


@pytest.mark.parametrize("make", WRAPPED)
def test_a_wrapper_that_would_be_ignored_is_refused(make):
    for use in (episodes_of, Uniform, lambda env: evaluate(Uniform(ID), env)):
        with pytest.raises(WrongEnvironment, match=r"would be ignored\. Pass env\.unwrapped"):
            use(make())


@pytest.mark.parametrize(
    "wrong", [None, 3, gym.make("CartPole-v1"), gym.make_vec("CartPole-v1", 2)]
)
def test_what_is_no_environment_of_ours_is_refused(wrong):
    with pytest.raises(WrongEnvironment, match="TextGen-BLEU-v0"):
        episodes_of(wrong)


@pytest.mark.parametrize("nothing", [{"episodes_per_example": 0}, {"examples": []}])
def test_nothing_to_evaluate_is_an_error(nothing):
    with pytest.raises(ValueError, match="Nothing to play"):
        evaluate(Uniform(ID), ID, **nothing)


def test_an_example_that_does_not_exist_is_named():
    with pytest.raises(IndexError, match=r"0\.\.39"):
        evaluate(Uniform(ID), ID, examples=[40])


class Recorder(Uniform):
    """Remembers how many texts it was asked for at once."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        self.widest = max(len(observation), getattr(self, "widest", 0))
        return super().predict(observation, state, episode_start, deterministic)


def test_many_texts_are_written_a_batch_after_another(monkeypatch):
    monkeypatch.setattr("agents.evaluation.SIDE_BY_SIDE", 32)
    agent, env = Recorder(ID), TextGenEnv()
    result = evaluate(agent, env, 2)
    assert agent.widest == 32
    assert result.example_ids.tolist() == np.repeat(np.arange(40), 2).tolist()
    assert result.prompts == [env.task[i].prompt for i in result.example_ids]
    examples = [env.task[i] for i in result.example_ids]
    np.testing.assert_allclose(result.scores, env.scorer(result.texts, examples), atol=1e-9)
    assert result.breakdown["bleu"].shape == (80,)


def test_the_interval_resamples_examples_and_not_texts():
    """Ten copies of a text say no more of other examples than one."""
    ids, scores = np.arange(20), np.linspace(0, 1, 20)
    once = Evaluation([], [], ids, scores, {})
    often = Evaluation([], [], np.repeat(ids, 10), np.repeat(scores, 10), {})
    assert once.interval == pytest.approx(often.interval)
    low, high = once.interval
    assert low < once.mean < high
    # The normal approximation, whose half width is 1.96 * std / sqrt(n).
    assert high - low == pytest.approx(2 * 1.96 * scores.std() / np.sqrt(20), rel=0.1)
    assert str(often).startswith("0.500 [0.") and "(200 texts on 20 examples)" in str(often)
