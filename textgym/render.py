"""What an episode looks like: as a string, on a terminal, as a picture."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from textgym.errors import MissingDependency, UnknownName

HEIGHT, WIDTH, FONT_SIZE, COLUMNS, LINES = 240, 640, 20, 58, 8
INK, FAINT, PAPER = (20, 20, 20), (120, 120, 120), (255, 255, 255)
# Format characters that reorder the text around them could make a log say another thing.
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Page:
    """One moment of an episode: what a person should see of it."""

    prompt: str
    text: str
    finish_reason: str = ""
    score: float = 0.0
    breakdown: dict[str, float] = field(default_factory=dict)

    @property
    def result(self) -> str:
        """The score and its parts once the text is finished, else an empty string."""
        if not self.finish_reason:
            return ""
        parts = ", ".join(f"{name} {value:.3f}" for name, value in self.breakdown.items())
        return f"score {self.score:.3f} ({parts}), finished by {self.finish_reason}"


def check_render_mode(mode: str | None, modes: Sequence[str]) -> str | None:
    """``mode``, if it is one of ``modes`` or None.

    Raises:
        UnknownName: It is not.
    """
    if mode is not None and mode not in modes:
        raise UnknownName("render mode", mode, modes)
    return mode


def escape(text: str) -> str:
    r"""``text`` with control, surrogate and reordering characters written as ``\u001b``."""
    return "".join(c if _printable(c) else f"\\u{ord(c):04x}" for c in text)


def to_ansi(page: Page) -> str:
    """The page as plain text: the prompt, the text after a bar, the score below."""
    return f"{escape(page.prompt)} | {escape(page.text)}\n{page.result}".rstrip("\n") + "\n"


class Typewriter:
    """Prints pages of one episode after another with rich, each token as it is written."""

    def __init__(self) -> None:
        """Has printed nothing."""
        self._shown, self._open = "", False

    def start(self, page: Page) -> None:
        """Prints the prompt, on a new line if the text before was left unfinished."""
        self._print("\n" * self._open + escape(page.prompt), "dim", end=" ")
        self._shown, self._open = "", True

    def show(self, page: Page) -> None:
        """Prints what ``page`` adds to the page before it, and the result at the end."""
        # U+FFFD at the end is a character of which the last bytes are still to come.
        text = page.text if page.finish_reason else page.text.rstrip("\ufffd")
        self._print(escape(text.removeprefix(self._shown)), "bold", end="")
        self._shown = text
        if page.result:
            self._print(f"\n{page.result}", "green", end="\n")
            self._open = False

    @staticmethod
    def _print(text: str, style: str, end: str) -> None:
        from rich.console import Console

        console = Console(highlight=False, soft_wrap=True, emoji=False)
        console.print(text, style=style, markup=False, end=end)


def draw(page: Page) -> npt.NDArray[np.uint8]:
    """The page as a picture, uint8[240, 640, 3].

    Raises:
        MissingDependency: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise MissingDependency("render_mode='rgb_array'", "pillow", "render") from error
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen, font = ImageDraw.Draw(image), _font()
    lines = [(line, FAINT) for line in textwrap.wrap(escape(page.prompt), COLUMNS)]
    lines += [(line, INK) for line in textwrap.wrap(escape(page.text), COLUMNS)]
    for row, (line, colour) in enumerate(lines[-LINES:]):
        pen.text((10, 8 + 24 * row), line, colour, font)
    pen.text((10, HEIGHT - 32), page.result, FAINT, font)
    return np.asarray(image, dtype=np.uint8)


@cache
def _font() -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(FONT_SIZE)


def _printable(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") and character not in BIDI
