"""The supervised warm start: maximum likelihood on the references."""
from typing import Any
def imitate(agent: Any, epochs: int, progress_bar: bool=False) -> None:
    raise NotImplementedError
