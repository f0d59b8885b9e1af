"""``Listed``: the base class of tasks that are a fixed list of examples in three splits."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from textgym.errors import UnknownName
from textgym.types import SPLITS, Example, Vocab
from textgym.vocab import build_vocab

Splits = Mapping[str, Sequence[Example]]


class Listed:
    """Examples that are all there from the start.

    Attributes:
        split: Which of the splits ``self`` is.
        vocab: Covers every split, so that a token is the same number in all of them.
        max_new_tokens: Suffices for the longest reference of any split and the end token.
    """

    def __init__(self, splits: Splits, split: str, vocab: str | Vocab) -> None:
        """Takes the examples of each split.

        Args:
            splits: Name of a split -> its examples.
            split: The one to be.
            vocab: See ``textgym.vocab.build_vocab``.

        Raises:
            UnknownName: ``split`` is not a key of ``splits``.
        """
        if split not in splits:
            raise UnknownName("split", split, splits)
        self.split = split
        examples = [example for part in splits.values() for example in part]
        self.vocab = build_vocab(vocab, whole_texts(examples))
        self.max_new_tokens = 1 + max(
            len(self.vocab.encode(self.vocab.separator + reference))
            for example in examples
            for reference in example.references
        )
        self._examples = tuple(splits[split])

    def __len__(self) -> int:
        """The number of examples."""
        return len(self._examples)

    def __getitem__(self, index: int, /) -> Example:
        """The example at ``index``; raises IndexError past the end."""
        return self._examples[index]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {self.split} split, {len(self)} examples>"


def whole_texts(examples: Iterable[Example]) -> list[str]:
    """Prompt and reference joined, for each reference of each example."""
    return [f"{e.prompt} {reference}" for e in examples for reference in e.references]


def read_lines(name: str) -> list[str]:
    """The lines of a file in ``textgym/tasks/data/``."""
    return files("textgym.tasks").joinpath("data", name).read_text("utf-8").splitlines()


@cache
def read_splits(name: str) -> Splits:
    """The examples of a file whose lines are a prompt and its references, separated by tabs.

    The first reference decides the split, so that no two splits share one.
    """
    splits: dict[str, list[Example]] = {split: [] for split in SPLITS}
    for line in read_lines(name):
        prompt, *references = line.split("\t")
        splits[split_of(references[0])].append(Example(prompt, tuple(references)))
    return splits


def stable_hash(text: str) -> int:
    """The same number on every machine and in every process, unlike ``hash``."""
    return zlib.crc32(text.encode())


def split_of(text: str) -> str:
    """The split that ``text`` belongs to: one in ten validates, one in ten tests."""
    return {0: "validation", 1: "test"}.get(stable_hash(text) % 10, "train")
