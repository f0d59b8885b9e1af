"""What every scorer must do."""

from __future__ import annotations

import pickle

import numpy as np

from textgym.scoring import Scorer
from textgym.testing.assertions import near, same, true
from textgym.types import Example, Task

EXAMPLES = (
    Example("A stitch", ("in time saves nine.",)),
    Example("The early bird", ("catches the worm.", "gets up, and eats.")),
)
TEXTS = (
    "",
    " ",
    "time",
    "in time saves nine.",
    "The worm, the worm, the worm.",
    "3.5 - 1,000 & <unk>",
    "na\u00efve caf\u00e9 \u732b\u5750",
    "\U0001f600\u200d\U0001f525",
    "\x00\x1b[31m\n\t",
    "\ud800",
    "a" * 999,
)


def check_scorer(scorer: Scorer, task: Task | None = None) -> None:
    """Checks range, order, determinism, names, signature and pickling of a scorer.

    Args:
        scorer: What to check, on any text (empty, control characters, lone surrogates, ...).
        task: Where to take examples from; its token path, if any, is compared with the text path.
    """
    examples = [task[i] for i in range(min(len(task), 8))] if task is not None else EXAMPLES
    answered = [examples[i % len(examples)] for i in range(len(TEXTS))]
    total, parts = scorer.evaluate(TEXTS, answered)
    true(total.dtype == np.float64, f"{scorer!r} gives {total.dtype}, not float64")
    true(bool(((total >= 0) & (total <= scorer.upper)).all()), f"{scorer!r} leaves its range")
    empty, names = scorer.evaluate([], [])
    same((empty.shape, list(names)), ((0,), list(parts)), f"{scorer!r} of no texts")
    near(scorer(TEXTS, answered), total, f"{scorer!r} called again")
    back = scorer(TEXTS[::-1], answered[::-1])[::-1]
    near(back, total, f"{scorer!r} of the texts in reverse order")
    alone = [scorer([t], [e])[0] for t, e in zip(TEXTS, answered, strict=True)]
    near(alone, total, f"{scorer!r} of the texts one by one")
    again = pickle.loads(pickle.dumps(scorer))
    same((again, repr(again), hash(again)), (scorer, repr(scorer), hash(scorer)), "pickled")
    near(again(TEXTS, answered), total, f"{scorer!r} after pickling")
    if task is not None:
        _check_token_path(scorer, task)


def _check_token_path(scorer: Scorer, task: Task) -> None:
    on_tokens = scorer.on_tokens(task)
    if on_tokens is None:
        return
    draw, vocab = np.random.default_rng(0), task.vocab
    legal = [i for i in range(len(vocab)) if i not in (vocab.pad_id, vocab.eos_id)]
    tokens = draw.choice(np.setdiff1d(legal, vocab.control_ids), (64, 12)).astype(np.int64)
    lengths, ids = draw.integers(0, 13, 64), draw.integers(0, len(task), 64)
    pairs = zip(tokens, lengths, strict=True)
    texts = [vocab.decode(row[:n].tolist()).removeprefix(vocab.separator) for row, n in pairs]
    total, parts = scorer.evaluate(texts, [task[int(i)] for i in ids])
    total_again, parts_again = on_tokens(tokens, lengths, ids)
    near(total_again, total, f"{scorer!r} on tokens")
    same(list(parts_again), list(parts), f"the parts of {scorer!r} on tokens")
