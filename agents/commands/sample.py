"""``textgym sample``."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import agents
from agents.commands._env import add_env, make_env
from agents.commands.evaluate import load_agent
from textgym.render import escape


class Sample:
    """Prints texts that an agent writes, with their scores."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """The agent, the environment, how many texts."""
        add_env(parser)
        parser.add_argument("--agent", default="reinforce", help="see textgym list")
        parser.add_argument("--checkpoint", type=Path, help="a folder; without it, untrained")
        parser.add_argument("--count", type=int, default=8, help="texts to print")
        parser.add_argument("--greedy", action="store_true", help="most likely tokens")

    @staticmethod
    def run(options: argparse.Namespace) -> None:
        """One line a text: score, prompt, what the agent wrote."""
        env = make_env(options)
        agent = load_agent(options, env)
        size = agents.base.episodes_of(env).size
        examples = np.linspace(0, size - 1, min(options.count, size)).astype(int).tolist()
        result = agents.evaluate(agent, env, deterministic=options.greedy, examples=examples)
        show(result)


def show(result: agents.Evaluation) -> None:
    """One line a text."""
    for score, prompt, text in zip(result.scores, result.prompts, result.texts, strict=True):
        print(f"{score:.2f}  {escape(prompt)} | {escape(text)}")
