"""The assertions of the kit: each message names what was checked, got and expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

SAME = 1e-6  # a neural scorer's rounding differs from batch to batch


def true(condition: bool, message: str) -> None:
    """``condition`` holds."""
    if not condition:
        raise AssertionError(f"{message}.")


def same(got: Any, wanted: Any, what: str) -> None:
    """``got`` equals ``wanted``."""
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, expected {wanted!r}.")


def near(got: Any, wanted: Any, what: str) -> None:
    """Arrays are equal but for rounding."""
    if not np.allclose(got, wanted, rtol=0, atol=SAME):
        raise AssertionError(f"{what}: got {np.asarray(got)}, expected {np.asarray(wanted)}.")


def raises(error: type[Exception], call: Callable[[], Any], what: str) -> None:
    """``call`` raises ``error``."""
    try:
        call()
    except error:
        return
    except Exception as other:
        raise AssertionError(f"{what} raised {other!r} instead of {error.__name__}.") from other
    raise AssertionError(f"{what} was accepted; {error.__name__} was expected.")
