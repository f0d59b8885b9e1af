"""One registry for tasks, scorers and agents: a name is a file stem or an entry point.

``textgym/tasks/chess.py`` holds ``class Chess`` and is the task ``"chess"``; there is no list to
edit. A package elsewhere adds a name by an entry point in the same group::

    [project.entry-points."textgym.scorers"]
    vowels = "my_package.vowels:Vowels"

Nothing is imported before it is asked for.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from textgym.errors import UnknownArgument, UnknownCall, UnknownName


class Registry:
    """The classes found in a package's modules and under an entry-point group."""

    def __init__(self, package: str, group: str, exclude: tuple[str, ...] = ()) -> None:
        """Remembers where to look.

        Args:
            package: Dotted name of the package whose modules hold one class each.
            group: Entry-point group through which other packages add names.
            exclude: Modules of the package that hold no such class.
        """
        self.package, self.group, self.exclude = package, group, exclude
        self.kind = group.rpartition(".")[2].removesuffix("s")

    def names(self) -> list[str]:
        """Every name, sorted, with no module imported."""
        return sorted({*self._stems(), *self._entry_points()})

    def load(self, name: str) -> type[Any]:
        """The class called ``name``.

        Raises:
            UnknownName: There is none; the message lists the valid names.
        """
        if name in self._stems():
            return self._class_in(name)
        found = self._entry_points().get(name)
        if found is None:
            raise UnknownName(self.kind, name, self.names())
        loaded: type[Any] = found.load()
        return loaded

    def create(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """An instance of the class called ``name``.

        Raises:
            UnknownArgument: A keyword the class does not take; the message lists the valid ones.
        """
        cls = self.load(name)
        parameters = inspect.signature(cls).parameters
        open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        unknown = [] if open_ended else [key for key in kwargs if key not in parameters]
        if unknown:
            raise UnknownArgument(f"argument of {self.kind} {name!r}:", unknown[0], parameters)
        return cls(*args, **kwargs)

    def attribute(self, name: str) -> type[Any]:
        """A package's ``__getattr__``: ``from textgym.scorers import BLEU`` imports one file."""
        for stem in self._stems():
            if name[:1].isupper() and stem.replace("_", "") == name.lower():
                return self._class_in(stem)
        raise AttributeError(f"module {self.package!r} has no attribute {name!r}")

    def classes(self) -> list[str]:
        """The class names of the package's own modules (imports them)."""
        return [self._class_in(stem).__name__ for stem in self._stems()]

    def _stems(self) -> list[str]:
        path = importlib.import_module(self.package).__path__
        stems = (module.name for module in pkgutil.iter_modules(path) if not module.ispkg)
        return [s for s in stems if not s.startswith("_") and s not in self.exclude]

    def _entry_points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.group)}

    def _class_in(self, stem: str) -> type[Any]:
        module = importlib.import_module(f"{self.package}.{stem}")
        for name, value in vars(module).items():
            if inspect.isclass(value) and name.lower() == stem.replace("_", ""):
                return value
        raise TypeError(f"{module.__file__} must define a class named like its file, {stem!r}")


def parse_call(expression: str) -> tuple[str, list[Any], dict[str, Any]]:
    """Splits ``"proverbs(size=80)"`` into name, arguments and keywords; nothing is executed.

    Raises:
        UnknownCall: The expression is neither a name nor a call with literal arguments.
    """
    try:
        match ast.parse(expression.strip(), mode="eval").body:
            case ast.Name(id=name):
                return name, [], {}
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                options = {str(k.arg): ast.literal_eval(k.value) for k in keywords}
                return name, [ast.literal_eval(arg) for arg in args], options
    except (SyntaxError, ValueError):
        pass
    raise UnknownCall(f"Cannot read {expression!r}; write a name or, say, 'proverbs(size=80)'.")
