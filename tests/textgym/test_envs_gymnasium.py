"""Gymnasium's own tests of environments, over every id of textgym.

Adapted from tests/envs/test_envs.py and tests/envs/test_rendering.py of Gymnasium, Copyright (c)
2016 OpenAI, 2022 Farama Foundation, MIT licence.
"""

import pickle

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence
from sample_task import TASK
from stable_baselines3.common.env_checker import check_env as check_env_by_sb3

import textgym
from textgym.tasks import registry
from textgym.testing import check_env as check_env_by_textgym

IDS = sorted(textgym.IDS)
VARIANTS = [
    {},
    {"task": TASK},
    {"task": TASK, "max_new_tokens": 1},
    {"task": TASK, "shaping": "potential"},
    {"task": TASK, "context_length": 3},
    {"task": TASK, "scorer": "bleu + 0.3*length(12)"},
    *({"task": name} for name in registry.names()),
]
pytestmark = pytest.mark.filterwarnings("error")


def name(value):
    if isinstance(value, dict):
        return ",".join(str(part) for pair in value.items() for part in pair if part is not TASK)
    return str(value)


each_id = pytest.mark.parametrize("env_id", IDS)
each = pytest.mark.parametrize(
    ("env_id", "kwargs"), [(i, k) for i in IDS for k in VARIANTS], ids=name
)


@each
def test_all_env_api(env_id, kwargs):
    env = gym.make(env_id, **kwargs)
    check_env(env.unwrapped, skip_render_check=True)


@each
def test_all_env_by_sb3(env_id, kwargs):
    check_env_by_sb3(gym.make(env_id, **kwargs), warn=True)


@each
def test_all_env_by_our_own_kit(env_id, kwargs):
    check_env_by_textgym(env_id, **kwargs)


@each
def test_all_env_passive_env_checker(env_id, kwargs):
    env = gym.make(env_id, **kwargs)
    env.reset()
    env.step(env.action_space.sample())
    env.close()


@each_id
@pytest.mark.parametrize("render_mode", ["ansi", "human", "rgb_array"])
def test_all_render_modes(env_id, render_mode):
    env = gym.make(env_id, task=TASK, render_mode=render_mode)
    check_env(env.unwrapped, skip_render_check=False)
    env.reset(seed=0)
    shown = [env.render(), env.step(5) and env.render()]
    kind = {"ansi": str, "human": type(None), "rgb_array": np.ndarray}[render_mode]
    assert all(isinstance(one, kind) for one in shown)
    if render_mode == "rgb_array":
        assert shown[0].dtype == np.uint8 and shown[0].ndim == 3


@each_id
def test_render_modes_through_the_checker_that_makes_each(env_id):
    check_env(gym.make(env_id, task=TASK, render_mode="rgb_array").unwrapped)


@each
def test_env_determinism_rollout(env_id, kwargs):
    first, second = (gym.make(env_id, **kwargs, disable_env_checker=True) for _ in range(2))
    assert data_equivalence(first.reset(seed=0), second.reset(seed=0), exact=True)
    first.action_space.seed(0)
    for _ in range(50):
        action = first.action_space.sample()
        one, two = first.step(action), second.step(action)
        assert data_equivalence(one, two, exact=True)
        assert one[0] in first.observation_space
        if one[2]:
            assert data_equivalence(first.reset(seed=0), second.reset(seed=0), exact=True)


@each
def test_pickle_env(env_id, kwargs):
    env = gym.make(env_id, **kwargs).unwrapped
    action = env.action_space.sample()
    started, stepped = env.reset(seed=123), env.step(action)
    copy = pickle.loads(pickle.dumps(env))
    assert data_equivalence(started, copy.reset(seed=123))
    assert data_equivalence(stepped, copy.step(action))


@each_id
def test_no_time_limit_cuts_a_text_before_it_is_scored(env_id):
    assert gym.spec(env_id).max_episode_steps is None
