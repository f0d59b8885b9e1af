"""Gymnasium's ``AsyncVectorEnv`` for workers that may be killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gymnasium.vector import AsyncVectorEnv

from textgym.errors import WorkerDied


class SupervisedVectorEnv(AsyncVectorEnv[Any, Any]):
    """``AsyncVectorEnv`` in which the death of a worker is one clear error.

    Gymnasium's own raises BrokenPipeError or EOFError then, as does its ``close()``, and the
    other workers live on. Here ``WorkerDied`` says which worker ended and how, and the rest is
    ended too. Takes the arguments of ``AsyncVectorEnv``.
    """

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """As ``AsyncVectorEnv``; raises WorkerDied."""
        with self._supervised():
            return super().reset(seed=seed, options=options)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """As ``AsyncVectorEnv``; raises WorkerDied."""
        with self._supervised():
            return super().step(actions)

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """As ``AsyncVectorEnv``; raises WorkerDied."""
        with self._supervised():
            return super().call(name, *args, **kwargs)

    def close_extras(self, timeout: float | None = None, terminate: bool = False) -> None:
        """As ``AsyncVectorEnv``, but also where a worker no longer answers."""
        try:
            super().close_extras(timeout, terminate)
        except (EOFError, ConnectionError):
            for process in self.processes:
                process.kill()
                process.join()

    @contextmanager
    def _supervised(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, ConnectionError) as error:
            self.close(terminate=True)
            codes = {f"{p.name} (pid {p.pid})": p.exitcode for p in self.processes}
            raise WorkerDied(
                "A worker ended in the middle of an episode; all are ended now. Exit codes, minus "
                f"the signal where one killed it: {codes}. Build the environment anew."
            ) from error
