"""``textgym play``."""

from __future__ import annotations

import argparse
from typing import Any

from agents.commands._env import add_env, make_env
from textgym.env import TextGenEnv


class Play:
    """Lets a person write the text: words, or token ids after a '#'."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """The environment."""
        add_env(parser)
        parser.add_argument("--seed", type=int, default=None)

    @staticmethod
    def run(options: argparse.Namespace) -> None:
        """Plays one episode; an empty line ends the text."""
        wrapped = make_env(options, render_mode="ansi")
        env: Any = wrapped.unwrapped
        wrapped.reset(seed=options.seed)
        over = False
        while not over:
            print(wrapped.render(), end="")
            try:
                line = input("> ")
            except EOFError:
                return
            for token in read(env, line):
                if not env.action_masks()[token]:
                    print(f"token {token} is not allowed now")
                    break
                _, _, over, _, _ = wrapped.step(token)
                if over:
                    break
        print(wrapped.render(), end="")


def read(env: TextGenEnv, line: str) -> list[int]:
    """The tokens that a line means."""
    if not line.strip():
        return [] if env.vocab.eos_id is None else [env.vocab.eos_id]
    if line.startswith("#"):
        numbers = [int(n) for n in line[1:].split() if n.isdecimal()]
        return [n for n in numbers if n < len(env.vocab)]
    tokens = env.vocab.encode(env.vocab.separator + line)
    if env.vocab.unk_id in tokens:
        print("(the vocabulary does not know all of that)")
    return tokens
