"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gymnasium as gym
from gymnasium.error import Error, UnregisteredEnv

import agents
import textgym
from textgym.errors import TextGymError, UnknownName


class Misuse(TextGymError):
    """Arguments of a command that cannot be meant."""


def add_env(parser: argparse.ArgumentParser) -> None:
    """The environment's id and arguments."""
    parser.add_argument("env", nargs="?", default="TextGen-BLEU-v0", help="an id; see textgym list")
    parser.add_argument("--task", help='such as chess or "proverbs(size=80)"')
    parser.add_argument("--scorer", help='such as rouge or "bleu + 0.3*length(12)"')
    parser.add_argument("--split", help="train, validation or test")
    parser.add_argument("--max-new-tokens", type=int)
    parser.add_argument("--shaping", choices=["potential"])


def add_agent(parser: argparse.ArgumentParser) -> None:
    """A trained agent."""
    parser.add_argument("--agent", default="reinforce", help="see textgym list")
    parser.add_argument("--checkpoint", type=Path, help="what train saved; without it, untrained")


def make_env(options: argparse.Namespace, **more: Any) -> gym.Env[Any, Any]:
    """The environment these arguments ask for."""
    names = ("task", "scorer", "split", "max_new_tokens", "shaping")
    given = {n: getattr(options, n) for n in names if getattr(options, n) is not None}
    with misuse():
        try:
            return gym.make(options.env, **{**given, **more})
        except UnregisteredEnv:
            raise UnknownName("environment", options.env, textgym.IDS) from None


def load_agent(options: argparse.Namespace, env: gym.Env[Any, Any]) -> agents.Agent:
    """The agent of ``--checkpoint``, or a fresh one."""
    cls = agents.registry.load(options.agent)
    with misuse():
        created: agents.Agent = (
            cls(env) if options.checkpoint is None else cls.load(options.checkpoint, env)
        )
    return created


@contextmanager
def misuse() -> Iterator[None]:
    """Makes one line for the user of what wrong arguments raise, and not a traceback."""
    try:
        yield
    except TextGymError:
        raise
    except (ValueError, TypeError, OSError, Error) as error:
        raise Misuse(str(error)) from error


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


def setting(text: str) -> tuple[str, Any]:
    """``name=value`` for --set; values are JSON, or else strings."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
