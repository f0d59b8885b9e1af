"""The vector environment equals ``SyncVectorEnv`` over the single one, whatever is asked of it."""

import copy
import pickle

import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_task import LINES, TASK, Overlap, Sample, random_actions

from textgym.env import TextGenEnv
from textgym.scorers import BLEU, Length
from textgym.vector import TextGenVectorEnv
from textgym.vocab import CharVocab

N = 5
MODES = list(AutoresetMode)
SCORERS = [Overlap(), BLEU(), BLEU() + 0.3 * Length(6), 0.5 * Overlap() + BLEU()]
OPTIONS = [
    {},
    {"shaping": "potential"},
    {"min_new_tokens": 3},
    {"max_new_tokens": 1},
    {"context_length": 3, "shaping": "potential", "min_new_tokens": 2},
]


def same(got, wanted):
    """Equal values, keys and dtypes; floats to 1e-9, which is what texts and token ids promise."""
    if isinstance(wanted, dict):
        assert sorted(got) == sorted(wanted)
        for key in wanted:
            same(got[key], wanted[key])
    elif isinstance(wanted, tuple):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            same(one, other)
    else:
        assert got.dtype == wanted.dtype and got.shape == wanted.shape
        if got.dtype == object:
            assert all(np.array_equal(g, w) for g, w in zip(got, wanted, strict=True))
        elif got.dtype == np.float64:
            np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-9)
        else:
            assert np.array_equal(got, wanted)


def pair(mode=AutoresetMode.NEXT_STEP, scorer=None, n=N, task=TASK, **options):
    scorer = scorer or Overlap()
    sync = SyncVectorEnv([lambda: TextGenEnv(task, scorer, **options)] * n, autoreset_mode=mode)
    return sync, TextGenVectorEnv(n, task, scorer, autoreset_mode=mode, **options)


def roll(sync, vector, steps, seed=0, eos=0.15):
    """The same steps in both; restarts what ended where that is the caller's task."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        actions = random_actions(vector, rng, eos)
        wanted = sync.step(actions)
        same(vector.step(actions), wanted)
        ended = wanted[2]
        if vector.autoreset_mode is AutoresetMode.DISABLED and ended.any():
            reset = [env.reset(options={"reset_mask": ended}) for env in (vector, sync)]
            same(*reset)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scorer", SCORERS, ids=["text", "tokens", "token sum", "mixed sum"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_vector_equals_sync(mode, scorer, options):
    sync, vector = pair(mode, scorer, **options)
    same(vector.reset(seed=3), sync.reset(seed=3))
    roll(sync, vector, 40)
    same(vector.reset(), sync.reset())
    roll(sync, vector, 10)


@pytest.mark.parametrize("mode", MODES)
def test_vector_equals_sync_with_characters(mode):
    task = Sample(vocab=CharVocab.from_texts(LINES))
    sync, vector = pair(mode, BLEU(), task=task, max_new_tokens=20)
    same(vector.reset(seed=0), sync.reset(seed=0))
    roll(sync, vector, 50)


@settings(max_examples=25, deadline=None)
@given(
    mode=st.sampled_from(MODES),
    shaping=st.sampled_from([None, "potential"]),
    n=st.integers(1, 7),
    cap=st.integers(1, 12),
    context=st.integers(1, 20),
    floor=st.integers(0, 3),
    eos=st.floats(0, 1),
    seed=st.integers(0, 2**31),
)
def test_vector_equals_sync_at_any_size(mode, shaping, n, cap, context, floor, eos, seed):
    settings_ = {"max_new_tokens": cap, "min_new_tokens": min(floor, cap), "shaping": shaping}
    wide = {"context_length": context, "truncate_prompts": True}
    sync, vector = pair(mode, BLEU(), n, **settings_, **wide)
    same(vector.reset(seed=seed), sync.reset(seed=seed))
    roll(sync, vector, 30, seed, eos)


def test_seeds_may_be_a_list_with_gaps():
    sync, vector = pair()
    for seeds in ([9, 8, 7, 6, 5], [1, None, 1, None, 2], [None] * N):
        if None in seeds:  # a row without a seed goes on with its own stream
            assert vector.np_random_seed == sync.np_random_seed
        same(vector.reset(seed=seeds), sync.reset(seed=seeds))
        roll(sync, vector, 12)
    with pytest.raises(ValueError, match="5 seeds"):
        vector.reset(seed=[1, 2])


@pytest.mark.parametrize("mode", MODES)
def test_reset_of_some_rows(mode):
    sync, vector = pair(mode, BLEU())
    same(vector.reset(seed=1), sync.reset(seed=1))
    roll(sync, vector, 3, eos=0)
    mask = np.array([True, False, True, False, False])
    resets = [e.reset(options={"reset_mask": mask, "example": 4}) for e in (vector, sync)]
    same(*resets)
    roll(sync, vector, 12)


def test_reset_asks_for_an_example_in_all_rows_or_in_each():
    sync, vector = pair()
    same(vector.reset(options={"example": 7}), sync.reset(options={"example": 7}))
    ids = np.array([4, 3, 2, 1, 0])
    assert vector.reset(options={"example": ids})[1]["example_id"].tolist() == ids.tolist()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scorer", [Overlap(), BLEU()], ids=["text", "tokens"])
def test_without_texts_all_else_is_the_same(mode, scorer):
    full = TextGenVectorEnv(N, TASK, scorer, autoreset_mode=mode)
    lean = TextGenVectorEnv(N, TASK, scorer, autoreset_mode=mode, texts=False)
    same(strip(full.reset(seed=2)), lean.reset(seed=2))
    rng = np.random.default_rng(0)
    for _ in range(30):
        actions = random_actions(full, rng)
        result = lean.step(actions)
        same(result, strip(full.step(actions)))
        if mode is AutoresetMode.DISABLED and result[2].any():
            options = {"reset_mask": result[2]}
            same(lean.reset(options=options), strip(full.reset(options=options)))


def strip(result):
    """The infos, which come last, without texts."""
    gone = ("prompt", "_prompt", "text", "_text")
    infos = {k: strip((v,))[0] if k == "final_info" else v for k, v in result[-1].items()}
    return (*result[:-1], {k: v for k, v in infos.items() if k not in gone})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scorer", SCORERS, ids=["text", "tokens", "token sum", "mixed sum"])
def test_sum_of_shaped_rewards_equals_terminal_score(mode, scorer):
    """Row 21 too: in every mode each score is counted once, and starting anew pays nothing."""
    plain = TextGenVectorEnv(N, TASK, scorer, autoreset_mode=mode)
    shaped = TextGenVectorEnv(N, TASK, scorer, autoreset_mode=mode, shaping="potential")
    plain.reset(seed=0), shaped.reset(seed=0)
    rng, sums, ended = np.random.default_rng(0), np.zeros(N), np.zeros(N, bool)
    finished = 0
    for _ in range(80):
        fresh = ended if mode is AutoresetMode.NEXT_STEP else np.zeros(N, bool)
        actions = random_actions(plain, rng)
        _, scores, ended, _, infos = plain.step(actions)
        _, rewards, ended_too, _, _ = shaped.step(actions)
        assert np.array_equal(ended, ended_too)
        assert not rewards[fresh].any() and not scores[fresh].any() and not ended[fresh].any()
        sums += rewards
        np.testing.assert_allclose(sums[ended], scores[ended], rtol=0, atol=1e-9)
        assert not scores[~ended].any()
        final = infos.get("final_info", infos)
        assert np.array_equal(final["score"][ended], scores[ended])
        sums[ended] = 0.0
        finished += int(ended.sum())
        if mode is AutoresetMode.DISABLED and ended.any():
            for env in (plain, shaped):
                env.reset(options={"reset_mask": ended})
    assert finished > 20


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
@pytest.mark.parametrize("mode", MODES)
def test_a_copy_in_mid_episode_goes_on_the_same(clone, mode):
    """Row 22, many rows."""
    env = TextGenVectorEnv(N, TASK, BLEU(), autoreset_mode=mode, shaping="potential")
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(4):
        env.step(random_actions(env, rng, eos=0))
    other = clone(env)
    for _ in range(20):
        actions = random_actions(env, rng)
        result = env.step(actions)
        same(other.step(actions), result)
        if mode is AutoresetMode.DISABLED and result[2].any():
            same(*(e.reset(options={"reset_mask": result[2]}) for e in (env, other)))


def test_keys_dtypes_and_shapes_of_infos_never_change():
    """Row 20; in SAME_STEP mode the last step's info comes beside them, as Gymnasium has it."""
    for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        env = TextGenVectorEnv(N, TASK, SCORERS[2], autoreset_mode=mode)
        kinds = {str(layout(env.reset(seed=0)[1]))}
        rng = np.random.default_rng(0)
        for _ in range(30):
            infos = env.step(random_actions(env, rng))[4]
            kinds.add(str(layout({k: v for k, v in infos.items() if "final_" not in k})))
        assert len(kinds) == 1


def layout(infos):
    return {
        key: layout(value) if isinstance(value, dict) else (value.dtype, value.shape)
        for key, value in sorted(infos.items())
    }


def test_a_refused_step_changes_no_row():
    """Rows 1 and 2, many rows."""
    sync, vector = pair(min_new_tokens=2)
    same(vector.reset(seed=0), sync.reset(seed=0))
    bad = [
        np.full(N, -1),
        np.full(N, len(TASK.vocab)),
        np.full(N, 1.5),
        [2, 2, 2, 2, 0],  # the end token, too early in the last row
        np.full(N - 1, 2),
        None,
        "1",
        np.full((N, 1), 2),
        np.full(N, 2**64 - 1, np.uint64),
    ]
    for actions in bad:
        with pytest.raises(Exception, match=r"integer|action|masked") as caught:
            vector.step(actions)
        assert type(caught.value).__name__ == "InvalidAction"
    roll(sync, vector, 20)


def test_actions_of_rows_that_start_anew_are_not_looked_at():
    env = TextGenVectorEnv(2, TASK, "length")
    env.reset(seed=0)
    assert env.step(np.array([0, 2]))[2].tolist() == [True, False]
    obs, rewards, ended, _, infos = env.step(np.array([-7, 2]))
    assert (rewards[0], ended[0], infos["finish_reason"][0]) == (0.0, False, "")
    assert obs[0].tolist() != obs[1].tolist()


def test_step_and_render_need_a_reset():
    """Row 3, many rows."""
    env = TextGenVectorEnv(2, TASK, "length", autoreset_mode=AutoresetMode.DISABLED)
    for call in (lambda: env.step([2, 2]), env.render):
        with pytest.raises(ResetNeeded, match="reset"):
            call()
    with pytest.raises(ResetNeeded, match="first"):
        env.reset(options={"reset_mask": np.array([True, False])})
    env.reset(seed=0)
    env.step([0, 2])
    with pytest.raises(ResetNeeded, match=r"Rows \[0\]"):
        env.step([2, 2])


def test_a_long_run_keeps_its_windows_and_texts():
    """The windows move back to the left, and the tokens around, many times."""
    sync, vector = pair(n=2, context_length=4, max_new_tokens=3, truncate_prompts=True)
    same(vector.reset(seed=0), sync.reset(seed=0))
    roll(sync, vector, 300, eos=0.3)
