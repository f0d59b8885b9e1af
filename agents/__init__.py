"""Agents that learn in textgym's environments: one file each; the file's name is the agent's name.

``from agents import Reinforce, Uniform``; ``agents.registry.names()`` lists them all.
"""

from agents.base import Agent
from agents.evaluation import Evaluation, evaluate
from textgym.registry import Registry

__all__ = ["Agent", "Evaluation", "evaluate", "registry"]

registry = Registry(__name__, group="textgym.agents", exclude=("base", "cli", "evaluation"))
__getattr__ = registry.attribute
