"""BLEU and chrF against sacrebleu, and BLEU's token path against its text path."""

from __future__ import annotations

import math
import pickle
import random
from pathlib import Path

import numpy as np
import pytest
import sacrebleu
from hypothesis import example, given, settings
from hypothesis import strategies as st

import textgym
from textgym.errors import ScorerError
from textgym.scorers import BLEU, CHRF, Length
from textgym.scorers._mteval import Seams
from textgym.types import Example
from textgym.vocab import CharVocab, WordVocab

PROVERBS = Path(textgym.__file__).parent / "tasks" / "data" / "proverbs.txt"
# Everything that sacrebleu's 13a rules treat in a way of its own.
SPECIAL = """the cat don't 3 3.5 .5 1,000 - 5-x x- b .. . , ,. é Σ foo_bar ( ) ' U.S. 日本 <skip
ped> <skip > < &amp; & amp; lt; &quot quot; ; -3 3- /"""
FRAGMENTS = SPECIAL.split()
ACROSS_SPACES = ["<skipped>", "a-\n", "-<skipped>\n", "\x1c", "\n"]
texts = st.one_of(
    st.text(),
    st.lists(st.sampled_from([*FRAGMENTS, *ACROSS_SPACES, *"   "]), max_size=16).map("".join),
)
references = st.lists(texts, min_size=1, max_size=3).map(tuple)


class Lines:
    """A task whose examples have the given references."""

    def __init__(self, vocab, references):
        self.vocab, self.references = vocab, references

    def __len__(self):
        return len(self.references)

    def __getitem__(self, index):
        return Example(f"prompt {index}", self.references[index])


def proverbs():
    lines = [line.strip() for line in PROVERBS.read_text("utf-8").splitlines() if line.strip()]
    return Lines(WordVocab.from_texts(lines), [(line,) for line in lines[:80]])


def naive(text, refs, metric):
    return min(metric.sentence_score(text, list(refs)).score / 100, 1.0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lowercase": True},
        {"max_ngram_order": 2},
        {"tokenize": "intl"},
        {"tokenize": "zh"},
        {"tokenize": "char"},
        {"tokenize": "none"},
        {"smooth_method": "none"},
        {"smooth_method": "floor"},
        {"smooth_method": "add-k"},
        {"smooth_method": "add-k", "smooth_value": 0.0},
        {"smooth_method": "floor", "smooth_value": 0.3},
    ],
    ids=str,
)
def test_bleu_equals_sacrebleu_on_any_text(options):
    scorer, metric = BLEU(**options), sacrebleu.BLEU(effective_order=True, **options)

    @settings(max_examples=150, deadline=None)
    @given(text=texts, refs=references, copied=st.booleans())
    @example(text="a -<skipped>\nb", refs=("a b",), copied=False)
    def check(text, refs, copied):
        text = refs[-1] if copied else text
        got = scorer([text], [Example("", refs)])[0]
        assert got == pytest.approx(naive(text, refs, metric), abs=1e-9)

    check()


@pytest.mark.parametrize(
    "options",
    [{}, {"word_order": 2}, {"lowercase": True, "whitespace": True}, {"eps_smoothing": True}],
    ids=str,
)
def test_chrf_equals_sacrebleu_on_any_text(options):
    scorer, metric = CHRF(**options), sacrebleu.CHRF(**options)

    @settings(max_examples=80, deadline=None)
    @given(text=texts, refs=references)
    def check(text, refs):
        got = scorer([text], [Example("", refs)])[0]
        assert got == pytest.approx(naive(text, refs, metric), abs=1e-9)

    check()


def test_a_text_identical_to_its_reference_scores_exactly_one():
    raw = sacrebleu.BLEU(effective_order=True).sentence_score("the cat", ["the cat"]).score
    assert raw > 100  # 100.00000000000004: what the clamp is for
    assert BLEU()(["the cat"], [Example("", ("the cat",))])[0] == 1.0
    assert CHRF()(["the cat"], [Example("", ("the cat",))])[0] == 1.0


def test_a_smoothing_that_would_pay_more_than_one_is_clamped():
    options = {"smooth_method": "floor", "smooth_value": 5.0}
    metric = sacrebleu.BLEU(effective_order=True, **options)
    assert metric.sentence_score("the cat", ["cat x the"]).score > 100
    assert BLEU(**options)(["the cat"], [Example("", ("cat x the",))])[0] == 1.0


@pytest.mark.parametrize(
    "hack",
    ["", "the", "time", "the the the the the the the the the", "A stitch", "nine. " * 9],
)
def test_degenerate_texts_score_below_an_honest_one(hack):
    example = Example("A stitch", ("in time saves nine of the others.",))
    honest, hacked = BLEU()(["in time saves nine others.", hack], [example] * 2)
    assert hacked < honest


@pytest.mark.parametrize(
    "wrong",
    [
        {"smooth_method": "magic"},
        {"tokenize": "klingon"},
        {"max_ngram_order": 0},
        {"smooth_value": -1.0},
        {"smooth_value": math.nan},
    ],
    ids=str,
)
def test_options_that_sacrebleu_lacks_are_refused(wrong):
    with pytest.raises(ScorerError, match=str(next(iter(wrong.values())))):
        BLEU(**wrong)


def random_batch(task, rows, columns, seed):
    """Token ids of random and of half-right texts, with rubbish behind each text's end."""
    draw = np.random.default_rng(seed)
    tokens = draw.integers(1, len(task.vocab), (rows, columns))
    ids = draw.integers(0, len(task), rows)
    for row in range(0, rows, 2):
        right = np.array(task.vocab.encode(task[int(ids[row])].references[0])[:columns])
        keep = draw.random(len(right)) < 0.8
        tokens[row, : len(right)][keep] = right[keep]
    lengths = draw.integers(0, columns + 1, rows)
    tokens[np.arange(columns) >= lengths[:, None]] = -99
    return tokens, lengths, ids


def texts_of(task, tokens, lengths):
    pairs = zip(tokens, lengths, strict=True)
    return [task.vocab.decode(row[:length].tolist()) for row, length in pairs]


def adversarial(seed):
    """A vocabulary of pieces that grow together, half of them with a space before."""
    draw = random.Random(seed)
    glued = ["\n", "-", *draw.sample(FRAGMENTS, len(FRAGMENTS) // 2)]
    pieces = dict.fromkeys([*(f" {f}" for f in FRAGMENTS), *glued])
    vocab = WordVocab(list(pieces))
    lines = [vocab.decode(draw.choices(range(1, len(vocab)), k=9)) for _ in range(12)]
    return Lines(vocab, [tuple(draw.sample(lines, draw.randint(1, 3))) for _ in range(12)])


@pytest.mark.parametrize("scorer", [BLEU(), BLEU(2, "add-k"), BLEU(5, "floor"), Length(7)], ids=str)
@pytest.mark.parametrize("seed", range(6))
def test_token_path_equals_text_path(scorer, seed):
    task = adversarial(seed) if seed else proverbs()
    batch = tokens, lengths, ids = random_batch(task, 600, 12, seed)
    scores, parts = scorer.on_tokens(task)(*batch)
    examples = [task[int(i)] for i in ids]
    expected = scorer(texts_of(task, tokens, lengths), examples)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(parts[scorer.name], scores)
    assert len(np.unique(scores)) > 5  # not all of one kind


def test_unknown_words_are_scored_as_the_text_they_show_as():
    task = Lines(WordVocab(["a"]), [("<unk> a",), ("b a",)])
    tokens = np.array([[1, 1], [1, 1]])
    scores, _ = BLEU().on_tokens(task)(tokens, np.array([2, 1]), np.array([0, 0]))
    expected = BLEU()(["<unk> <unk>", "<unk>"], [task[0]] * 2)
    np.testing.assert_allclose(scores, expected, atol=1e-9)
    assert scores.min() > 0


def test_of_real_text_almost_nothing_falls_back_to_decoding():
    task = proverbs()
    tokens, lengths, _ = random_batch(task, 1000, 20, 0)
    assert len(Seams(task.vocab, task.vocab.pieces).rows(tokens, lengths)) < 100


@pytest.mark.parametrize("make", [proverbs, lambda: adversarial(1)])
def test_numba_counts_what_numpy_counts(make):
    pytest.importorskip("numba")
    task = make()
    forest = BLEU().on_tokens(task).scores.forest
    for shape in [(500, 17), (3, 1), (0, 4), (4, 0)]:
        batch = random_batch(task, *shape, 1)
        for fast, slow in zip(
            forest.count_compiled(*batch), forest.count_arrays(*batch), strict=True
        ):
            assert fast.dtype == slow.dtype
            np.testing.assert_array_equal(fast, slow)
    assert not forest._seen.any()


@pytest.mark.parametrize("without_numba", [False, True])
def test_a_token_scorer_survives_pickling(without_numba, monkeypatch):
    if without_numba:
        monkeypatch.setattr("textgym.ngrams.compiled_loop", lambda: None)
    task = proverbs()
    batch = random_batch(task, 50, 12, 3)
    scorer = (BLEU() + 0.3 * Length(9)).on_tokens(task)
    again = pickle.loads(pickle.dumps(scorer))
    total, parts = scorer(*batch)
    np.testing.assert_array_equal(total, again(*batch)[0])
    np.testing.assert_allclose(total, parts["bleu"] + 0.3 * parts["length"])


def test_no_token_path_where_tokens_are_not_words():
    line = [("a b",)]
    assert BLEU().on_tokens(Lines(CharVocab(list("ab ")), line)) is None
    assert BLEU(lowercase=True).on_tokens(Lines(WordVocab([" a"]), line)) is None
    assert BLEU(tokenize="intl").on_tokens(Lines(WordVocab([" a"]), line)) is None
    assert BLEU().on_tokens(Lines(WordVocab([" a", " x-\n"]), line)) is None
    assert (BLEU() + CHRF()).on_tokens(Lines(WordVocab([" a"]), line)) is None
    assert Length(3, unit="characters").on_tokens(Lines(WordVocab([" a"]), line)) is None


def test_a_token_path_without_references_is_refused():
    with pytest.raises(ScorerError, match="prompt 1"):
        BLEU().on_tokens(Lines(WordVocab([" a"]), [("a",), ()]))
