"""What is promised of each shipped task beyond the contract that all tasks keep."""

from collections import Counter

import pytest

from textgym.tasks import task
from textgym.tasks._listed import read_lines
from textgym.types import SPLITS, Example

LARGEST = {"proverbs": "proverbs(size=477)"}  # all that is ever trained on


def examples(name: str) -> list[list[Example]]:
    tasks = [task(LARGEST.get(name, name), split=split) for split in SPLITS]
    return [[t[i] for i in range(len(t))] for t in tasks]


def test_proverbs_to_train_on_are_the_best_known_whatever_their_number():
    largest = examples("proverbs")[0]
    assert largest[0] == Example("A bird in", ("the hand is worth two in the bush.",))
    for size in (1, 40, 160):
        small = task("proverbs", size=size)
        assert [small[i] for i in range(len(small))] == largest[:size]
        assert small.vocab == task("proverbs").vocab
    assert len(task("proverbs")) == 40


def test_the_first_160_proverbs_are_never_held_out():
    train = [f"{e.prompt} {e.references[0]}" for e in examples("proverbs")[0]]
    assert train[:160] == read_lines("proverbs.txt")[:160]


@pytest.mark.parametrize("size", [0, -1, 478, 2.5, "x"])
def test_more_proverbs_than_there_are_is_an_error_that_names_the_most(size):
    with pytest.raises(ValueError, match=rf"size={size!r} .*1\.\.477"):
        task("proverbs", size=size)


def test_a_proverb_is_cut_after_a_third_but_leaves_two_words_on_each_side():
    for split in examples("proverbs"):
        for example in split:
            prompt, rest = example.prompt.split(), example.references[0].split()
            assert len(prompt) >= 2 and len(rest) >= 2
            assert len(prompt) >= (len(prompt) + len(rest)) // 3


def test_no_proverb_is_listed_twice_or_in_two_wordings():
    def content(line: str) -> str:
        return "".join(c for c in line.lower() if c.isalpha() or c == " ")

    lines = [content(line).split() for line in read_lines("proverbs.txt")]
    assert len(lines) >= 420
    bags = Counter(" ".join(sorted({w for w in line if len(w) > 3})) for line in lines)
    assert [bag for bag, n in bags.items() if " " in bag and n > 1] == []


def test_chess_moves_are_one_token_each_and_start_with_whites():
    train = task("chess")
    for i in range(0, len(train), 50):
        moves = train[i].prompt.split()
        assert len(train.vocab.encode(train[i].prompt)) == len(moves) <= 20
        assert moves[0][1] in "12"


def test_chess_notes_explain_instead_of_pointing_elsewhere():
    notes = [e.references[0] for split in examples("chess") for e in split]
    assert all(len(note.split()) >= 4 for note in notes)
    for word in ("Lichess", "FEN", "transposition", "catalog", "ECO", "canonical"):
        assert not any(word in note for note in notes), word


def test_austen_gives_eight_words_of_a_whole_sentence():
    for split in examples("austen"):
        for example in split:
            assert len(example.prompt.split()) == 8
            assert 4 <= len(example.references[0].split()) <= 12
            assert example.prompt[0].isupper() and example.references[0][-1] in ".!?"
