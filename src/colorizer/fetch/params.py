"""What a source of photographs needs: the ``fetch`` block of ``params.yaml``, and places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt

from colorizer.common.blocks import Block


class FetchParams(Block):
    """Where photographs come from, and how far an archive is trusted.

    Attributes
    ----------
    folder : str
        The folder of ``dataset: folder``.
    archive : str
        The zip or tar of ``dataset: archive``: a path or an http(s) URL.
    sha256 : str
        The SHA-256 that the archive must have, in hexadecimal; empty for any.
    max_unpacked_gb : float
        The most that the photographs of an archive may unpack to, in 10^9 bytes; > 0.
    max_expansion : float
        The most that an archive or a zip entry may unpack to, as a multiple of its packed size;
        >= 1.
    """

    block_name: ClassVar[str] = "fetch"

    folder: str
    archive: str
    sha256: str
    max_unpacked_gb: Annotated[float, Gt(0)]
    max_expansion: Annotated[float, Ge(1)]


@dataclass(frozen=True)
class Places:
    """Where things are kept from one run to the next.

    Attributes
    ----------
    downloads : Path
        The folder for downloads that broke off.
    records : Path
        The JSON file with the checksum of every download.
    """

    downloads: Path
    records: Path
