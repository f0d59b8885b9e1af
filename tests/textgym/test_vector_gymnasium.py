"""Gymnasium's own tests of vector environments, over every id of textgym.

Adapted from tests/vector/test_vector_env.py, test_sync_vector_env.py and test_autoreset_mode.py of
Gymnasium, Copyright (c) 2022 Farama Foundation, MIT licence.
"""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import VectorizeMode
from gymnasium.error import InvalidAction
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from sample_task import TASK, random_actions

import textgym
from textgym.vector import TextGenVectorEnv

each_id = pytest.mark.parametrize("env_id", sorted(textgym.IDS))
pytestmark = pytest.mark.filterwarnings("error")


def make_vec(env_id, num_envs=4, mode=AutoresetMode.NEXT_STEP):
    return gym.make_vec(env_id, num_envs=num_envs, task=TASK, autoreset_mode=mode)


@each_id
def test_make_vec_gives_the_vector_environment(env_id):
    envs = gym.make_vec(env_id, num_envs=4, task=TASK)
    assert isinstance(envs.unwrapped, TextGenVectorEnv) and envs.num_envs == 4
    assert envs.spec.id == env_id
    sync = gym.make_vec(env_id, 4, vectorization_mode=VectorizeMode.SYNC, task=TASK)
    assert isinstance(sync.unwrapped, SyncVectorEnv)
    for space in ("observation", "action", "single_observation", "single_action"):
        assert getattr(envs, f"{space}_space") == getattr(sync, f"{space}_space")


@each_id
@pytest.mark.parametrize("shared_memory", [True, False])
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_vector_env_equal(env_id, shared_memory, mode):
    """Row 16: sync, async and the custom vector environment."""
    make = [lambda: gym.make(env_id, task=TASK)] * 3
    workers = AsyncVectorEnv(make, shared_memory=shared_memory, autoreset_mode=mode)
    all_envs = [make_vec(env_id, 3, mode), workers, SyncVectorEnv(make, autoreset_mode=mode)]
    results = [envs.reset(seed=0) for envs in all_envs]
    rng = np.random.default_rng(0)
    for _ in range(30):
        for result in results[:-1]:
            assert data_equivalence(result, results[-1])
        actions = random_actions(all_envs[0].unwrapped, rng)
        results = [envs.step(actions) for envs in all_envs]
    for envs in all_envs:
        envs.close()


@each_id
def test_observations_and_actions_are_in_their_spaces(env_id):
    envs = make_vec(env_id)
    assert envs.reset(seed=0)[0] in envs.observation_space
    envs.action_space.seed(0)
    for _ in range(30):
        actions = envs.action_space.sample()
        obs, rewards, ended, cut, _ = envs.step(actions)
        assert obs in envs.observation_space and obs.dtype == envs.observation_space.dtype
        assert (rewards.dtype, ended.dtype, cut.dtype) == (np.float64, np.bool_, np.bool_)
        assert rewards.shape == ended.shape == cut.shape == (4,)


@each_id
def test_random_seeding_basics(env_id):
    envs = make_vec(env_id)
    envs.reset(seed=42)
    assert envs.unwrapped.np_random_seed == (42, 43, 44, 45)
    envs.reset(seed=None)  # goes on with the seeds there are
    assert envs.unwrapped.np_random_seed == (42, 43, 44, 45)


@each_id
def test_partial_reset(env_id):
    envs = make_vec(env_id, 3, AutoresetMode.DISABLED)
    started, _ = envs.reset(seed=[0, 1, 2])
    for _ in range(2):
        stepped = envs.step([2, 2, 2])[0]
    mask = np.array([True, True, False])
    again, _ = envs.reset(seed=[0, 1, 0], options={"reset_mask": mask})
    assert np.array_equal(again[:2], started[:2]) and np.array_equal(again[2], stepped[2])


@each_id
@pytest.mark.parametrize(
    "mask", [[True], [True] * 4, [[True] * 3], [False] * 3, [1, 1, 0], [1.0, 1.0, 0.0]]
)
def test_partial_reset_failure(env_id, mask):
    envs = make_vec(env_id, 3, AutoresetMode.DISABLED)
    envs.reset(options={"reset_mask": np.array([True] * 3)})
    with pytest.raises(ValueError, match=r"reset_mask must be bool\[3\]"):
        envs.reset(options={"reset_mask": np.array(mask)})


@each_id
@pytest.mark.parametrize("actions", [[2, 2, 2], [2] * 5, 2])
def test_action_count_compatibility(env_id, actions):
    envs = make_vec(env_id)
    envs.reset()
    with pytest.raises(InvalidAction, match=r"shape \(4,\)"):
        envs.step(actions)


@each_id
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_autoreset_metadata(env_id, mode):
    for spelling in (mode, mode.value):
        assert make_vec(env_id, mode=spelling).metadata["autoreset_mode"] == mode
    assert TextGenVectorEnv.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP


@each_id
def test_autoreset_next_step(env_id):
    envs = make_vec(env_id, 2)
    envs.reset(seed=0)
    _, _, ended, cut, infos = envs.step([0, 2])
    assert ended.tolist() == [True, False] and not cut.any()
    assert infos["finish_reason"].tolist() == ["eos", ""]
    _, rewards, ended, _, infos = envs.step([2, 2])
    assert not ended.any() and rewards[0] == 0
    assert infos["finish_reason"].tolist() == ["", ""]


@each_id
def test_autoreset_same_step(env_id):
    envs = make_vec(env_id, 2, AutoresetMode.SAME_STEP)
    before, _ = envs.reset(seed=0)
    obs, _, ended, _, infos = envs.step([0, 2])
    assert ended.tolist() == infos["_final_obs"].tolist() == [True, False]
    assert infos["final_obs"][0].tolist() == [*before[0][1:], 0]
    assert infos["final_obs"][1] is None
    assert infos["final_info"]["finish_reason"].tolist() == ["eos", None]
    assert infos["finish_reason"].tolist() == ["", ""]
    assert obs[0] in envs.single_observation_space


@each_id
def test_autoreset_disabled(env_id):
    envs = make_vec(env_id, 2, AutoresetMode.DISABLED)
    envs.reset(seed=0)
    obs, _, ended, _, _ = envs.step([0, 2])
    again, infos = envs.reset(options={"reset_mask": ended})
    assert np.array_equal(again[1], obs[1])
    assert infos["_finish_reason"].tolist() == [True, False]
    assert not envs.step([2, 2])[2].any()
