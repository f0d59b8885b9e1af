"""What the token paths of scorers ask of a vocabulary whose tokens are strings."""

from __future__ import annotations

from collections.abc import Sequence

from textgym.types import Vocab


def joinable_pieces(vocab: Vocab) -> Sequence[str] | None:
    """The pieces whose concatenation is the text, up to white space at its start; or None."""
    return None if vocab.separator.strip() else vocab.pieces


def usable_ids(vocab: Vocab) -> list[int]:
    """The tokens that may stand in a text: neither its end nor padding nor control tokens."""
    never = {vocab.eos_id, vocab.pad_id, *vocab.control_ids}
    return [i for i in range(len(vocab)) if i not in never]
