"""A live line about learning."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


class Progress:
    """A progress bar with the figures of the last update; shows nothing unless asked to."""

    def __init__(self, total: int, visible: bool, unit: str = "tokens") -> None:
        """``total`` in units."""
        columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self.bar = Bar(*columns, disable=not visible)
        self.task = self.bar.add_task(unit, total=total)

    def show(self, done: int, stats: Mapping[str, float]) -> None:
        """Moves the bar and prints the figures."""
        text = "  ".join(f"{k} {v:.3f}" for k, v in stats.items() if k in SHOWN)
        self.bar.update(self.task, completed=done, description=text)

    def __enter__(self) -> Self:
        """Starts the display."""
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leaves the terminal as it was."""
        self.bar.stop()


SHOWN = ("reward", "best", "entropy", "loss", "validation")
