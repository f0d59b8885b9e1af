"""Each scorer against its library called one text after another, on the same texts.

    python benchmarks/scorers.py            # about half a minute
    python benchmarks/scorers.py --quick    # a second, small sizes, for a smoke test

Times are the best of several runs; the scores of both sides are compared to 1e-9.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.resources import files

import numpy as np
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer
from throughput import MadeUp

from textgym.scorers import BLEU, CHRF, ROUGE
from textgym.types import Example

SEED = 0


def best(call: Callable[[], object], repeats: int) -> tuple[float, np.ndarray]:
    """The seconds of the fastest of ``repeats`` calls, and what the last returned."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - began)
    return min(seconds), np.asarray(result)


def report(label: str, ours: Callable, naive: Callable, repeats: int) -> None:
    """One row of the table; raises where the scores differ."""
    ours()  # compiles and fills caches
    quick, scores = best(ours, repeats)
    slow, wanted = best(naive, max(2, repeats // 3))
    np.testing.assert_allclose(scores, np.minimum(wanted, 1.0), rtol=0, atol=1e-9)
    print(f"{label:<38} {quick * 1e3:9.2f} {slow * 1e3:9.2f} {slow / quick:7.1f}")


def naive_bleu(texts: list[str], examples: list[Example]) -> list[float]:
    metric = sacrebleu.BLEU(effective_order=True)
    pairs = zip(texts, examples, strict=True)
    return [metric.sentence_score(t, list(e.references)).score / 100 for t, e in pairs]


def naive_chrf(texts: list[str], examples: list[Example]) -> list[float]:
    metric = sacrebleu.CHRF()
    pairs = zip(texts, examples, strict=True)
    return [metric.sentence_score(t, list(e.references)).score / 100 for t, e in pairs]


def naive_rouge(name: str, stem: bool, texts: list[str], examples: list[Example]) -> list[float]:
    metric = RougeScorer([name], use_stemmer=stem)
    pairs = zip(texts, examples, strict=True)
    return [metric.score_multi(e.references, t)[name].fmeasure for t, e in pairs]


def on_texts(label: str, texts: list[str], examples: list[Example], repeats: int) -> None:
    """Every scorer that reads texts."""
    both = (texts, examples)
    rows = [("BLEU, sacrebleu", BLEU(), naive_bleu), ("chrF, sacrebleu", CHRF(), naive_chrf)]
    for name, ours, naive in rows:
        report(f"{name}, {label}", lambda s=ours: s(*both), lambda n=naive: n(*both), repeats)
    for kind in ("1", "2", "L"):
        for stem in (False, True):
            name = f"ROUGE-{kind}{' stemmed' if stem else ''}, rouge-score, {label}"
            ours = ROUGE(kind, use_stemmer=stem)
            report(
                name,
                lambda s=ours: s(*both),
                lambda k=kind, s=stem: naive_rouge(f"rouge{k}", s, *both),
                repeats,
            )


def on_tokens(task: MadeUp, count: int, repeats: int) -> None:
    """BLEU of token ids: of random words, and of texts that are mostly a reference."""
    draw = np.random.default_rng(SEED)
    scorer = BLEU()
    score = scorer.on_tokens(task)
    lengths, ids = np.full(count, 32), draw.integers(0, len(task), count)
    noise = draw.integers(2, len(task.vocab), (count, 32))
    good = [np.resize(task.vocab.encode(task[int(i)].references[0]), 32) for i in ids]
    mixed = np.where(draw.random(noise.shape) < 0.7, np.stack(good), noise)
    examples = [task[int(i)] for i in ids]
    for label, tokens in (("random words", noise), ("mostly right", mixed)):
        texts = [task.vocab.decode(row.tolist()) for row in tokens]
        report(
            f"BLEU on word ids, sacrebleu, {label}",
            lambda t=tokens: score(t, lengths, ids)[0],
            lambda t=texts: naive_bleu(t, examples),
            repeats,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, a second")
    quick = parser.parse_args().quick
    count, vocab, repeats = (32, 2_000, 2) if quick else (1024, 50_257, 9)
    print(f"command: python {' '.join(sys.argv)}   seed {SEED}")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    names = ("textgym", "numpy", "numba", "sacrebleu", "rouge-score")
    print(", ".join(f"{name} {version(name)}" for name in names))
    print(f"\n{'scorer, library, texts':<38} {'ours ms':>9} {'theirs ms':>9} {'ratio':>7}")
    lines = (files("textgym.tasks") / "data" / "proverbs.txt").read_text().splitlines()
    words = [word for line in lines for word in line.split()]
    draw = random.Random(SEED)

    def text(size: int) -> str:
        return " ".join(draw.choices(words, k=size))

    proverbs = [Example("", (lines[i % 80],)) for i in range(count)]
    on_texts("proverbs", [text(9) for _ in proverbs], proverbs, repeats)
    longer = [Example("", (text(32),)) for _ in range(count // 4)]
    on_texts("32 words", [text(32) for _ in longer], longer, repeats)
    on_tokens(MadeUp(vocab), count, repeats)


if __name__ == "__main__":
    main()
