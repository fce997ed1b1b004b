"""Downloads over http(s) and from Google Drive, with a progress bar."""

from __future__ import annotations

from pathlib import Path

import gdown
import requests
from tqdm import tqdm

from colorizer.errors import UserError

TIMEOUT_S = 30  # to connect, and between two packets
BLOCK = 1 << 16


def is_url(text: str) -> bool:
    """Tell whether ``text`` is an http or https address."""
    return text.lower().startswith(("http://", "https://"))


def download(url: str, target: Path) -> None:
    """Download ``url`` to the file ``target``.

    Raises
    ------
    UserError
        If the address cannot be reached, answers with an error, or breaks off.
    """
    try:
        with requests.get(url, stream=True, timeout=TIMEOUT_S) as response:
            response.raise_for_status()
            # What arrives may be unpacked on the way, and then no longer has this length.
            plain = "content-encoding" not in response.headers
            length = int(response.headers.get("content-length", 0)) if plain else 0
            with (
                target.open("wb") as file,
                tqdm(desc="download", total=length or None, unit="B", unit_scale=True) as bar,
            ):
                for block in response.iter_content(BLOCK):
                    file.write(block)
                    bar.update(len(block))
    except (requests.RequestException, ValueError) as error:
        raise UserError(
            f"cannot download {url}: {error}; check the address and the network, or download it "
            "by hand and set fetch.archive to the file's path"
        ) from error
    if length and target.stat().st_size != length:
        raise UserError(
            f"the download of {url} broke off: {target.stat().st_size} of {length} bytes came; "
            "run again"
        )


def download_from_drive(file_id: str, target: Path) -> None:
    """Download a shared file from Google Drive to the file ``target``.

    Raises
    ------
    UserError
        If Google Drive cannot be reached or does not give the file out.
    """
    advice = (
        f"open https://drive.google.com/uc?id={file_id} in a browser, download the archive by "
        "hand, then run with -S dataset=archive -S fetch.archive=PATH"
    )
    try:
        done = gdown.download(id=file_id, output=str(target), timeout=TIMEOUT_S)
    except Exception as error:  # gdown reads pages that Google changes at will
        reason = " ".join(str(error).split())  # gdown's messages run over many lines
        raise UserError(f"Google Drive does not give the file out: {reason}; {advice}") from error
    if done is None or not target.is_file():
        raise UserError(f"Google Drive does not give the file out; {advice}")
