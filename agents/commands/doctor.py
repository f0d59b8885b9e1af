"""``textgym doctor``."""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import agents

NEEDED = ("numpy", "gymnasium", "sacrebleu", "rouge-score", "rich")
OPTIONAL = {
    "torch": "agents",
    "transformers": "agents",
    "safetensors": "agents",
    "matplotlib": "agents",
    "numba": "fast",
    "pillow": "render",
    "moviepy": "render",
    "stable-baselines3": "sb3",
}


class Doctor:
    """Says what is installed, what optional parts work, and what is wrong."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """None."""

    @staticmethod
    def run(options: argparse.Namespace) -> int:
        """Returns 1 where something needed is missing."""
        print(f"python {platform.python_version()} on {platform.system()} {platform.machine()}")
        print(f"textgym {version('textgym')}")
        missing = [name for name in NEEDED if not report(name, 'pip install "textgym"')]
        for name, extra in OPTIONAL.items():
            report(name, f'pip install "textgym[{extra}]"')
        return int(bool(missing) | foreign_agents())


def report(name: str, remedy: str) -> bool:
    """Prints the version of a distribution, or how to get it."""
    try:
        print(f"{name} {version(name)}")
    except PackageNotFoundError:
        print(f"{name} is not installed: {remedy}")
        return False
    return True


def foreign_agents() -> bool:
    """Whether ``import agents`` in this folder finds another package, as openai-agents has one."""
    here = Path(agents.__file__).resolve().parent
    spec = find_spec("agents")
    places = [Path(p).resolve() for p in (spec and spec.submodule_search_locations) or []]
    try:
        print(f"openai-agents {version('openai-agents')} is installed and is also called 'agents':")
        print("use two virtual environments, or put textgym's folder first on sys.path.")
        return True
    except PackageNotFoundError:
        print(f"agents from {here}")
        return here not in places
