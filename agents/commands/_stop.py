"""Ctrl-C while learning: finish the update, then save."""

from __future__ import annotations

import signal
import sys
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """While it is entered, the first SIGINT or SIGTERM is only noted; the next acts as ever.

    Attributes:
        number: The signal that came, or 0.
    """

    def __init__(self) -> None:
        """No signal came yet."""
        self.number = 0
        self._before: dict[signal.Signals, Any] = {}

    def __call__(self, *_: object) -> bool:
        """A callback of ``learn``: whether to go on."""
        return not self.number

    def __enter__(self) -> Self:
        """Listens."""
        self._before = {each: signal.signal(each, self._note) for each in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listens no more."""
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        self.__exit__(None, None, None)
        print("textgym: stopping after this update; once more to stop at once", file=sys.stderr)
