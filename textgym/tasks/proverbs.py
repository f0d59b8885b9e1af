"""English proverbs: the first words are given, the rest is to be written."""

from __future__ import annotations

from collections import Counter
from functools import cache

from textgym.tasks._listed import Listed, Splits, read_lines, stable_hash
from textgym.types import Example, Vocab

BEST_KNOWN = 160  # the first lines of the file, of which none is held out
HELD_OUT = 50  # in each of validation and test


class Proverbs(Listed):
    """Completing a proverb.

    Prompt: the first third of its words, at least two, and more where another proverb begins
        with the same ones, so that no two prompts are equal.
    References: the rest, at least two words.
    Good scorer: ``bleu``, ``chrf`` or ``rouge``; a proverb has one wording.
    Ceiling: 1.0 on the proverbs trained on. Held-out ones must be known from elsewhere; from
        the training proverbs one can learn what a proverb sounds like, not its end.
    Data licence: CC0-1.0; the proverbs themselves are in the public domain.
    """

    def __init__(self, split: str = "train", size: int = 40, vocab: str | Vocab = "words") -> None:
        """Takes the ``size`` best-known proverbs to train on.

        Args:
            split: ``"train"``, or the 50 proverbs each of ``"validation"`` and ``"test"``.
            size: The number of proverbs in the training split; changes no token's number.
            vocab: See ``textgym.vocab.build_vocab``.

        Raises:
            UnknownName: No such split.
            ValueError: There are not that many proverbs that are not held out.
        """
        splits = _splits()
        most = len(splits["train"])
        if not isinstance(size, int) or not 1 <= size <= most:
            raise ValueError(f"size={size!r} must lie in 1..{most}, the proverbs to train on.")
        super().__init__(splits, split, vocab)
        if split == "train":
            self._examples = self._examples[:size]


@cache
def _splits() -> Splits:
    proverbs = [line.split() for line in read_lines("proverbs.txt")]
    heads = Counter(tuple(words[:n]) for words in proverbs for n in range(len(words)))
    examples = [_example(words, heads) for words in proverbs]
    shuffled = sorted(range(BEST_KNOWN, len(proverbs)), key=lambda i: stable_hash(str(proverbs[i])))
    validation, test = shuffled[:HELD_OUT], shuffled[HELD_OUT : 2 * HELD_OUT]
    train = sorted({*range(len(proverbs))} - {*validation, *test})
    rows = {"train": train, "validation": validation, "test": test}
    return {split: [examples[i] for i in rows[split]] for split in rows}


def _example(words: list[str], heads: Counter[tuple[str, ...]]) -> Example:
    size, longest = max(2, len(words) // 3), len(words) - 2
    while heads[tuple(words[:size])] > 1 and size < longest:
        size += 1
    return Example(" ".join(words[:size]), (" ".join(words[size:]),))
