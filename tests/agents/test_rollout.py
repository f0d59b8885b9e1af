import numpy as np
import torch
from tiny import tiny_env

from agents import Reinforce
from agents.base import vectorised
from agents.training.rollout import draw, replay, sample
from textgym.env import TextGenEnv


def test_every_row_gives_one_episode_of_the_example_asked_for():
    env = TextGenEnv("proverbs")
    agent = Reinforce(env)
    ids = np.repeat(np.arange(10), 3)
    rollout = sample(agent.policy, vectorised(agent.episodes, 30), ids, agent.generator)
    for row, example in enumerate(ids):
        env.reset(options={"example": int(example)})
        taken = rollout.tokens[row, : rollout.lengths[row]]
        for token in taken:
            _, reward, over, _, _ = env.step(int(token))
        assert over
        assert reward == rollout.returns[row]


def test_replay_pays_what_the_environment_pays():
    env = tiny_env()
    agent = Reinforce(env)
    word = agent.episodes.vocab.encode("green")[0]
    rollout = replay(vectorised(agent.episodes, 2), np.array([1, 2]), np.array([[word, 0]] * 2))
    assert rollout.returns.tolist() == [1.0, 0.0]
    assert rollout.lengths.tolist() == [2, 2]


def test_shaped_rewards_add_up_to_the_same_returns():
    plain, shaped = (Reinforce(TextGenEnv("proverbs", shaping=s)) for s in (None, "potential"))
    ids = np.arange(40)
    returns = [
        sample(a.policy, vectorised(a.episodes, 40), ids, a.generator).returns
        for a in (plain, shaped)
    ]
    np.testing.assert_allclose(*returns, atol=1e-9)


def test_draws_follow_the_distribution():
    logits = torch.tensor([[0.0, 1.0, -1.0, -1e9]]).repeat(40_000, 1)
    drawn = draw(logits, torch.Generator().manual_seed(0))
    share = torch.bincount(drawn, minlength=4) / len(drawn)
    torch.testing.assert_close(share, logits[0].softmax(0), atol=0.01, rtol=0)
    assert share[3] == 0
