"""Sentences from the novels of Jane Austen: eight words are given, the rest is to be written."""

from __future__ import annotations

from textgym.tasks._listed import Listed, read_splits
from textgym.types import Vocab


class Austen(Listed):
    """Continuing a sentence of Jane Austen's.

    Prompt: the first eight words of a sentence of 12 to 20 words.
    References: the rest, one wording. No two prompts are equal.
    Good scorer: ``bleu`` or ``chrf`` with ``repetition``; alone they reward guessing frequent
        words, since a sentence can go on in many ways.
    Ceiling: 1.0, by heart; a reader who does not know the sentence scores far below it.
    Data licence: public domain, by way of the R package janeaustenr (MIT, Julia Silge).
    """

    def __init__(self, split: str = "train", vocab: str | Vocab = "words") -> None:
        """Takes one split.

        Args:
            split: ``"train"``, ``"validation"`` or ``"test"``.
            vocab: See ``textgym.vocab.build_vocab``; every word is also in the training split.

        Raises:
            UnknownName: No such split.
        """
        super().__init__(read_splits("austen.txt"), split, vocab)
