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
        return numbers(line[1:].split(), len(env.vocab))
    tokens = env.vocab.encode(env.vocab.separator + line)
    if env.vocab.unk_id in tokens:
        print("(the vocabulary does not know all of that)")
    return tokens


def numbers(words: list[str], size: int) -> list[int]:
    """``words`` as token ids below ``size``; if one is none, says so and gives nothing."""
    wrong = [word for word in words if not word.isdecimal() or int(word) >= size]
    if wrong:
        print(f"{' '.join(wrong)}: no token ids; they are 0..{size - 1}")
    return [] if wrong else [int(word) for word in words]
