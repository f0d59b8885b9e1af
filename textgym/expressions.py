"""Sums and products of named things as strings: ``"bleu + 0.3*length(12)"``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any


def evaluate(expression: str, create: Callable[..., Any]) -> Any:
    """The value of ``expression``, in which a name or a call stands for ``create(name, ...)``.

    Arguments are Python literals; ``+``, ``*``, numbers and brackets combine. Nothing else of
    Python is understood, and nothing is executed.

    Raises:
        SyntaxError, ValueError, TypeError: The expression is not of this form.
    """
    return _evaluate(ast.parse(expression.strip(), mode="eval").body, create)


def _evaluate(node: ast.expr, create: Callable[..., Any]) -> Any:
    match node:
        case ast.Name(id=name):
            return create(name)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            options = {str(k.arg): ast.literal_eval(k.value) for k in keywords}
            return create(name, *map(ast.literal_eval, args), **options)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _evaluate(left, create) + _evaluate(right, create)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _evaluate(left, create) * _evaluate(right, create)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand, create)
        case ast.Constant(value=int() | float() as number):
            return number
    raise ValueError(f"{ast.unparse(node)!r} is neither a name, a number, a sum nor a product")
