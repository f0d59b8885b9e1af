"""The mteval-v13a tokenizer, which sacrebleu calls "13a", a word at a time.

Its rules look at most one character to the left and right and treat all white space alike, so
the tokens of a text are those of its words, which repeat and can be remembered. Two rules reach
across white space, or make new words, and need the whole text: the removal of a hyphen at a
line's end and that of ``<skipped>``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from textgym.errors import ScorerError


def tokenize(text: str, name: str = "13a") -> list[str]:
    """The tokens of ``text`` as sacrebleu's BLEU makes them with ``tokenize=name``."""
    text = text.rstrip()
    if name != "13a" or "-\n" in text or "<skipped>" in text:
        tokens: list[str] = sacrebleu_tokenizer(name)(text).split()
        return tokens
    return [token for word in text.split() for token in split_word(word)]


@lru_cache(2**16)
def split_word(word: str) -> tuple[str, ...]:
    """The tokens of a string without white space."""
    return (word,) if word.isalnum() else tuple(sacrebleu_tokenizer("13a")(word).split())


@cache
def sacrebleu_tokenizer(name: str) -> Callable[[str], str]:
    """Sacrebleu's own tokenizer, without its cache of whole texts.

    Raises:
        ScorerError: There is none of this name, or it needs a package that is not installed.
    """
    from sacrebleu.metrics.bleu import BLEU

    if name not in BLEU.TOKENIZERS:
        raise ScorerError(f"sacrebleu has no tokenizer {name!r}; it has {sorted(BLEU.TOKENIZERS)}.")
    try:
        tokenizer: Any = BLEU(tokenize=name).tokenizer
    except (ImportError, RuntimeError) as error:
        raise ScorerError(f"sacrebleu cannot load its tokenizer {name!r}: {error}") from error
    return tokenizer  # type: ignore[no-any-return]
