"""``params.yaml``: its top level is checked here, each block where it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from annotated_types import Ge, Lt

from colorizer.common.blocks import Block, ParamsError, Whole

PARAMS_FILE = Path("params.yaml")


class Params(Block):
    """The top level of ``params.yaml``; the comments there explain every parameter.

    Blocks are kept as the file has them, for the packages that own them to check:
    ``PrepareParams.parse(params.prepare)``. So a new network, source or stage adds its parameters
    in its own package.
    """

    seed: Annotated[Whole, Ge(0), Lt(2**63)]
    dataset: str
    model: str
    epochs: Annotated[Whole, Ge(1)]
    launcher: str
    fetch: dict[Any, Any]
    prepare: dict[Any, Any]
    train: dict[Any, Any]
    predict: dict[Any, Any]
    evaluate: dict[Any, Any]


def load_params(path: Path = PARAMS_FILE) -> Params:
    """Read ``params.yaml`` and check its top level.

    Raises
    ------
    ParamsError
        If the file is missing or is not a YAML mapping, if a key is unknown or missing, or if a
        value has the wrong type or is out of range.
    """
    try:
        with path.open(encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except FileNotFoundError:
        raise ParamsError(f"{path} not found: run from the repository's top folder") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: not UTF-8, or no such date
        message = " ".join(str(error).split())
        raise ParamsError(f"{path} is not valid YAML: {message}") from None
    return Params.parse(content)
