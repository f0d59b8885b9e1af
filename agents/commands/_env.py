"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import json
from typing import Any

import gymnasium as gym

import textgym  # noqa: F401  registers the ids


def add_env(parser: argparse.ArgumentParser) -> None:
    """The environment's id and arguments."""
    parser.add_argument("env", nargs="?", default="TextGen-BLEU-v0", help="an id; see textgym list")
    parser.add_argument("--task", help='such as chess or "proverbs(size=80)"')
    parser.add_argument("--scorer", help='such as rouge or "bleu + 0.3*length(12)"')
    parser.add_argument("--split", help="train, validation or test")
    parser.add_argument("--max-new-tokens", type=int)
    parser.add_argument("--shaping", choices=["potential"])


def make_env(options: argparse.Namespace, **more: Any) -> gym.Env[Any, Any]:
    """The environment these arguments ask for."""
    names = ("task", "scorer", "split", "max_new_tokens", "shaping")
    given = {n: getattr(options, n) for n in names if getattr(options, n) is not None}
    return gym.make(options.env, **{**given, **more})


def setting(text: str) -> tuple[str, Any]:
    """``name=value`` for --set; values are JSON, or else strings."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
