"""BLEU, the share of a text's n-grams that its references have, as sacrebleu computes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from textgym.errors import ScorerError
from textgym.ngrams import NGramForest
from textgym.scorers._formula import DEFAULTS as SMOOTHING
from textgym.scorers._formula import bleu
from textgym.scorers._mteval import Ints, Seams, sacrebleu_tokenizer, tokenize
from textgym.scorers._pieces import joinable_pieces
from textgym.scoring import Scorer, Scores, TokenScores
from textgym.types import Example, Task

Limits = list[dict[tuple[str, ...], int]]


@dataclass(frozen=True, repr=False)
class BLEU(Scorer):
    """Sentence BLEU with effective order, equal to sacrebleu's ``sentence_score(...).score/100``.

    The options are those of ``sacrebleu.BLEU``. Of texts up to ``max_ngram_order`` words only the
    orders that exist count. An empty text scores 0.

    References:
        Papineni et al. 2002, https://aclanthology.org/P02-1040.
        Post 2018 (sacrebleu), https://aclanthology.org/W18-6319.
        Chen and Cherry 2014 (the smoothing methods), https://aclanthology.org/W14-3346.
    """

    max_ngram_order: int = 4
    smooth_method: str = "exp"
    smooth_value: float | None = None
    tokenize: str = "13a"
    lowercase: bool = False

    needs_references = True
    library = "sacrebleu"

    def __post_init__(self) -> None:
        """Raises ScorerError for an option that sacrebleu does not have."""
        if self.smooth_method not in SMOOTHING:
            raise ScorerError(
                f"smooth_method={self.smooth_method!r} is none of {sorted(SMOOTHING)}."
            )
        if self.max_ngram_order < 1 or not (self.smooth_value or 0.0) >= 0.0:
            raise ScorerError(
                f"Pass max_ngram_order >= 1 and smooth_value >= 0; got {self.max_ngram_order}, "
                f"{self.smooth_value}."
            )
        sacrebleu_tokenizer(self.tokenize)

    def score(self, texts: Sequence[str], examples: Sequence[Example]) -> Scores:
        """BLEU of each text against the references of its example."""
        matches = np.zeros((len(texts), self.max_ngram_order), np.int64)
        sizes = np.zeros((2, len(texts)), np.int64)
        for i, (text, example) in enumerate(zip(texts, examples, strict=True)):
            limits, lengths = self._references(example.references)
            words = self.words(text)
            sizes[:, i] = len(words), min(lengths, key=lambda n: (abs(n - len(words)), n))
            matches[i] = count_matches(words, limits)
        return self.formula(matches, *sizes)

    def token_scores(self, task: Task) -> TokenScores | None:
        """Exact scores of token ids where they are, mostly, whole words and single marks."""
        pieces = joinable_pieces(task.vocab)
        if pieces is None or self.tokenize != "13a" or self.lowercase:
            return None
        seams = Seams(task.vocab, pieces)
        return _OnTokens(self, task, seams, pieces) if seams.rare else None

    def formula(self, matches: Ints, sizes: Ints, reference_sizes: Ints) -> Scores:
        """BLEU from counts."""
        return bleu(matches, sizes, reference_sizes, self.smooth_method, self.smooth_value)

    def words(self, text: str) -> list[str]:
        """What counts as a word."""
        return tokenize(text.lower() if self.lowercase else text, self.tokenize)

    def _references(self, references: tuple[str, ...]) -> tuple[Limits, tuple[int, ...]]:
        return count_references(references, self.tokenize, self.lowercase, self.max_ngram_order)


class _OnTokens:
    """BLEU of token ids, see ``TokenScores``; the few texts whose pieces interact are decoded."""

    def __init__(self, scorer: BLEU, task: Task, seams: Seams, pieces: Sequence[str]) -> None:
        self.scorer, self.task, self.seams = scorer, task, seams
        examples = [task[i] for i in range(len(task))]
        for example in examples:
            scorer.check(example)
        references = [[scorer.words(text) for text in e.references] for e in examples]
        self.forest = NGramForest(references, map(scorer.words, pieces), scorer.max_ngram_order)

    def __call__(self, tokens: Ints, lengths: Ints, example_ids: Ints) -> Scores:
        matches, sizes = self.forest.count(tokens, lengths, example_ids)
        nearest = self.forest.nearest_sizes(sizes, example_ids)
        scores = self.scorer.formula(matches, sizes, nearest)
        for row in self.seams.rows(tokens, lengths).tolist():
            text = self.task.vocab.decode(tokens[row, : lengths[row]].tolist())
            scores[row] = self.scorer.score([text], [self.task[int(example_ids[row])]])[0]
        return scores


@lru_cache(2**14)
def count_references(
    references: tuple[str, ...], name: str, lowercase: bool, order: int
) -> tuple[Limits, tuple[int, ...]]:
    """How often each n-gram, by order, may match at most, and the lengths of the references."""
    words = [tokenize(text.lower() if lowercase else text, name) for text in references]
    limits: Limits = [{} for _ in range(order)]
    for n, limit in enumerate(limits):
        for one in words:
            for gram, count in Counter(ngrams(one, n + 1)).items():
                limit[gram] = max(count, limit.get(gram, 0))
    return limits, tuple(map(len, words))


def count_matches(words: list[str], limits: Limits) -> list[int]:
    """The n-grams of ``words`` that match, by order, each at most as often as its limit."""
    matches = [0] * len(limits)
    for n, limit in enumerate(limits):
        left = limit.copy()
        for gram in ngrams(words, n + 1):
            if left.get(gram):
                left[gram] -= 1
                matches[n] += 1
        if not matches[n]:
            break
    return matches


def ngrams(words: list[str], n: int) -> Iterator[tuple[str, ...]]:
    """Every ``n`` words in a row."""
    return zip(*(words[i:] for i in range(n)), strict=False)
