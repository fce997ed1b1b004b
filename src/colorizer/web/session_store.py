"""The page's visitors, told apart by keys that nobody can guess."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from colorizer.photo.colorist import PhotoColorist
from colorizer.web.limits import Limits, RefusedError
from colorizer.web.session import Session

KEY_BYTES = 16


class Sessions:
    """All visitors whose photographs are kept.

    Parameters
    ----------
    folder : Path
        For their files; created here.
    colorist : PhotoColorist
        Colours their photographs.
    limits : Limits
        How many visitors there may be, and what each may upload.
    """

    def __init__(self, folder: Path, colorist: PhotoColorist, limits: Limits) -> None:
        self._folder, self._colorist, self.limits = folder, colorist, limits
        self._by_key: OrderedDict[str, Session] = OrderedDict()
        folder.mkdir(mode=0o700)
        self._lock = Lock()
        self._worker = ThreadPoolExecutor(1)

    def open(self) -> str:
        """Welcome a visitor and return their key; if there are too many, drop the longest idle."""
        key = secrets.token_hex(KEY_BYTES)
        session = Session(self._folder / key, self._colorist, self.limits, self._worker)
        with self._lock:
            self._by_key[key] = session
            too_many = len(self._by_key) > self.limits.visitors
            oldest = self._by_key.popitem(last=False)[1] if too_many else None
        if oldest:
            oldest.close()
        return key

    def __getitem__(self, key: str) -> Session:
        """Return a visitor's session.

        Raises
        ------
        RefusedError
            If it has ended.
        """
        with self._lock:
            if key not in self._by_key:
                raise RefusedError("This page was idle for too long: please load it again.")
            self._by_key.move_to_end(key)
            return self._by_key[key]

    def __len__(self) -> int:
        """Return the number of visitors."""
        return len(self._by_key)

    def close(self, key: str) -> None:
        """Forget a visitor who has left, and remove their files."""
        with self._lock:
            session = self._by_key.pop(key, None)
        if session:
            session.close()
