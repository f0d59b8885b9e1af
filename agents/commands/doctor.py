"""``textgym doctor``."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from contextlib import suppress
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent  # textgym's own package ``agents``
NEEDED = ("textgym", "numpy", "gymnasium", "sacrebleu", "rouge-score", "rich")
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
        """Returns 1 where something needed is missing, or another ``agents`` is in the way."""
        print(f"python {platform.python_version()} on {platform.system()} {platform.machine()}")
        needed = [report(name, 'pip install "textgym"') for name in NEEDED]
        for name, extra in OPTIONAL.items():
            report(name, f'pip install "textgym[{extra}]"')
        print(f"agents from {HERE}")
        return 0 if all(needed) and not foreign_agents() else 1


def report(name: str, remedy: str) -> bool:
    """Prints the version of a distribution, or how to get it."""
    try:
        print(f"{name} {version(name)}")
    except PackageNotFoundError:
        print(f"{name} is not installed: {remedy}")
        return False
    return True


def foreign_agents() -> bool:
    """Whether there is another package ``agents``, as openai-agents has one; says what to do."""
    found = [f"{folder} is another package 'agents'" for folder in others()]
    with suppress(PackageNotFoundError):
        found.append(f"openai-agents {version('openai-agents')} is also called 'agents'")
    for line in found:
        print(f"{line}; whichever comes first on sys.path hides the other.")
    if found:
        print("Remedy: a virtual environment for each; or rename the folder that is not textgym's.")
    return bool(found)


def others() -> list[Path]:
    """The folders of other packages ``agents`` in this folder or on ``sys.path``."""
    found: set[Path] = set()
    for place in ("", *sys.path):
        spec = PathFinder.find_spec("agents", [place or os.getcwd()])
        if spec is not None:
            found.update(Path(folder).resolve() for folder in spec.submodule_search_locations or ())
    return sorted(found - {HERE})
