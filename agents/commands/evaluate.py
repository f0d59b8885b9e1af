"""``textgym evaluate``."""

from __future__ import annotations

import argparse

import agents
from agents.commands._env import add_agent, add_env, count, load_agent, make_env


class Evaluate:
    """Scores a trained agent, sampled and greedy, with a 95 % confidence interval."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """The agent, the environment, how much to play."""
        add_env(parser)
        add_agent(parser)
        parser.add_argument("--episodes", type=count, default=4, help="sampled texts a prompt")

    @staticmethod
    def run(options: argparse.Namespace) -> None:
        """Prints both scores and the parts they are made of."""
        env = make_env(options)
        agent = load_agent(options, env)
        for name, greedy, texts in (("sampled", False, options.episodes), ("greedy", True, 1)):
            result = agents.evaluate(agent, env, texts, deterministic=greedy)
            parts = "  ".join(f"{part} {v.mean():.3f}" for part, v in result.breakdown.items())
            print(f"{name:8} {result}  {parts}")
