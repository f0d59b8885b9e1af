"""Checks that anybody's scorer, task, environment or agent does what the rest relies on.

Each raises AssertionError, which says what is wrong, and is meant to be the whole test::

    def test_vowels():
        check_scorer(Vowels())
"""

from __future__ import annotations

import pickle
import tempfile
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.spaces import Box, Discrete

from textgym.scoring import Scorer
from textgym.types import Example, Task

EXAMPLES = (
    Example("A stitch", ("in time saves nine.",)),
    Example("The early bird", ("catches the worm.", "gets up, and eats.")),
)
TEXTS = (
    *(
        "",
        " ",
        "time",
        "in time saves nine.",
        "The worm, the worm, the worm.",
        "3.5 - 1,000 & <unk>",
    ),
    *(
        "naïve café \u732b\u5750",
        "\U0001f600\u200d\U0001f525",
        "\x00\x1b[31m\n\t",
        "\ud800",
        "a" * 999,
    ),
)
INFO = {
    "prompt": str,
    "text": str,
    "score": float,
    "breakdown": dict,
    "finish_reason": str,
    "example_id": int,
}
NO_ACTIONS = (-1, 1.5, "1", None, np.array([1]))
SAME = 1e-6  # a neural scorer's rounding differs from batch to batch


def check_scorer(scorer: Scorer, task: Task | None = None) -> None:
    """Checks range, order, determinism, names, signature and pickling of a scorer.

    Args:
        scorer: What to check, on any text (empty, control characters, lone surrogates, ...).
        task: Where to take examples from; its token path, if any, is compared with the text path.
    """
    examples = [task[i] for i in range(min(len(task), 8))] if task is not None else EXAMPLES
    answered = [examples[i % len(examples)] for i in range(len(TEXTS))]
    total, parts = scorer.evaluate(TEXTS, answered)
    _true(total.dtype == np.float64, f"{scorer!r} gives {total.dtype}, not float64")
    _true(bool(((total >= 0) & (total <= scorer.upper)).all()), f"{scorer!r} leaves its range")
    empty, names = scorer.evaluate([], [])
    _same((empty.shape, list(names)), ((0,), list(parts)), f"{scorer!r} of no texts")
    _near(scorer(TEXTS, answered), total, f"{scorer!r} called again")
    back = scorer(TEXTS[::-1], answered[::-1])[::-1]
    _near(back, total, f"{scorer!r} of the texts in reverse order")
    alone = [scorer([t], [e])[0] for t, e in zip(TEXTS, answered, strict=True)]
    _near(alone, total, f"{scorer!r} of the texts one by one")
    again = pickle.loads(pickle.dumps(scorer))
    _same((again, repr(again), hash(again)), (scorer, repr(scorer), hash(scorer)), "pickled")
    _near(again(TEXTS, answered), total, f"{scorer!r} after pickling")
    if task is not None:
        _check_token_path(scorer, task)


def check_task(task: Task) -> None:
    """Checks that a task is a fixed sequence of examples that its vocabulary can spell."""
    _true(len(task) > 0, f"{task!r} has no examples")
    copy = pickle.loads(pickle.dumps(task))
    for i in range(len(task)):
        example = task[i]
        _true(isinstance(example, Example), f"task[{i}] is {type(example).__name__}, no Example")
        _same(task[i], example, f"task[{i}] asked for twice")
        _same(copy[i], example, f"task[{i}] after pickling")
        _check_example(task, i, example)
    _raises(IndexError, lambda: task[len(task)], f"task[{len(task)}] with {len(task)} examples")


def check_splits(*tasks: Task) -> None:
    """Checks that no two of ``tasks`` share an example's whole text."""
    seen: dict[str, int] = {}
    for number, task in enumerate(tasks):
        for example in map(task.__getitem__, range(len(task))):
            for text in example.references or ("",):
                whole = f"{example.prompt} {text}"
                _same(seen.setdefault(whole, number), number, f"the split that {whole!r} is in")


def check_env(env: str | gym.Env[Any, Any], **kwargs: Any) -> None:
    """Runs Gymnasium's checker, no warning allowed, and ours.

    Args:
        env: An id or an environment; of a wrapped one what is inside is checked.
        **kwargs: The arguments of the environment that the id names.
    """
    made = gym.make(env, **kwargs) if isinstance(env, str) else env
    inner: Any = made.unwrapped
    _check_spaces(inner)
    _check_by_gymnasium(inner)
    first, second = _play(inner, seed=3), _play(inner, seed=3)
    _same(len(first), len(second), "the number of steps with the same seed and actions")
    for (obs, *rest), (obs_again, *rest_again) in zip(first, second, strict=True):
        _same((obs.tolist(), rest), (obs_again.tolist(), rest_again), "a step with the same seed")
    _check_episode(inner, first)
    _check_refusals(inner)


def check_agent(agent: Any, env: Any, total_timesteps: int = 64) -> None:
    """Checks the four methods of an agent: ``predict``, ``learn``, ``save`` and ``load``.

    Args:
        agent: What to check; it learns a little.
        env: The environment it acts in, single or vector.
        total_timesteps: How long it learns.
    """
    _same(agent.learn(total_timesteps), agent, "what learn() returns")
    actions = _act(agent, env)
    _same(actions, _act(agent, env), "deterministic actions, asked for twice")
    with tempfile.TemporaryDirectory() as folder:
        agent.save(Path(folder) / "agent")
        loaded = type(agent).load(Path(folder) / "agent")
    _same(_act(loaded, env), actions, "the actions of the agent that was saved and loaded")


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
    _near(total_again, total, f"{scorer!r} on tokens")
    _same(list(parts_again), list(parts), f"the parts of {scorer!r} on tokens")


def _check_example(task: Task, i: int, example: Example) -> None:
    vocab = task.vocab
    prompt = vocab.encode(example.prompt)
    _true(bool(prompt) or vocab.bos_id is not None, f"the prompt of task[{i}] is empty")
    _true(all(0 <= t < len(vocab) for t in prompt), f"task[{i}] encodes to ids past the end")
    _true(isinstance(example.references, tuple), f"the references of task[{i}] are no tuple")
    for text in example.references:
        ids = vocab.encode(vocab.separator + text)
        spelt = vocab.decode(ids).removeprefix(vocab.separator)
        _true(spelt == text or vocab.unk_id in ids, f"task[{i}]: {text!r} comes back as {spelt!r}")
        cap = getattr(task, "max_new_tokens", len(ids))
        _true(len(ids) <= cap, f"task[{i}]: {text!r} has {len(ids)} tokens, max_new_tokens={cap}")


def _check_spaces(env: Any) -> None:
    _true(isinstance(env.action_space, Discrete), f"{env.action_space} is not Discrete")
    box = env.observation_space
    whole = isinstance(box, Box) and box.dtype == np.int64 and len(box.shape) == 1
    _true(whole, f"{box} is not an int64 Box of one dimension")
    _same(int(env.action_space.n), len(env.vocab), "the number of actions")


def _check_by_gymnasium(env: Any) -> None:
    from gymnasium.utils.env_checker import check_env as check_by_gymnasium

    env.reset(seed=0)
    space, env.action_space = env.action_space, _Legal(env.action_masks())
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            check_by_gymnasium(env, skip_render_check=True)
    finally:
        env.action_space = space
    _same([str(warning.message) for warning in caught], [], "the warnings of Gymnasium's checker")


class _Legal(Discrete):
    """The actions, of which only legal ones are sampled, as Gymnasium's checker knows no mask."""

    def __init__(self, mask: Any) -> None:
        super().__init__(len(mask))
        self._mask = mask.astype(np.int8)

    def sample(self, mask: Any = None, probability: Any = None) -> np.int64:
        return super().sample(self._mask)


def _play(env: Any, seed: int) -> list[tuple[Any, ...]]:
    """An episode of random legal actions: (observation, reward, terminated, truncated, info)."""
    draw = np.random.default_rng(seed)
    obs, info = env.reset(seed=seed)
    steps: list[tuple[Any, ...]] = [(obs, 0.0, False, False, info)]
    while not (steps[-1][2] or steps[-1][3]):
        action = draw.choice(np.flatnonzero(env.action_masks()))
        steps.append(env.step(action))
        _same(int(steps[-1][0][-1]), int(action), "the newest token of the observation")
    return steps


def _check_episode(env: Any, steps: Sequence[tuple[Any, ...]]) -> None:
    for obs, _, terminated, truncated, info in steps:
        _true(obs in env.observation_space, f"{obs} is not in {env.observation_space}")
        _same({key: type(value) for key, value in info.items()}, INFO, "the keys of the info")
        _same(terminated, bool(info["finish_reason"]), "terminated and the finish reason")
        _true(not truncated, "truncated is True, but the score has been paid")
    final = steps[-1][4]
    example = env.task[final["example_id"]]
    total, parts = env.scorer.evaluate([final["text"]], [example])
    _near([final["score"]], total, "the score in the final info")
    _near(list(final["breakdown"].values()), np.ravel(list(parts.values())), "the breakdown")
    _near([sum(step[1] for step in steps)], total, "the sum of the rewards")


def _check_refusals(env: Any) -> None:
    """Illegal actions change nothing; a step after the end is refused."""
    env.reset(seed=5)
    mask = env.action_masks()
    masked = [int(action) for action in np.flatnonzero(~mask)[:1]]
    for action in (*NO_ACTIONS, len(mask), *masked):
        _raises(InvalidAction, partial(env.step, action), f"action {action!r}")
    legal = int(np.flatnonzero(mask)[-1])
    after = env.step(legal)[0]
    env.reset(seed=5)
    _same(after.tolist(), env.step(legal)[0].tolist(), "the observation after refused actions")
    _play(env, seed=5)
    _raises(ResetNeeded, partial(env.step, legal), "a step after the end")


def _act(agent: Any, env: Any, steps: int = 4) -> list[Any]:
    """The deterministic actions of some steps."""
    observation, _ = env.reset(seed=7)
    state, start = None, np.ones(getattr(env, "num_envs", 1), np.bool_)
    taken = []
    for _ in range(steps):
        action, state = agent.predict(observation, state, start, deterministic=True)
        _true(np.asarray(action) in env.action_space, f"{action!r} is not in {env.action_space}")
        taken.append(np.asarray(action).tolist())
        observation, _, terminated, truncated, _ = env.step(action)
        start = np.atleast_1d(terminated | truncated)
        if not hasattr(env, "num_envs") and start.any():
            break
    return taken


def _true(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(f"{message}.")


def _same(got: Any, wanted: Any, what: str) -> None:
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, expected {wanted!r}.")


def _near(got: Any, wanted: Any, what: str) -> None:
    if not np.allclose(got, wanted, rtol=0, atol=SAME):
        raise AssertionError(f"{what}: got {np.asarray(got)}, expected {np.asarray(wanted)}.")


def _raises(error: type[Exception], call: Callable[[], Any], what: str) -> None:
    try:
        call()
    except error:
        return
    except Exception as other:
        raise AssertionError(f"{what} raised {other!r} instead of {error.__name__}.") from other
    raise AssertionError(f"{what} was accepted; {error.__name__} was expected.")
