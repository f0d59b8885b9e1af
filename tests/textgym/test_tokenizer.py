"""Real tokenizers, built here, as vocabularies: any text comes back, special tokens stay out."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from textgym.tasks._listed import read_lines
from textgym.testing import check_task
from textgym.types import Example, Vocab
from textgym.vocab import HFVocab, build_vocab

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
WRITABLE = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


def byte_level(**special: str) -> PreTrainedTokenizerFast:
    """A small GPT-2: byte-level BPE."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        show_progress=False,
        initial_alphabet=alphabet,
        special_tokens=[*special.values()],
    )
    tokenizer.train_from_iterator(PROVERBS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def word_level(**special: str) -> PreTrainedTokenizerFast:
    """Whole words, split at spaces."""
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordLevelTrainer(
        show_progress=False, special_tokens=["<unk>", *special.values()]
    )
    tokenizer.train_from_iterator(PROVERBS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", **special)


def sentence_piece(**special: str) -> PreTrainedTokenizerFast:
    """A small Llama: BPE with the space before a word as part of it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=700, show_progress=False, special_tokens=["<unk>", *special.values()]
    )
    tokenizer.train_from_iterator(PROVERBS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", **special)


KINDS = [byte_level, word_level, sentence_piece]
GPT = HFVocab(byte_level(eos_token="<|endoftext|>"))


@given(text=WRITABLE)
def test_byte_level_tokens_give_any_text_back(text):
    assert GPT.decode(GPT.encode(text)) == text


@pytest.mark.parametrize("text", [*ODD, "a <|endoftext|> b", "1 , 2 . 3 ! do n't 's"])
def test_byte_level_tokens_give_odd_text_back(text):
    ids = GPT.encode(text)
    assert GPT.decode(ids) == text.replace("\ud800", "?")  # which no tokenizer can encode
    assert GPT.eos_id not in ids


@given(text=WRITABLE, cut=st.integers(0, 100))
def test_a_character_split_over_tokens_decodes_without_crash(text, cut):
    ids = GPT.encode(text)
    part = GPT.decode(ids[:cut])
    assert text.startswith(part.rstrip("\ufffd")) or "\ufffd" in text


def test_half_a_character_shows_as_the_replacement_character():
    ids = GPT.encode("👩")
    assert len(ids) > 1
    assert "\ufffd" in GPT.decode(ids[:-1])


@pytest.mark.parametrize("build", KINDS)
def test_prompt_and_continuation_of_a_tokenizer_decode_to_the_whole_text(build):
    vocab = HFVocab(build(eos_token="</s>"))
    assert vocab.separator == " "
    for proverb in PROVERBS[:50]:
        head, rest = proverb.split(" ", 1)
        continuation = vocab.encode(vocab.separator + rest)
        assert vocab.decode(vocab.encode(head) + continuation) == proverb
        assert vocab.decode(continuation).removeprefix(" ") == rest


def test_a_tokenizer_without_padding_is_padded_with_its_end_token():
    assert GPT.pad_id == GPT.eos_id == 0
    assert GPT.control_ids == ()
    vocab = HFVocab(byte_level(bos_token="<s>", eos_token="</s>"))
    assert vocab.pad_id == vocab.eos_id != vocab.bos_id


def test_special_tokens_but_the_end_are_control_tokens_and_are_not_shown():
    tokenizer = byte_level(eos_token="</s>", pad_token="<pad>", bos_token="<s>")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|user|>"]})
    tokenizer.add_tokens(["plain"])
    vocab = HFVocab(tokenizer)
    control = tokenizer.convert_tokens_to_ids(["<pad>", "<s>", "<|user|>"])
    assert {*vocab.control_ids} == {*control}
    assert vocab.pad_id == control[0] and vocab.bos_id == control[1]
    assert len(vocab) == len(tokenizer)
    ids = vocab.encode("plain text")
    assert vocab.decode([*control, *ids, vocab.eos_id]) == "plain text"


def test_a_tokenizer_without_an_end_has_no_end_token():
    vocab = HFVocab(byte_level())
    assert vocab.eos_id is None
    assert vocab.decode(vocab.encode("one two")) == "one two"
    assert HFVocab(byte_level(pad_token="<pad>")).control_ids == (0,)


def test_an_unknown_word_is_unk_and_stays_visible():
    vocab = HFVocab(word_level(eos_token="</s>"))
    ids = vocab.encode("A xyzzy bird")
    assert ids[1] == vocab.unk_id and vocab.unk_id in vocab.control_ids
    assert vocab.decode(ids) == "A <unk> bird"


def test_no_space_before_punctuation_is_cleaned_up():
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1, ",": 2}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, clean_up_tokenization_spaces=True)
    vocab = HFVocab(wrapped)
    assert vocab.decode(vocab.encode("a , a")) == "a , a"


def test_a_number_that_stands_for_no_token_is_never_legal():
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1, "b": 4}, unk_token="<unk>"))
    vocab = HFVocab(PreTrainedTokenizerFast(tokenizer_object=tokenizer))
    assert len(vocab) == 5
    assert vocab.control_ids == (2, 3)


@pytest.mark.parametrize("build", KINDS)
def test_a_tokenizer_loads_from_its_folder_and_survives_pickle_and_deepcopy(build, tmp_path):
    build(eos_token="</s>").save_pretrained(tmp_path)
    vocab = build_vocab(str(tmp_path), [])
    assert isinstance(vocab, HFVocab) and isinstance(vocab, Vocab)
    ids = vocab.encode("A bird in the hand")
    for other in (
        build_vocab(tmp_path, []),
        pickle.loads(pickle.dumps(vocab)),
        copy.deepcopy(vocab),
    ):
        assert other.encode("A bird in the hand") == ids
        assert (other.eos_id, other.separator) == (vocab.eos_id, vocab.separator)


class Sayings:
    """Ten proverbs in any vocabulary."""

    def __init__(self, vocab):
        self.vocab = vocab

    def __len__(self):
        return 10

    def __getitem__(self, index):
        head, rest = PROVERBS[:10][index].split(" ", 1)
        return Example(head, (rest,))


@pytest.mark.parametrize("build", KINDS)
def test_a_task_in_a_tokenizers_tokens_conforms(build):
    check_task(Sayings(HFVocab(build(eos_token="</s>"))))
