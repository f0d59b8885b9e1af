"""What every task must be."""

from __future__ import annotations

import pickle

from textgym.testing.assertions import raises, same, true
from textgym.types import Example, Task


def check_task(task: Task) -> None:
    """Checks that a task is a fixed sequence of examples that its vocabulary can spell."""
    true(len(task) > 0, f"{task!r} has no examples")
    copy = pickle.loads(pickle.dumps(task))
    for i in range(len(task)):
        example = task[i]
        true(isinstance(example, Example), f"task[{i}] is {type(example).__name__}, no Example")
        same(task[i], example, f"task[{i}] asked for twice")
        same(copy[i], example, f"task[{i}] after pickling")
        _check_example(task, i, example)
    raises(IndexError, lambda: task[len(task)], f"task[{len(task)}] with {len(task)} examples")


def check_splits(*tasks: Task) -> None:
    """Checks that no two of ``tasks`` share an example's whole text."""
    seen: dict[str, int] = {}
    for number, task in enumerate(tasks):
        for example in map(task.__getitem__, range(len(task))):
            for text in example.references or ("",):
                whole = f"{example.prompt} {text}"
                same(seen.setdefault(whole, number), number, f"the split that {whole!r} is in")


def _check_example(task: Task, i: int, example: Example) -> None:
    vocab = task.vocab
    prompt = vocab.encode(example.prompt)
    true(bool(prompt) or vocab.bos_id is not None, f"the prompt of task[{i}] is empty")
    true(all(0 <= t < len(vocab) for t in prompt), f"task[{i}] encodes to ids past the end")
    true(isinstance(example.references, tuple), f"the references of task[{i}] are no tuple")
    for text in example.references:
        ids = vocab.encode(vocab.separator + text)
        spelt = vocab.decode(ids).removeprefix(vocab.separator)
        true(spelt == text or vocab.unk_id in ids, f"task[{i}]: {text!r} comes back as {spelt!r}")
        cap = getattr(task, "max_new_tokens", len(ids))
        true(len(ids) <= cap, f"task[{i}]: {text!r} has {len(ids)} tokens, max_new_tokens={cap}")
