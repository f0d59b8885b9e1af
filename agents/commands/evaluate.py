"""``textgym evaluate``."""

from __future__ import annotations

import argparse
from pathlib import Path

import agents
from agents.commands._env import add_env, make_env


class Evaluate:
    """Scores a trained agent, sampled and greedy, with a 95 % confidence interval."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """The agent, the environment, how much to play."""
        add_env(parser)
        parser.add_argument("--agent", default="reinforce", help="see textgym list")
        parser.add_argument("--checkpoint", type=Path, help="a folder; without it, untrained")
        parser.add_argument("--episodes", type=int, default=4, help="sampled texts a prompt")

    @staticmethod
    def run(options: argparse.Namespace) -> None:
        """Prints both scores and the parts they are made of."""
        env = make_env(options)
        agent = load_agent(options, env)
        for name, greedy, count in (("sampled", False, options.episodes), ("greedy", True, 1)):
            result = agents.evaluate(agent, env, count, deterministic=greedy)
            parts = "  ".join(f"{part} {v.mean():.3f}" for part, v in result.breakdown.items())
            print(f"{name:8} {result}  {parts}")


def load_agent(options: argparse.Namespace, env: agents.base.EnvLike) -> agents.Agent:
    """The agent of ``--checkpoint``, or a fresh one."""
    cls = agents.registry.load(options.agent)
    created: agents.Agent = (
        cls(env) if options.checkpoint is None else cls.load(options.checkpoint, env)
    )
    return created
