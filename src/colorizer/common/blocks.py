"""Blocks of ``params.yaml``: every value is checked, and one line names a mistake by its key."""

from __future__ import annotations

import difflib
import math
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, Self, Union, get_args, get_origin

import annotated_types
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from colorizer.common.errors import UserError

TYPE_NAMES = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
BOUNDS = {
    annotated_types.Gt: (">", "gt"),
    annotated_types.Ge: (">=", "ge"),
    annotated_types.Lt: ("<", "lt"),
    annotated_types.Le: ("<=", "le"),
}


class ParamsError(UserError):
    """A parameter that is unknown, missing, of the wrong type or out of range."""


def _require_float_range(value: int) -> int:
    if abs(value) > sys.float_info.max:
        raise ValueError("beyond every float")
    return value


# A whole number within the range of a float.
Whole = Annotated[int, AfterValidator(_require_float_range)]
# A probability.
Chance = Annotated[float, annotated_types.Ge(0), annotated_types.Le(1)]


class Block(BaseModel):
    """A block of ``params.yaml``; subclasses list its parameters as pydantic fields.

    Defaults serve commands that run without a ``params.yaml``. The file itself must name every
    parameter whose default is not None, or DVC would not see it.

    Attributes
    ----------
    block_name : str
        The block's name in ``params.yaml``, such as ``prepare``; empty at the top level.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)
    block_name: ClassVar[str] = ""

    @classmethod
    def parse(cls, content: object, name: str | None = None) -> Self:
        """Check the content of ``params.yaml``.

        Parameters
        ----------
        content : object
            A mapping from parameter names to values.
        name : str or None
            The block's name in the file, if not ``block_name``.

        Raises
        ------
        ParamsError
            If a key is unknown or missing, or a value has the wrong type or is out of range.
        """
        prefix = cls.block_name if name is None else name
        try:
            block = cls.model_validate(content)
        except ValidationError as error:
            raise ParamsError(_explain(cls, error, prefix)) from None
        for key, field in cls.model_fields.items():
            if key not in block.model_fields_set and field.default is not None:
                raise ParamsError(_missing(_joined([prefix, key])))
        return block

    def replace(self, **changes: object) -> Self:
        """Return a copy with some values changed, checked like those in the file.

        Raises
        ------
        ParamsError
            If a value has the wrong type or is out of range.
        """
        return self.parse({**dict(self), **changes})


def choose(value: str, choices: Iterable[str], name: str) -> str:
    """Return ``value`` if it is one of ``choices``.

    Raises
    ------
    ParamsError
        If it is not; the message names the parameter, ``name``.
    """
    choices = list(choices)
    if value not in choices:
        raise ParamsError(f"{name} must be one of {', '.join(choices)}, got {_shown(value)}")
    return value


def unknown(name: str, key: object, known: Iterable[str]) -> ParamsError:
    """Return the error for an unknown ``key`` in the block ``name``."""
    near = difflib.get_close_matches(str(key), known, n=1, cutoff=0)
    return ParamsError(
        f"unknown parameter {_joined([name, key])}; "
        f"the nearest known one is {_joined([name, near[0]])}"
    )


def _explain(cls: type[Block], error: ValidationError, prefix: str) -> str:
    """Return one line about the first mistake; unknown keys come before missing ones."""
    mistakes = error.errors(include_url=False)
    mistake = min(mistakes, key=lambda one: one["type"] not in ("extra_forbidden", "invalid_key"))
    block, keys, field = cls, [prefix], None
    for key in mistake["loc"]:
        field = block.model_fields.get(str(key))
        if field is None:
            return str(unknown(_joined(keys), key, block.model_fields))
        keys.append(str(key))
        inner = next(_blocks_in(field.annotation), None)
        if inner is None:
            break
        block = inner
    name, value = _joined(keys), mistake["input"]
    if mistake["type"] == "missing":
        return _missing(name)
    if mistake["type"] in ("model_type", "dict_type"):
        where = name or "params.yaml"
        return f"{where} must be a block of 'key: value' lines, got {_shown(value)}"
    if field is None:  # values that do not go together
        return str(mistake["ctx"]["error"])
    return f"{name} must be {_wanted(field)}, got {_shown(value)}{_hint(value, field)}"


def _wanted(field: FieldInfo) -> str:
    numbers: list[str] = []
    words: list[str] = []
    for kind, metadata in _kinds_of(field):
        if get_origin(kind) is Literal:
            words += get_args(kind)
        else:
            limits = [
                f"{sign} {getattr(bound, attribute):g}"
                for bound in metadata
                for sign, attribute in [BOUNDS.get(type(bound), ("", ""))]
                if sign
            ]
            numbers.append(f"{TYPE_NAMES[kind]} {' and '.join(limits)}".strip())
    return " or ".join([*numbers, *words]) if numbers else "one of " + ", ".join(words)


def _kinds_of(field: FieldInfo) -> Iterator[tuple[Any, list[Any]]]:
    """Yield the types that a field may have, each with its bounds."""
    is_union = get_origin(field.annotation) in (Union, UnionType)
    for kind in get_args(field.annotation) if is_union else (field.annotation,):
        metadata = list(field.metadata)
        if get_origin(kind) is Annotated:
            kind, *inner = get_args(kind)
            for item in inner:
                metadata += item.metadata if isinstance(item, FieldInfo) else [item]
        yield kind, metadata


def _blocks_in(annotation: Any) -> Iterator[type[Block]]:
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, Block):
            yield kind


def _hint(value: object, field: FieldInfo) -> str:
    """Say how YAML would write a number, if ``value`` is text that means one."""
    kinds = {kind for kind, _ in _kinds_of(field)} & {int, float}
    if not isinstance(value, str) or not kinds:
        return ""
    try:
        number = float(value)
    except ValueError:
        return ""
    if not math.isfinite(number) or (int in kinds and not number.is_integer()):
        return ""
    return f" (text: YAML wants {Decimal(repr(number)).normalize():f})"


def _missing(name: str) -> str:
    return f"parameter {name} is missing from params.yaml"


def _joined(keys: Iterable[object]) -> str:
    return ".".join(str(key) for key in keys if key != "")


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)
