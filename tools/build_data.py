"""Makes ``austen.txt`` and ``chess.txt`` in ``textgym/tasks/data/`` from the packages they are in.

Run it again after a change of the rules below; the same packages give the same files::

    pip install rdata
    pip download --no-deps ocn-chess==1.2.1 && unzip ocn_chess-*.whl -d ocn
    apt-get download r-cran-janeaustenr && dpkg -x r-cran-janeaustenr_*.deb jane
    python tools/build_data.py --chess ocn/ocn/data/ocn-1.csv \
        --austen jane/usr/lib/R/site-library/janeaustenr/data

``proverbs.txt`` is written by hand.
"""

from __future__ import annotations

import argparse
import csv
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textgym.tasks._listed import split_of, stable_hash
from textgym.vocab import WordVocab

OUT = Path(__file__).parents[1] / "textgym" / "tasks" / "data"

# What the catalogue's notes say about the catalogue instead of the moves.
BOOKKEEPING = re.compile(
    r"lichess|transpos|prefix|catalog|canonical|source|long-tail|top-level|classified|docs/|[=~]"
    r"|\b(FEN|OCN|ECO|Q\d+|slug|rows?|nodes?|alias(es)?|parent|names?|named|labels?|see|sibling"
    r"|lookup|class [A-E])\b|\b[A-E]\.[A-Z][a-z]",
    re.IGNORECASE,
)
MOST_PLIES = 20
FEWEST_WORDS, MOST_PIECES = 4, 20

SENTENCE_WORDS = range(12, 21)
PROMPT_WORDS = 8
COMMON_WORDS = 4000  # sentences that use other words are left out
SENTENCES = 2700
SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\bMr\.)(?<!\bMrs\.)(?<!\bDr\.)(?<!\bSt\.)\s+(?=[A-Z\"])")
# No quotation marks, which would often stay open, no dashes, italics, figures or headings.
PLAIN = re.compile(
    r"(?!.*[A-Z]{2})[A-Z]"
    r"(?:[A-Za-z]|[,;:]? (?=[A-Za-z])|['-](?=[a-z])|(?<=\bMrs)\.|(?<=\bMr)\.)*"
    r"[.!?]"
)

Row = tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--chess", type=Path, help="ocn-1.csv of the package ocn-chess")
    parser.add_argument("--austen", type=Path, help="the folder data/ of the package janeaustenr")
    arguments = parser.parse_args()
    if arguments.chess:
        write("chess.txt", chess_lines(arguments.chess))
    if arguments.austen:
        write("austen.txt", austen_lines(arguments.austen))


def write(name: str, lines: list[str]) -> None:
    (OUT / name).write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")
    print(f"{name}: {len(lines)} lines, {(OUT / name).stat().st_size} bytes")


def chess_lines(table: Path) -> list[str]:
    """Moves and the notes on them, separated by tabs, one position a line."""
    notes: dict[str, list[str]] = {}
    with table.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            moves, note = row["moves_uci"], row["notes"].strip()
            if 0 < len(moves.split()) <= MOST_PLIES and is_explanation(note):
                notes.setdefault(moves, []).append(note)
    # The first note of a position decides its split; one that belongs elsewhere is dropped.
    positions = [
        (moves, *[note for note in found if split_of(note) == split_of(found[0])])
        for moves, found in sorted(notes.items())
    ]
    return joined(without_rare_words(positions, least=2))


def is_explanation(note: str) -> bool:
    long_enough = len(note.split()) >= FEWEST_WORDS
    one_line = "\n" not in note and len(WordVocab.split(note)) <= MOST_PIECES
    return long_enough and one_line and not BOOKKEEPING.search(note)


def austen_lines(folder: Path) -> list[str]:
    """First words and rest, separated by a tab, of sentences that use common words only."""
    found: dict[str, Row] = {}  # one sentence for each prompt
    for sentence in (s for novel in novels(folder) for s in sentences(novel)):
        prompt, reference = sentence.split()[:PROMPT_WORDS], sentence.split()[PROMPT_WORDS:]
        row = " ".join(prompt), " ".join(reference)
        found.setdefault(row[0].lower(), row)
    counts = Counter(piece for row in found.values() for piece in words(row))
    common = set(sorted(counts, key=lambda piece: (-counts[piece], piece))[:COMMON_WORDS])
    plain = [row for row in found.values() if words(row) <= common]
    chosen = set(sorted(plain, key=lambda row: stable_hash(row[0]))[:SENTENCES])
    return joined(without_rare_words([row for row in plain if row in chosen], least=1))


def sentences(lines: Iterable[str]) -> list[str]:
    """The plain sentences of a novel given line by line, paragraphs separated by empty lines."""
    paragraphs = re.split(r"\n\s*\n", "\n".join(lines))
    whole = (" ".join(paragraph.split()) for paragraph in paragraphs)
    found = (sentence for paragraph in whole for sentence in SENTENCE_END.split(paragraph))
    return [s for s in found if PLAIN.fullmatch(s) and len(s.split()) in SENTENCE_WORDS]


def novels(folder: Path) -> Iterable[list[str]]:
    """The lines of each novel, out of R's lazy-load database.

    The index ``.rdx`` is a compressed R object: name -> (offset, size) in ``.rdb``, where each
    object is its length in four bytes and then zlib data.
    """
    from rdata.conversion import convert
    from rdata.parser import parse_data

    def read(compressed: bytes) -> Any:
        either = zlib.MAX_WBITS | 32  # the index has a gzip header, the objects a zlib one
        return convert(parse_data(zlib.decompress(compressed, either), extension=".rds"))

    index = read((folder / "Rdata.rdx").read_bytes())["variables"]
    objects = (folder / "Rdata.rdb").read_bytes()
    for name in sorted(index):
        offset, size = map(int, index[name])
        yield [str(line) for line in read(objects[offset + 4 : offset + size])]


def without_rare_words(rows: list[Row], least: int) -> list[Row]:
    """The rows whose every word stands in at least ``least`` rows of the training split.

    A word that is never trained on can never be written. Leaving out a row makes other words
    rarer, so this goes on until nothing changes.
    """
    while True:
        train = (row for row in rows if split_of(row[1]) == "train")
        counts = Counter(piece for row in train for piece in words(row))
        kept = [row for row in rows if all(counts[piece] >= least for piece in words(row))]
        if len(kept) == len(rows):
            return rows
        rows = kept


def words(row: Row) -> set[str]:
    return {piece for text in row for piece in WordVocab.split(text)}


def joined(rows: list[Row]) -> list[str]:
    return ["\t".join(row) for row in rows]


if __name__ == "__main__":
    main()
