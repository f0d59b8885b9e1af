"""``textgym sample``."""

from __future__ import annotations

import argparse

import agents
from agents.base import episodes_of
from agents.commands._env import add_agent, add_env, count, load_agent, make_env
from agents.commands._texts import show, spread


class Sample:
    """Prints texts that an agent writes, with their scores."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """The agent, the environment, how many texts."""
        add_env(parser)
        add_agent(parser)
        parser.add_argument("--count", type=count, default=8, help="texts to print")
        parser.add_argument("--greedy", action="store_true", help="most likely tokens")

    @staticmethod
    def run(options: argparse.Namespace) -> None:
        """One line a text: score, prompt, what the agent wrote."""
        env = make_env(options)
        agent = load_agent(options, env)
        examples = spread(episodes_of(env).size, options.count)
        result = agents.evaluate(agent, env, deterministic=options.greedy, examples=examples)
        show(result, options.count)
