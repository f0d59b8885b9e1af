"""``textgym train``."""

from __future__ import annotations

import argparse
import inspect
from pathlib import Path
from typing import Any

import gymnasium as gym

import agents
from agents.base import episodes_of
from agents.commands._env import Misuse, add_env, make_env, misuse, setting
from agents.commands._stop import Stop
from agents.commands._texts import show, spread
from agents.training import checkpoint
from agents.training.plot import learning_curve
from textgym.errors import TextGymError

Env = gym.Env[Any, Any]
JUDGED = 256  # examples; more only take time before and after learning


class Train:
    """Trains an agent; writes a checkpoint and a learning curve."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """What to train, where, for how long."""
        add_env(parser)
        parser.add_argument("--agent", default="reinforce", help="see textgym list")
        parser.add_argument("--timesteps", type=int, default=20_000_000, help="tokens to play")
        parser.add_argument("--imitate", type=int, default=0, help="epochs of warm start first")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument(
            "--set", type=setting, action="append", default=[], metavar="NAME=VALUE"
        )
        parser.add_argument("--show", type=int, default=6, help="texts to print of each kind")
        parser.add_argument("--out", type=Path, default=Path("runs/latest"), help="a folder")

    @staticmethod
    def run(options: argparse.Namespace) -> int:
        """Learns with a progress bar, then says how it went; Ctrl-C saves what was learned."""
        env = make_env(options)
        path = options.out / "agent"
        with misuse():  # now, and not after an hour of learning
            options.out.mkdir(parents=True, exist_ok=True)
            checkpoint.check_free(path)
            settings = {"seed": options.seed, **dict(options.set)}
            agent = agents.registry.create(options.agent, env, **settings)
        prompts = {"prompts it trains on": env, **unseen(options, env)}
        report("before", agent, prompts, options.show)
        if options.imitate:
            imitate(agent, options)
            report("imitated", agent, prompts, options.show)
        stopped = learn(agent, options.timesteps)
        agent.save(path)
        print(f"saved    {path}")
        draw(agent, options.out / "curve.png", str(options.env))
        if not stopped:
            report("after", agent, prompts, options.show)
        return 128 + stopped if stopped else 0


def unseen(options: argparse.Namespace, env: Env) -> dict[str, Env]:
    """The environment of the validation split by its caption, if there is one to compare with."""
    if options.split not in (None, "train"):
        return {}
    try:
        held_out = make_env(options, split="validation")
    except TextGymError:
        return {}
    known, other = (checkpoint.fingerprint(episodes_of(each).vocab) for each in (env, held_out))
    return {"prompts it never trains on": held_out} if known == other else {}


def report(when: str, agent: agents.Agent, prompts: dict[str, Env], count: int) -> None:
    """Scores and ``count`` texts, sampled, for each caption."""
    for caption, env in prompts.items():
        size = episodes_of(env).size
        result = agents.evaluate(agent, env, examples=spread(size, JUDGED))
        print(f"{when:8} {result}, {caption}")
        show(result, count)


def imitate(agent: Any, options: argparse.Namespace) -> None:
    """The supervised warm start."""
    if not hasattr(agent, "imitate"):
        raise Misuse(f"The agent {options.agent!r} cannot imitate; leave out --imitate.")
    agent.imitate(options.imitate, progress_bar=True)


def learn(agent: Any, timesteps: int) -> int:
    """Learns, with a progress bar if the agent has one; the signal that stopped it, or 0."""
    known = inspect.signature(agent.learn).parameters
    shown = {"progress_bar": True} if "progress_bar" in known else {}
    if "callback" not in known:  # then Ctrl-C does what it always does
        agent.learn(timesteps, **shown)
        return 0
    with Stop() as stop:
        print(f"learning from {timesteps} tokens; Ctrl-C stops and saves", flush=True)
        agent.learn(timesteps, callback=stop, **shown)
    return stop.number


def draw(agent: Any, path: Path, title: str) -> None:
    """The learning curve of an agent that keeps a history."""
    if getattr(agent, "history", None):
        learning_curve(agent.history, path, title)
        print(f"drawn    {path}")
