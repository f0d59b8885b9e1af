"""What the environments do when misused: a test per fault, with its number in the docstring."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from gymnasium.error import InvalidAction, ResetNeeded
from sample_task import LINES, TASK, Faulty, Overlap, Sample

import textgym
from textgym.env import TextGenEnv
from textgym.errors import TaskError, UnknownArgument, UnknownName
from textgym.scorers import BLEU, ROUGE
from textgym.types import Example
from textgym.vector import TextGenVectorEnv
from textgym.vocab import CharVocab, WordVocab

BOTH = pytest.mark.parametrize("make", [TextGenEnv, lambda *a, **k: TextGenVectorEnv(2, *a, **k)])


class Fixed(Sample):
    """Given prompts and references."""

    def __init__(self, *examples, vocab=None):
        self.examples = [Example(prompt, references) for prompt, references in examples]
        self.vocab = vocab or WordVocab.from_texts(LINES)

    def __len__(self):
        return len(self.examples)

    def __getitem__(self, index):
        return self.examples[index]


def started(env, seed=0):
    env.reset(seed=seed)
    return env


@pytest.mark.parametrize(
    "action", [-1, len(TASK.vocab), 1.5, "1", None, np.array([1]), np.float32(1), True, 2**70]
)
def test_what_is_no_action_is_refused_and_changes_nothing(action):
    """Row 1."""
    env, twin = started(TextGenEnv(TASK, Overlap())), started(TextGenEnv(TASK, Overlap()))
    env.step(2), twin.step(2)
    with pytest.raises(InvalidAction, match=r"valid are the token ids 0\.\."):
        env.step(action)
    while not twin_ended(env, twin, 3):
        pass


def twin_ended(env, twin, action):
    got, wanted = env.step(action), twin.step(action)
    assert got[0].tolist() == wanted[0].tolist() and got[1:] == wanted[1:]
    return got[2]


@pytest.mark.parametrize("mode", ["single", "NextStep", "SameStep", "Disabled"])
def test_a_masked_action_is_refused_in_every_mode(mode):
    """Row 2."""
    if mode == "single":
        env, early, fine = TextGenEnv(TASK, "bleu", min_new_tokens=2), 0, 2
        masks = [started(env).action_masks()]
    else:
        env = TextGenVectorEnv(2, TASK, "bleu", min_new_tokens=2, autoreset_mode=mode)
        early, fine = np.array([2, 0]), np.array([2, 2])
        masks = list(started(env).action_masks())
    assert not any(mask[0] for mask in masks)
    with pytest.raises(InvalidAction, match=r"end token\) is masked after 0 tokens.*min_new_tok"):
        env.step(early)
    env.step(fine), env.step(fine)
    env.step(early)


def test_step_before_reset_needs_a_reset():
    """Row 3; the environment itself, without Gymnasium's OrderEnforcing."""
    for env in (TextGenEnv(TASK), TextGenVectorEnv(2, TASK)):
        for call in (lambda env=env: env.step(2), env.render):
            with pytest.raises(ResetNeeded, match=r"call reset\(\)"):
                call()


def test_step_after_the_end_needs_a_reset_and_scores_nothing():
    """Row 4."""
    env = started(TextGenEnv(TASK, Faulty()))
    env.step(0)
    calls = Faulty.calls
    with pytest.raises(ResetNeeded):
        env.step(2)
    assert Faulty.calls == calls


@BOTH
def test_a_mask_that_forbids_everything_makes_the_end_token_legal(make):
    """Row 5."""
    task = Sample()
    task.forbidden_ids = range(len(task.vocab))
    env = started(make(task, "bleu", min_new_tokens=3))
    assert np.flatnonzero(np.atleast_2d(env.action_masks())[0]).tolist() == [0]
    actions = 0 if isinstance(env, TextGenEnv) else np.zeros(2, int)
    assert np.all(env.step(actions)[2])


def test_a_task_that_forbids_everything_and_has_no_end_token_is_refused():
    """Row 5, without an end token."""
    task = Sample(vocab=Endless(LINES))
    task.forbidden_ids = range(len(task.vocab))
    with pytest.raises(TaskError, match="forbids every token"):
        TextGenEnv(task, "bleu")


@BOTH
def test_a_prompt_that_fills_the_context_is_named_or_cut_off_on_request(make):
    """Row 6."""
    task = Fixed(("A", ("bird",)), ("A bird in the hand is worth two", ("in the bush",)))
    with pytest.raises(TaskError, match="example 1 has 8 tokens, more than context_length=4"):
        make(task, context_length=4)
    env = make(task, context_length=4, truncate_prompts=True)
    obs, _ = env.reset(options={"example": 1})
    assert task.vocab.decode(np.atleast_2d(obs)[0]) == "hand is worth two"
    full = make(task, context_length=8)
    full.reset(seed=0)
    full.step(2 if make is TextGenEnv else np.array([2, 2]))


@BOTH
def test_an_empty_prompt_is_the_token_for_the_beginning_or_an_error(make):
    """Row 7."""
    examples = ("A", ("bird",)), ("", ("A bird",))
    with pytest.raises(ValueError, match="prompt of example 1 is empty"):
        make(Fixed(*examples))
    vocab = WordVocab.from_texts(LINES)
    vocab.bos_id = 2
    obs, _ = make(Fixed(*examples, vocab=vocab)).reset(options={"example": 1})
    assert np.atleast_2d(obs)[0].tolist()[-2:] == [0, 2]


@BOTH
@pytest.mark.parametrize("scorer", ["bleu", "rouge", "chrf", BLEU() + 0.3 * ROUGE()], ids=str)
def test_an_example_without_references_is_named_at_construction(make, scorer):
    """Row 8."""
    task = Fixed(("A", ("bird",)), ("Two", ("birds",)), ("Three", ()))
    with pytest.raises(ValueError, match=r"Example 2 of .* cannot be scored: .*needs references"):
        make(task, scorer)
    make(task, "length")


@BOTH
def test_references_that_rouge_cannot_read_are_named_at_construction(make):
    """Rows 8 and 28."""
    task = Fixed(("A", ("bird",)), ("B", ("猫坐在垫子上",)))
    with pytest.raises(ValueError, match="Example 1 of .* default tokenizer keeps only a-z"):
        make(task, "rouge + length")
    make(task, ROUGE(tokenizer="unicode"))


class Endless(WordVocab):
    """A vocabulary without end token, which pads with its own token."""

    def __init__(self, lines):
        super().__init__(sorted({piece for line in lines for piece in self.split(line)}))
        self.eos_id, self.control_ids = None, (0,)


def test_without_a_pad_token_the_end_token_pads():
    """Row 9: the leading ones are padding, one at the end is the end of the text."""
    env = TextGenEnv(TASK, "bleu", context_length=6)
    assert TASK.vocab.pad_id == TASK.vocab.eos_id
    obs, _ = env.reset(seed=0)
    assert obs.tolist()[:4] == [0] * 4 and obs[-1] != 0 and env.action_masks()[0]
    assert env.step(0)[0][-1] == 0


def test_without_an_end_token_texts_end_by_length_and_a_warning_says_so():
    """Row 9."""
    task = Sample(vocab=Endless(LINES))
    with pytest.warns(UserWarning, match="end by max_new_tokens only"):
        env = TextGenEnv(task, "bleu", max_new_tokens=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vector = TextGenVectorEnv(1, task, "bleu", max_new_tokens=3)
    started(env), started(vector)
    assert not env.action_masks()[0] and not vector.action_masks()[0, 0]
    for token in (2, 3, 4):
        _, _, ended, _, info = env.step(token)
        assert ended == vector.step([token])[2][0] == (token == 4)
    assert info["finish_reason"] == "length" and len(info["text"].split()) >= 3


@BOTH
def test_ending_at_once_writes_the_empty_text_and_pays_its_score(make):
    """Row 11."""
    for scorer, score in (("bleu", 0.0), ("rouge", 0.0), ("length", 0.0), (Faulty(), 0.5)):
        env = started(make(TASK, scorer))
        _, reward, ended, _, info = env.step(0 if make is TextGenEnv else [0, 0])
        assert np.all(ended) and np.all(reward == score)
        assert np.ravel(info["text"])[0] == "" and np.ravel(info["finish_reason"])[0] == "eos"


ODD = ["😀\u200d🔥", "שלום עולם", "a\u200db", "\x00", "\x1b[31mred", "\ud800", "\u202egnirts", "é"]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("mode", ["ansi", "human", "rgb_array"])
def test_odd_characters_are_played_and_shown_escaped(text, mode, capsys):
    """Row 12."""
    vocab = CharVocab(sorted({*text, " ", "p"}))
    task = Fixed(("p" + text, (text,)), vocab=vocab)
    env = TextGenEnv(task, "bleu", max_new_tokens=20, render_mode=mode)
    env.reset(seed=0)
    for token in [*vocab.encode(text), 0]:
        info = env.step(token)[4]
        shown = env.render()
    assert info["text"] == text
    shown = shown if mode == "ansi" else capsys.readouterr().out
    for forbidden in ("\x00", "\x1b[31m", "\ud800", "\u202e"):
        assert forbidden not in shown
    if mode != "rgb_array" and text in ("\x00", "\ud800", "\u202egnirts"):
        assert f"\\u{ord(text[0]):04x}" in shown


def test_a_character_split_over_tokens_is_played_and_shown_when_it_is_whole(capsys):
    """Row 12."""
    env = TextGenEnv(Fixed(("p", ("é",)), vocab=Bytes()), "bleu", render_mode="human")
    env.reset(seed=0)
    for byte in "é!".encode():
        env.step(byte)
    env.step(0)
    assert capsys.readouterr().out.startswith("p é!\n")


class Bytes(CharVocab):
    """One token per byte, as in byte-level tokenizers."""

    def __init__(self):
        super().__init__([chr(i) for i in range(2, 256)], separator="")
        self.pieces = [None] * 256

    def encode(self, text):
        return list(text.encode())

    def decode(self, ids):
        return bytes(i for i in ids if i).decode(errors="replace")


@pytest.mark.parametrize("vector", [False, True])
def test_what_is_returned_is_the_callers_own(vector):
    """Row 14."""
    make = (lambda: TextGenVectorEnv(2, TASK, Overlap())) if vector else lambda: TextGenEnv(TASK)
    env, twin = started(make()), started(make())
    action = np.array([2, 3]) if vector else 2
    for result in (env.reset(seed=1), twin.reset(seed=1))[:1]:
        spoil(result)
    for _ in range(9):
        result, wanted = env.step(action), twin.step(action)
        assert pickle.dumps(plain(result)) == pickle.dumps(plain(wanted))
        spoil(result)
        spoil(env.action_masks())


def plain(value):
    """Lists and numbers only, which pickle the same when they are equal."""
    if isinstance(value, dict):
        return [(key, plain(part)) for key, part in sorted(value.items())]
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return repr(value.tolist() if isinstance(value, np.ndarray) else value)


def spoil(value):
    if isinstance(value, tuple):
        for part in value:
            spoil(part)
    elif isinstance(value, dict):
        for part in list(value.values()):
            spoil(part)
        value.clear()
    elif isinstance(value, np.ndarray):
        value[...] = ~value if value.dtype == bool else 1


@BOTH
@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"task": "proverb"}, r"Unknown task 'proverb'.*[Vv]alid:"),
        ({"scorer": "blue"}, r"'blue'. Did you mean 'bleu'\?.*rouge"),
        ({"scorer": "length(taget=3)"}, r"'taget'. Did you mean 'target'\?"),
        ({"max_tokens": 3}, r"'max_tokens'. Did you mean 'max_new_tokens'\?.*shaping"),
        ({"split": "tset"}, r"'tset'. Did you mean 'test'\?.*train, validation"),
        ({"shaping": "potentail"}, r"Did you mean 'potential'"),
        ({"render_mode": "anso"}, r"'anso'. Did you mean 'ansi'\?.*rgb_array"),
    ],
)
def test_an_unknown_argument_is_told_the_valid_ones_and_the_nearest(make, kwargs, says):
    """Row 15."""
    with pytest.raises(UnknownName, match=says):
        make(**{"task": TASK, **kwargs})


@BOTH
def test_an_unknown_reset_option_is_told_the_valid_ones_and_the_nearest(make):
    """Row 15."""
    env = make(TASK)
    with pytest.raises(UnknownArgument, match="'exampel'. Did you mean 'example'"):
        env.reset(options={"exampel": 1})


@BOTH
@pytest.mark.parametrize("example", [-1, 30, 1.5, "1", [1, 2, 3], True])
def test_an_example_that_is_none_is_refused_before_anything_changes(make, example):
    """Row 15."""
    env, twin = make(TASK), make(TASK)
    for each in (env, twin):
        each.reset(seed=0)
    with pytest.raises((ValueError, IndexError), match=r"example=.* 0\.\.29"):
        env.reset(seed=1, options={"example": example})
    assert str(env.reset()) == str(twin.reset())


@pytest.mark.parametrize(
    "kwargs",
    [
        {"max_new_tokens": 0},
        {"max_new_tokens": 2.0},
        {"max_new_tokens": True},
        {"context_length": 0},
        {"min_new_tokens": -1},
        {"min_new_tokens": 0.5},
        {"min_new_tokens": 13},
    ],
    ids=str,
)
@BOTH
def test_sizes_that_make_no_sense_are_refused(make, kwargs):
    """Row 15."""
    with pytest.raises(ValueError, match=f"{next(iter(kwargs))}="):
        make(TASK, **kwargs)


@pytest.mark.parametrize("num_envs", [0, -1, 1.5])
def test_a_vector_environment_has_a_row(num_envs):
    """Row 15."""
    with pytest.raises(ValueError, match="num_envs="):
        TextGenVectorEnv(num_envs, TASK)


def test_the_vector_environment_does_not_print():
    """Row 15: a mode that only the single environment has."""
    with pytest.raises(UnknownName, match="'human'.*ansi, rgb_array"):
        TextGenVectorEnv(2, TASK, render_mode="human")


@pytest.mark.parametrize("name", ["split", "task", "scorer"])
def test_a_name_that_does_not_exist_is_a_typed_error(name):
    """Row 15."""
    with pytest.raises(textgym.TextGymError):
        TextGenEnv(**{name: "nothing like it"})


def test_the_info_of_each_step_has_the_same_keys_and_types():
    """Row 20, one row."""
    env = TextGenEnv(TASK, "bleu + 0.3*length(5)", shaping="potential")
    kinds = set()
    for seed in range(3):
        infos = [env.reset(seed=seed)[1]]
        infos += [env.step(token)[4] for token in (2, 3, 0)]
        for info in infos:
            kinds.add(str({k: type(v) for k, v in info.items()}))
            assert list(info["breakdown"]) == ["bleu", "length"]
            assert {type(v) for v in info["breakdown"].values()} == {float}
    assert len(kinds) == 1


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_in_mid_episode_goes_on_the_same(clone):
    """Row 22, one row: this episode, and the examples of those that follow."""
    env = started(TextGenEnv(TASK, "bleu", shaping="potential"), seed=5)
    env.step(2)
    other = clone(env)
    for _ in range(3):
        while not twin_ended(env, other, 3):
            pass
        assert str(env.reset()) == str(other.reset())


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("shaping", [None, "potential"])
def test_a_scorer_that_raises_leaves_the_episode_as_it_was(vector, shaping):
    """Row 24's half here: raised, never turned into a 0, and the step can be tried again."""
    word = TASK.vocab.decode([5])
    make = TextGenVectorEnv if vector else lambda n, *a, **k: TextGenEnv(*a, **k)
    env = started(make(2, TASK, Faulty(word), max_new_tokens=2, shaping=shaping))
    act = (lambda token: np.array([2, token])) if vector else lambda token: token
    env.step(act(2))
    with pytest.raises(ZeroDivisionError, match="cannot score"):
        env.step(act(5))
    _, reward, ended, _, info = env.step(act(3))
    assert np.all(ended) and np.all(np.equal(reward, 0.0 if shaping else 0.5))
    assert np.ravel(info["text"])[-1] == TASK.vocab.decode([2, 3])


@pytest.mark.parametrize("scorer", [None, BLEU, lambda texts, examples: [1.0]])
def test_a_scorer_that_is_none_is_named(scorer):
    with pytest.raises(TypeError, match="Scorer object"):
        TextGenEnv("proverbs", scorer)


def test_references_given_as_one_string_are_refused():
    with pytest.raises(TypeError, match="in time"):
        Example("A stitch", "in time saves nine.")
