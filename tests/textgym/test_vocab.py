"""Character and word vocabularies give back what they take, on any text."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgym.errors import UnknownName, VocabError
from textgym.tasks._listed import read_lines
from textgym.types import Vocab
from textgym.vocab import CharVocab, WordVocab, build_vocab

PROVERBS = read_lines("proverbs.txt")
ODD = [
    "",
    " ",
    "a\x00b",
    "\ud800 alone",
    "👩\u200d👩\u200d👧 family",
    "שלום עולם",
    "\u202eright",
    "e\u0301 and é",
    "tab\tand\r\nline\u2028s",
    "don't 'tis dogs' well-known — (so) \"it\" is, O-O-O!",
]
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)  # surrogates too


@pytest.mark.parametrize("kind", [WordVocab, CharVocab])
@given(text=ANY_TEXT)
def test_covered_text_comes_back_exactly(kind, text):
    vocab = kind.from_texts([text])
    ids = vocab.encode(text)
    assert vocab.decode(ids) == text
    assert vocab.unk_id not in ids and vocab.eos_id not in ids


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("kind", [WordVocab, CharVocab])
def test_odd_text_comes_back_exactly(kind, text):
    vocab = kind.from_texts(ODD)
    assert vocab.decode(vocab.encode(text)) == text


@pytest.mark.parametrize("kind", [WordVocab, CharVocab])
@given(text=ANY_TEXT)
def test_what_is_not_covered_becomes_unk_and_nothing_else_changes(kind, text):
    vocab, known = kind.from_texts(["known words"]), kind.split("known words")
    expected = [piece if piece in known else vocab.unk_piece for piece in kind.split(text)]
    assert [vocab.pieces[i] for i in vocab.encode(text)] == expected


@given(text=ANY_TEXT)
def test_the_pieces_of_words_are_the_text_with_a_space_before_it(text):
    assert "".join(WordVocab.split(text)) == (f" {text}" if text else "")


def test_a_word_is_one_token_with_its_space_and_punctuation_is_glued():
    assert WordVocab.split("Don't (well-known), dog") == [
        " Don't",
        " (",
        "well-known",
        ")",
        ",",
        " dog",
    ]


@pytest.mark.parametrize("kind", [WordVocab, CharVocab])
def test_prompt_and_continuation_encode_apart_as_together(kind):
    vocab = kind.from_texts(PROVERBS)
    head, rest = "A bird in", "the hand is worth two in the bush."
    apart = vocab.encode(head) + vocab.encode(vocab.separator + rest)
    assert apart == vocab.encode(f"{head} {rest}")


def test_the_most_frequent_pieces_come_first_and_ties_in_order():
    assert WordVocab.from_texts(["b a", "c b"]).pieces == ("", " <unk>", " b", " a", " c")
    assert WordVocab.from_texts(["b a", "c b"], max_size=1).pieces == ("", " <unk>", " b")


def test_characters_cover_the_separator_even_if_no_text_has_it():
    vocab = CharVocab.from_texts(["ab"])
    assert vocab.decode(vocab.encode(" ab")) == " ab"


@pytest.mark.parametrize("ids", [[-1], [5], [2, 99]])
def test_an_id_out_of_range_is_an_error_that_names_it(ids):
    with pytest.raises(VocabError, match=str(ids[-1])):
        CharVocab(list("abc")).decode(ids)


@pytest.mark.parametrize("pieces", [["a", "b", "a"], ["a", ""]])
def test_pieces_must_be_distinct_and_not_empty(pieces):
    with pytest.raises(VocabError, match="empty or given twice"):
        WordVocab(pieces)


def test_vocabularies_are_equal_where_all_tokens_are():
    vocab = CharVocab(["a", "b"])
    assert vocab == CharVocab(["a", "b"]) and hash(vocab) == hash(CharVocab(["a", "b"]))
    assert vocab != CharVocab(["b", "a"])
    assert vocab != CharVocab(["a", "b"], separator="")
    assert vocab != WordVocab(["a", "b"])


def test_build_vocab_takes_a_name_or_a_vocabulary():
    assert build_vocab("words", ["a b"]) == WordVocab([" a", " b"])
    assert build_vocab("chars", ["ab"], max_size=2) == CharVocab([" ", "a"])
    vocab = CharVocab(list(string.ascii_letters))
    assert build_vocab(vocab, []) is vocab
    assert isinstance(vocab, Vocab)


@pytest.mark.timeout(20)
def test_a_misspelt_vocabulary_is_an_error_that_says_what_there_is(tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'words'"):
        build_vocab("wrods", [])
    with pytest.raises(UnknownName, match="folder of a Hugging Face tokenizer"):
        build_vocab(tmp_path, [])  # an empty folder
