"""The exceptions of the project; each message names the offending value and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TextGymError(Exception):
    """Base class of every error that textgym raises on its own account."""


class UnknownName(TextGymError, ValueError, AttributeError):
    """A task, scorer, agent, split or option that does not exist."""

    def __init__(
        self, kind: object, name: object = None, valid: Iterable[str] | None = None
    ) -> None:
        """Builds a message that lists the ``valid`` names and the one nearest to ``name``.

        Alone, ``kind`` is the whole message: so pickle and AsyncVectorEnv copy an exception.
        """
        if valid is None:
            super().__init__(kind)
            return
        names = sorted(valid)
        near = difflib.get_close_matches(str(name), names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"Unknown {kind} {name!r}.{hint} Valid: {', '.join(names) or 'none'}.")


class UnknownArgument(UnknownName, TypeError):
    """A keyword argument that does not exist."""


class UnknownCall(TextGymError, ValueError):
    """An expression that is neither a name nor a call such as ``proverbs(size=80)``."""


class TaskError(TextGymError, ValueError):
    """A task whose examples cannot be played; the message names the example."""


class VocabError(TextGymError, ValueError):
    """A text or a token id that the vocabulary does not cover."""


class ScorerError(TextGymError, ValueError):
    """A scorer that broke its contract; the message names the scorer and the text."""


class MissingDependency(TextGymError, ImportError):
    """An optional package that is not installed; the message is the install line."""

    def __init__(self, what: object, package: str = "", extra: str = "") -> None:
        """Says that ``what`` needs ``package`` and which extra of textgym brings it.

        Alone, ``what`` is the whole message: so pickle and AsyncVectorEnv copy an exception.
        """
        remedy = f' needs the package {package!r}. Install it with: pip install "textgym[{extra}]"'
        super().__init__(f"{what}{remedy if package else ''}")


class WorkerDied(TextGymError, RuntimeError):
    """A worker process of a vector environment ended without a word."""
