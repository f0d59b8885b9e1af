"""What one step did to each row of a vector environment, and how Gymnasium spells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textgym.episode import FINISH_REASONS, Flags, Tokens
from textgym.scoring import Breakdown

Infos = dict[str, Any]
Objects = npt.NDArray[np.object_]


class Result:
    """The end of some rows' texts.

    Attributes:
        reasons: int64[N], indices into ``FINISH_REASONS``; 0 while a text goes on.
        scores: float64[N], 0 where no text was scored.
        parts: float64[N] by name.
        texts: object[N], the finished texts.
    """

    def __init__(self, num_envs: int, part_names: Sequence[str]) -> None:
        """Nothing has ended, nothing was scored."""
        self.reasons = np.zeros(num_envs, np.int64)
        self.scores = np.zeros(num_envs)
        self.parts: Breakdown = {name: np.zeros(num_envs) for name in part_names}
        self.texts: Objects = np.full(num_envs, "", dtype=object)

    def keep(self, rows: Flags) -> None:
        """Forgets what happened in the other rows."""
        self.reasons[~rows] = 0
        self.scores[~rows] = 0.0
        for scores in self.parts.values():
            scores[~rows] = 0.0
        self.texts[~rows] = ""

    def infos(self, example_ids: Tokens, prompts: Objects | None, rows: Flags | None) -> Infos:
        """The infos as ``SyncVectorEnv`` merges those of single environments.

        Args:
            example_ids: int64[N].
            prompts: object[len(task)], or None to leave out ``prompt`` and ``text``.
            rows: bool[N], the rows that have an info; None means all.
        """
        columns: Infos = {}
        if prompts is not None:
            columns = {"prompt": prompts[example_ids], "text": self.texts.copy()}
        columns["score"] = self.scores.copy()
        columns["breakdown"] = _flagged({k: v.copy() for k, v in self.parts.items()}, rows)
        columns["finish_reason"] = FINISH_REASONS[self.reasons]
        columns["example_id"] = example_ids.copy()
        return _flagged(columns, rows)


def _flagged(columns: Infos, rows: Flags | None) -> Infos:
    """Every column with its ``_key`` of flags; where there is no info, 0 or None."""
    infos: Infos = {}
    for key, column in columns.items():
        if rows is not None and isinstance(column, np.ndarray):
            column[~rows] = None if column.dtype == object else 0
        infos[key] = column
        infos[f"_{key}"] = np.ones(len(_any(column)), np.bool_) if rows is None else rows.copy()
    return infos


def _any(column: Any) -> Any:
    """The column itself, or one of those nested in it."""
    return next(iter(column.values())) if isinstance(column, dict) else column
