"""Every registered task is a fixed, spellable list of examples; no text is in two splits."""

import pickle
import subprocess
import sys
from collections import Counter

import pytest

from textgym.errors import UnknownName
from textgym.tasks import registry, task
from textgym.tasks._listed import Listed, read_lines, split_of, stable_hash
from textgym.testing import check_splits, check_task
from textgym.types import SPLITS, Example, Task
from textgym.vocab import CharVocab, WordVocab

NAMES = registry.names()
LARGEST = {"proverbs": "proverbs(size=477)"}  # all that is ever trained on
SIZES = {"proverbs": (477, 50, 50), "austen": (2162, 139, 125), "chess": (3505, 350, 395)}
VOCAB_SIZES = {"proverbs": 1375, "austen": 3252, "chess": 1132}


def splits(name: str, **kwargs: object) -> list[Task]:
    return [task(LARGEST.get(name, name), split=split, **kwargs) for split in SPLITS]


def examples(name: str) -> list[list[Example]]:
    return [[t[i] for i in range(len(t))] for t in splits(name)]


def test_the_tasks_are_found():
    assert {"austen", "chess", "proverbs"} <= {*NAMES}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("vocab", ["words", "chars"])
def test_every_task_conforms_in_every_split_and_vocabulary(name, vocab):
    for each in splits(name, vocab=vocab):
        assert isinstance(each, Task)
        check_task(each)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_prompt_or_reference_is_in_two_splits(name):
    check_splits(*splits(name))
    for part in ("prompt", "references"):
        seen = [{str(getattr(e, part)) for e in split} for split in examples(name)]
        assert sum(map(len, seen)) == len(set().union(*seen)), part


@pytest.mark.parametrize("name", NAMES)
def test_no_prompt_occurs_twice(name):
    prompts = Counter(e.prompt for split in examples(name) for e in split)
    assert [p for p, n in prompts.items() if n > 1] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("vocab", ["words", "chars"])
def test_prompt_and_reference_come_back_exactly_and_no_word_is_unknown(name, vocab):
    for each in splits(name, vocab=vocab):
        for i in range(len(each)):
            example = each[i]
            for reference in example.references:
                ids = each.vocab.encode(example.prompt)
                ids += each.vocab.encode(each.vocab.separator + reference)
                assert each.vocab.decode(ids) == f"{example.prompt} {reference}"
                assert each.vocab.unk_id not in ids


@pytest.mark.parametrize("name", NAMES)
def test_the_cap_is_the_longest_reference_of_any_split_and_its_end(name):
    parts = splits(name)
    longest = max(
        len(each.vocab.encode(each.vocab.separator + reference))
        for each in parts
        for i in range(len(each))
        for reference in each[i].references
    )
    assert [each.max_new_tokens for each in parts] == [longest + 1] * 3


@pytest.mark.parametrize("name", NAMES)
def test_a_token_is_the_same_number_in_every_split(name):
    first, *others = splits(name)
    assert all(other.vocab == first.vocab for other in others)


@pytest.mark.parametrize("name", ["austen", "chess"])
def test_every_word_that_is_tested_was_trained_on(name):
    train, *held_out = (
        {p for e in split for text in (e.prompt, *e.references) for p in WordVocab.split(text)}
        for split in examples(name)
    )
    assert set().union(*held_out) <= train


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_fixed(name):
    parts = splits(name)
    assert tuple(map(len, parts)) == SIZES[name]
    assert len(parts[0].vocab) == VOCAB_SIZES[name]


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_split_is_an_error_that_lists_the_splits(name):
    with pytest.raises(UnknownName, match="'tset'.*'test'.*test, train, validation"):
        task(name, split="tset")


@pytest.mark.parametrize("name", NAMES)
def test_a_licence_lies_beside_the_data_and_in_the_docstring(name):
    assert "SPDX-License-Identifier: CC" in "\n".join(read_lines(f"{name}.LICENSE"))
    words = str(registry.load(name).__doc__)
    for section in ("Prompt:", "References:", "Good scorer:", "Ceiling:", "Data licence:"):
        assert section in words


def test_examples_are_the_same_in_another_process_whatever_its_hash_seed():
    code = (
        "import zlib; from textgym.tasks import registry, task\n"
        "for n in registry.names():\n"
        "  for s in ('train', 'validation', 'test'):\n"
        "    t = task(n, split=s)\n"
        "    print(zlib.crc32(repr([t[i] for i in range(len(t))] + [*t.vocab.pieces]).encode()))"
    )
    command = [sys.executable, "-c", code]
    outputs = {
        subprocess.run(command, env={"PYTHONHASHSEED": s}, capture_output=True, check=True).stdout
        for s in "01"
    }
    assert len(outputs) == 1 and len(outputs.pop().split()) == 3 * len(NAMES)


def test_a_task_pickles_small():
    assert max(len(pickle.dumps(each)) for name in NAMES for each in splits(name)) < 500_000


def test_a_listed_task_covers_all_splits_and_takes_its_own():
    parts = {"train": [Example("a", ("b",))], "test": [Example("c", ("d d d", "e"))]}
    listed = Listed(parts, "train", "words")
    assert len(listed) == 1 and listed[0].references == ("b",)
    assert len(listed.vocab) == 2 + 5
    assert listed.max_new_tokens == 3 + 1
    assert Listed(parts, "test", CharVocab(list("abcde "))).max_new_tokens == 6 + 1
    with pytest.raises(IndexError):
        listed[1]
    with pytest.raises(UnknownName, match="Valid: test, train"):
        Listed(parts, "validation", "words")


def test_the_hash_that_splits_is_fixed():
    assert stable_hash("123456789") == 0xCBF43926  # the check value of CRC-32
    shares = Counter(split_of(str(i)) for i in range(10_000))
    assert all(900 < shares[split] < 1_100 for split in ("validation", "test"))
