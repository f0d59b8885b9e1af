"""Chess openings: the moves are given, one line that explains them is to be written."""

from __future__ import annotations

from textgym.tasks._listed import Listed, read_splits
from textgym.types import Vocab


class Chess(Listed):
    """Explaining a chess opening.

    Prompt: up to 20 plies from the start, as squares from and to: ``"e2e4 e7e5 g1f3"``.
    References: what the Open Chess Naming catalogue says of the position, four words or more:
        ``"...e5 in the Prins Variation."``
    Good scorer: ``bleu`` or ``rouge``; that the last move is named right shows in both.
    Ceiling: 1.0 is out of reach, because the same move may be told in several ways; but move,
        opening and the usual wording can be read off the moves, also of held-out positions.
    Data licence: CC-BY-4.0, Club d'Escacs Figueres, https://github.com/escacsfigueres/ocn
    """

    def __init__(self, split: str = "train", vocab: str | Vocab = "words") -> None:
        """Takes one split.

        Args:
            split: ``"train"``, ``"validation"`` or ``"test"``.
            vocab: See ``textgym.vocab.build_vocab``; every word and move is also in the
                training split, at least twice.

        Raises:
            UnknownName: No such split.
        """
        super().__init__(read_splits("chess.txt"), split, vocab)
