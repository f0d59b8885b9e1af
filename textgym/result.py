"""What one step did to each row of a vector environment, and how Gymnasium spells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textgym.episode import Flags, Tokens
from textgym.scoring import Breakdown

Infos = dict[str, Any]
Objects = npt.NDArray[np.object_]


class Result:
    """The end of some rows' texts.

    Attributes:
        ended: bool[N].
        reasons: object[N], why: ``""`` while a text goes on, else ``"eos"`` or ``"length"``.
        scores: float64[N], 0 where no text was scored.
        parts: float64[N] by name.
        texts: object[N], the finished texts; None where nobody reads them.
    """

    def __init__(self, blank: Objects, part_names: Sequence[str], texts: bool) -> None:
        """Nothing has ended, nothing was scored; ``blank`` is object[N] of empty strings."""
        self.ended = np.zeros(len(blank), np.bool_)
        self.reasons = blank.copy()
        self.scores = np.zeros(len(blank))
        self.parts: Breakdown = {name: np.zeros(len(blank)) for name in part_names}
        self.texts: Objects | None = blank.copy() if texts else None

    def keep(self, rows: Flags) -> None:
        """Forgets what happened in the other rows."""
        self.ended[~rows] = False
        self.reasons[~rows] = ""
        self.scores[~rows] = 0.0
        for scores in self.parts.values():
            scores[~rows] = 0.0
        if self.texts is not None:
            self.texts[~rows] = ""

    def infos(self, example_ids: Tokens, prompts: Objects, rows: Flags) -> Infos:
        """The infos as ``SyncVectorEnv`` merges those of single environments.

        Args:
            example_ids: int64[N].
            prompts: object[len(task)].
            rows: bool[N], the rows that have an info.
        """
        columns: Infos = {}
        if self.texts is not None:
            columns = {"prompt": prompts[example_ids], "text": self.texts.copy()}
        columns["score"] = self.scores.copy()
        columns["breakdown"] = {name: scores.copy() for name, scores in self.parts.items()}
        columns["finish_reason"] = self.reasons.copy()
        columns["example_id"] = example_ids.copy()
        return _flagged(columns, rows, bool(rows.all()))


def _flagged(columns: Infos, rows: Flags, all_rows: bool) -> Infos:
    """Every column with its ``_key`` of flags; where there is no info, 0 or None."""
    infos: Infos = {}
    for key, column in columns.items():
        if isinstance(column, dict):
            column = _flagged(column, rows, all_rows)
        elif not all_rows:
            column[~rows] = None if column.dtype == object else 0
        infos[key], infos[f"_{key}"] = column, rows.copy()
    return infos
