"""What every agent must do, ours and stable-baselines3's as they are."""

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

import agents
from agents import Reinforce, Uniform, evaluate
from textgym.env import TextGenEnv
from textgym.testing import check_agent
from textgym.vector import TextGenVectorEnv

ID = "TextGen-BLEU-v0"
SMALL = {"reinforce": {"prompts": 4, "samples": 2, "explore": 2, "memory": 2}}


class Embedded(BaseFeaturesExtractor):
    """Token ids are names, not quantities: the embedding of each token of the window."""

    def __init__(self, observation_space, width=4):
        super().__init__(observation_space, width * observation_space.shape[0])
        self.embedding = torch.nn.Embedding(int(observation_space.high.max()) + 1, width)

    def forward(self, observations):
        return self.embedding(observations.long()).flatten(1)


def ppo(env):
    kwargs = {"features_extractor_class": Embedded, "net_arch": [8]}
    return PPO(
        "MlpPolicy", env, n_steps=32, batch_size=32, n_epochs=1, seed=0, policy_kwargs=kwargs
    )


def build(name):
    if name == "ppo":
        return ppo(gym.make(ID))
    return agents.registry.create(name, ID, **SMALL.get(name, {}))


@pytest.fixture(params=[*agents.registry.names(), "ppo"])
def agent(request):
    return build(request.param)


@pytest.mark.parametrize("env", [TextGenEnv(), TextGenVectorEnv(3)], ids=["single", "vector"])
def test_it_passes_the_conformance_kit(agent, env):
    check_agent(agent, env)


def test_it_has_the_shape_of_an_agent(agent):
    assert isinstance(agent, agents.Agent)


@pytest.mark.parametrize("deterministic", [True, False])
def test_it_can_be_evaluated(agent, deterministic):
    result = evaluate(agent, gym.make(ID), 2, deterministic=deterministic)
    assert len(result.texts) == len(result.scores) == 80
    assert ((result.scores >= 0) & (result.scores <= 1)).all()
    if deterministic:
        assert result.texts[::2] == result.texts[1::2]


def test_the_scores_are_those_of_the_texts(agent):
    """Whatever rows end first: each text is written and scored once, for its own prompt."""
    env = TextGenEnv(scorer="bleu + 0.5*chrf")
    result = evaluate(agent, env, examples=[7, 3, 3])
    examples = [env.task[i] for i in (7, 3, 3)]
    assert result.prompts == [example.prompt for example in examples]
    total, parts = env.scorer.evaluate(result.texts, examples)
    np.testing.assert_allclose(result.scores, total, atol=1e-9)
    assert list(result.breakdown) == ["bleu", "chrf"]
    for name, scores in parts.items():
        np.testing.assert_allclose(result.breakdown[name], scores, atol=1e-9)


@pytest.mark.parametrize("name", agents.registry.names())
def test_it_keeps_to_min_new_tokens(name):
    env = TextGenEnv(min_new_tokens=5, max_new_tokens=8)
    agent = agents.registry.create(name, env, **SMALL.get(name, {})).learn(64)
    for deterministic in (True, False):
        texts = evaluate(agent, env, 3, deterministic=deterministic).texts
        assert min(len(env.vocab.encode(text)) for text in texts) >= 5
    observation, _ = env.reset(seed=0)
    state, start, over = None, np.ones(1, np.bool_), False
    while not over:
        action, state = agent.predict(observation, state, start)
        observation, _, over, _, _ = env.step(action)
        start = np.zeros(1, np.bool_)


@pytest.mark.parametrize("name", agents.registry.names())
def test_the_same_seed_gives_the_same_texts(name):
    texts = []
    for seed in (1, 1, 2):
        agent = agents.registry.create(name, ID, seed=seed, **SMALL.get(name, {}))
        texts.append(evaluate(agent, ID).texts)
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("name", agents.registry.names())
def test_it_is_loaded_for_an_environment_as_the_command_does(name, tmp_path):
    agent = agents.registry.create(name, ID, **SMALL.get(name, {}))
    agent.save(tmp_path / "agent")
    held_out = TextGenEnv(split="validation", min_new_tokens=2)
    loaded = type(agent).load(tmp_path / "agent", held_out)
    assert "" not in evaluate(loaded, held_out, deterministic=True).texts


def test_a_broken_agent_does_not_pass(monkeypatch):
    """The kit can fail: an agent that forgets what it learned when it is loaded."""
    agent = build("reinforce")
    load = Reinforce.load.__func__

    def forget(cls, path, env=None):
        loaded = load(cls, path, env)
        loaded.build(loaded.max_length)
        return loaded

    monkeypatch.setattr(Reinforce, "load", classmethod(forget))
    with pytest.raises(AssertionError, match="saved and loaded"):
        check_agent(agent, TextGenEnv(), 5000)


@pytest.mark.parametrize("name", agents.registry.names())
def test_a_checkpoint_of_ours_holds_no_pickle(name, tmp_path):
    agent = build(name)
    agent.save(tmp_path / "agent")
    assert {file.suffix for file in Path(tmp_path / "agent").iterdir()} <= {".json", ".safetensors"}


def test_uniform_chooses_every_legal_token_equally_often():
    env = TextGenEnv(min_new_tokens=1)
    agent = Uniform(env)
    first, state = agent.predict(np.zeros((60_000, 8), int))
    later, _ = agent.predict(np.zeros((60_000, 8), int), state, np.zeros(60_000, np.bool_))
    counts = [np.bincount(actions, minlength=len(env.vocab)) for actions in (first, later)]
    assert counts[0][0] == 0 < counts[1][0]  # the end is masked at first
    size = len(env.vocab)
    for count, masked in zip(counts, (1, 0), strict=True):
        expected = 60_000 / (size - masked)
        chi_square = ((count[masked:] - expected) ** 2 / expected).sum()
        assert abs(chi_square - size) < 5 * np.sqrt(2 * size)
