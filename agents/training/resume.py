"""What a checkpoint of ``Reinforce`` holds, so that learning goes on as if it had not stopped."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import json
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import torch
from torch import Tensor

from agents.base import EnvLike
from agents.training.checkpoint import CheckpointError, fingerprint
from textgym.env import TextGenEnv
from textgym.episode import Episodes

if TYPE_CHECKING:
    from agents.reinforce import Reinforce


def tensors_of(agent: Reinforce) -> dict[str, Tensor]:
    """Weights, the optimizer's moments, the memory and torch's random state."""
    tensors = {f"policy.{k}": v for k, v in agent.policy.state_dict().items()}
    slots = agent.optimizer.state_dict()["state"]
    tensors |= {f"optimizer.{i}.{k}": v for i, slot in slots.items() for k, v in slot.items()}
    if agent.memory is not None:
        tensors |= {f"memory.{k}": torch.from_numpy(v) for k, v in agent.memory.arrays().items()}
    return {
        **tensors,
        "generator": agent.generator.get_state(),
        "acting": agent.acting.get_state(),
    }


def about(agent: Reinforce) -> dict[str, Any]:
    """The rest, as JSON."""
    spec = None if isinstance(agent.env, str) else agent.env.spec
    return {
        "agent": type(agent).__name__,
        "env": agent.env if isinstance(agent.env, str) else spec and spec.id,
        "env_kwargs": _plain(spec.kwargs) if spec else {},
        "vocab": fingerprint(agent.episodes.vocab),
        "rules": fingerprint_of_rules(agent.episodes),
        "max_length": agent.max_length,
        "settings": dataclasses.asdict(agent.settings),
        "num_timesteps": agent.num_timesteps,
        "order": agent.order,
        "rng": agent.rng.bit_generator.state,
        "history": agent.history,
    }


def env_of(about: dict[str, Any]) -> EnvLike:
    """The environment that the checkpoint names.

    Raises:
        CheckpointError: It does not, because the agent was built from an object.
    """
    if about["env"] is None or about["env_kwargs"] is None:
        raise CheckpointError("The agent was not built from an id; pass load(path, env=...).")
    return gym.make(about["env"], **about["env_kwargs"])


def restore(agent: Reinforce, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Puts everything back; what belongs to examples or scores only if they are the same.

    Raises:
        CheckpointError: The agent's environment has another vocabulary.
    """
    if about["vocab"] != fingerprint(agent.episodes.vocab):
        raise CheckpointError(
            "The vocabulary is not that of the checkpoint, which comes from "
            f"{about['env'] or 'an environment object'} with {about['env_kwargs']}."
        )
    agent.build(about["max_length"])
    agent.policy.load_state_dict(_under("policy.", tensors))
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimizer.", tensors).items():
        index, key = name.split(".")
        state.setdefault(int(index), {})[key] = value
    agent.optimizer.load_state_dict({**agent.optimizer.state_dict(), "state": state})
    agent.generator.set_state(tensors["generator"])
    agent.acting.set_state(tensors["acting"])
    if about["rules"] == fingerprint_of_rules(agent.episodes):
        agent.order = about["order"]
        if agent.memory is not None:
            agent.memory.restore(_under("memory.", tensors))
    agent.rng.bit_generator.state = about["rng"]
    agent.history, agent.num_timesteps = about["history"], about["num_timesteps"]


def fingerprint_of_rules(episodes: Episodes) -> str:
    """What tells apart where texts and their scores hold: SHA-256 of examples, scorer, lengths."""
    references = [episodes.task[i].references for i in range(episodes.size)]
    lengths = episodes.min_new_tokens, episodes.max_new_tokens
    told = repr((episodes.prompts, references, episodes.scorer, lengths))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """The arguments of an environment if JSON can hold them, without those of a vector of them."""
    known = inspect.signature(TextGenEnv).parameters
    try:
        return dict(json.loads(json.dumps({k: v for k, v in kwargs.items() if k in known})))
    except TypeError:
        return None


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
