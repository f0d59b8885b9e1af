"""A tiny task whose optimum is known: answer with the word that the prompt names."""

from dataclasses import dataclass

import numpy as np

from textgym.env import TextGenEnv
from textgym.scoring import Scorer
from textgym.types import Example
from textgym.vocab import WordVocab

WORDS = ("red", "green", "blue")


class Echo:
    """``say red`` is to be answered by ``red``."""

    max_new_tokens = 2

    def __init__(self):
        self.vocab = WordVocab([" say", *(f" {word}" for word in WORDS)])

    def __len__(self):
        return len(WORDS)

    def __getitem__(self, index):
        return Example(f"say {WORDS[index]}", (WORDS[index],))


@dataclass(frozen=True, repr=False)
class FirstWord(Scorer):
    """1 where the text begins with the reference."""

    needs_references = True

    def score(self, texts, examples):
        return [
            float(text.split(" ")[0] == example.references[0])
            for text, example in zip(texts, examples, strict=True)
        ]


def tiny_env(**kwargs):
    return TextGenEnv(Echo(), FirstWord(), **kwargs)


def exact_value(policy, episodes):
    """The expected score of a policy on ``Echo``, by enumeration, as a differentiable scalar."""
    import torch

    total = torch.zeros(())
    for index, prompt in enumerate(episodes.prompts):
        first = policy(torch.tensor([prompt]))[0, -1].softmax(-1)
        total = total + first[episodes.vocab.encode(WORDS[index])[0]]
    return total / len(episodes.prompts)


ROWS = np.arange(len(WORDS))
