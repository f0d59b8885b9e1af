"""What every agent must do."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from textgym.testing.assertions import same, true


def check_agent(agent: Any, env: Any, total_timesteps: int = 64) -> None:
    """Checks the four methods of an agent: ``predict``, ``learn``, ``save`` and ``load``.

    Args:
        agent: What to check; it learns a little.
        env: The environment it acts in, single or vector.
        total_timesteps: How long it learns.
    """
    same(agent.learn(total_timesteps), agent, "what learn() returns")
    actions = _act(agent, env)
    same(actions, _act(agent, env), "deterministic actions, asked for twice")
    with tempfile.TemporaryDirectory() as folder:
        agent.save(Path(folder) / "agent")
        loaded = type(agent).load(Path(folder) / "agent")
    same(_act(loaded, env), actions, "the actions of the agent that was saved and loaded")


def _act(agent: Any, env: Any, steps: int = 4) -> list[Any]:
    """The deterministic actions of some steps."""
    observation, _ = env.reset(seed=7)
    state, start = None, np.ones(getattr(env, "num_envs", 1), np.bool_)
    taken = []
    for _ in range(steps):
        action, state = agent.predict(observation, state, start, deterministic=True)
        true(np.asarray(action) in env.action_space, f"{action!r} is not in {env.action_space}")
        taken.append(np.asarray(action).tolist())
        observation, _, terminated, truncated, _ = env.step(action)
        start = np.atleast_1d(terminated | truncated)
        if not hasattr(env, "num_envs") and start.any():
            break
    return taken
