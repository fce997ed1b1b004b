"""Files of npm packages, of a version that is pinned by its hash."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

from tqdm import tqdm

from colorizer.common.errors import UserError

REGISTRY = "https://registry.npmjs.org/"
# What npm itself takes another registry from.
REGISTRY_VARIABLE = "npm_config_registry"
TIMEOUT_S = 60
BLOCK = 1 << 18


@dataclass(frozen=True)
class NpmPackage:
    """A package of one version.

    Attributes
    ----------
    name, version : str
        As in ``package.json``.
    integrity : str
        The hash of its archive, as in ``package-lock.json``: ``sha512-`` and base 64.
    """

    name: str
    version: str
    integrity: str

    @property
    def url(self) -> str:
        """Where its archive is."""
        registry = os.environ.get(REGISTRY_VARIABLE) or REGISTRY
        return f"{registry.rstrip('/')}/{self.name}/-/{self.name}-{self.version}.tgz"


def download_files(package: NpmPackage, paths: Sequence[str]) -> dict[str, bytes]:
    """Download a package and return files of it.

    Parameters
    ----------
    package : NpmPackage
        The package.
    paths : sequence of str
        Within it, such as ``dist/ort.min.js``.

    Raises
    ------
    UserError
        If it cannot be downloaded, or is not the one that is pinned.
    """
    archive = _download(package.url)
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode("ascii")
    if f"sha512-{digest}" != package.integrity:
        raise UserError(
            f"{package.url} is not {package.name} {package.version} as it was published: its "
            f"SHA-512 is {digest}, expected {package.integrity.partition('-')[2]}"
        )
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return {path: _read(files, f"package/{path}") for path in paths}


def _read(files: tarfile.TarFile, path: str) -> bytes:
    file = files.extractfile(path)
    assert file is not None, f"{path} is no file"
    return file.read()


def _download(url: str) -> bytes:
    content = io.BytesIO()
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310  only https
            total = int(answer.headers.get("content-length") or 0) or None
            name = url.rpartition("/")[2]
            with tqdm(total=total, unit="B", unit_scale=True, desc=name) as bar:
                while block := answer.read(BLOCK):
                    content.write(block)
                    bar.update(len(block))
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise UserError(
            f"{url} cannot be downloaded: {reason}; check the connection, or name a folder that "
            "has its files: --runtime FOLDER"
        ) from error
    return content.getvalue()
