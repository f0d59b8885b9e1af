"""Checks that anybody's scorer, task, environment or agent does what the rest relies on.

Each raises AssertionError, which says what is wrong, and is meant to be the whole test::

    def test_vowels():
        check_scorer(Vowels())
"""

from textgym.testing.agents import check_agent
from textgym.testing.envs import check_env
from textgym.testing.scorers import check_scorer
from textgym.testing.tasks import check_splits, check_task

__all__ = ["check_agent", "check_env", "check_scorer", "check_splits", "check_task"]
