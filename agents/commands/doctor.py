"""``textgym doctor``."""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent  # textgym's own package ``agents``
ASK = "import importlib.util as u; print(*u.find_spec('agents').submodule_search_locations)"
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
    """Whether another package ``agents`` is in the way, as openai-agents has one; says so."""
    found = place_of_agents()
    wrong = found != HERE
    if wrong:
        print(f"but 'import agents' in this folder finds {found}, which hides it")
    with suppress(PackageNotFoundError):
        print(
            f"openai-agents {version('openai-agents')} is also called 'agents': one hides the other"
        )
        wrong = True
    if wrong:
        print("Remedy: a virtual environment for each; or rename the folder that is not textgym's.")
    return wrong


def place_of_agents() -> Path | None:
    """Where ``import agents`` leads in this folder, asked of a new interpreter."""
    asked = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, timeout=60)
    return Path(asked.stdout.strip()).resolve() if asked.returncode == 0 else None
