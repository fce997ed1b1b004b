"""The page's visitors, told apart by keys that nobody can guess."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from colorizer.photo.colorist import PhotoColorist
from colorizer.web.limits import Limits, RefusedError
from colorizer.web.results import Results
from colorizer.web.visit import Visit

KEY_BYTES = 16


class GoneError(RefusedError):
    """The visitor is unknown: their visit has ended, or the server was started anew."""


class Visits:
    """All visitors whose photographs are kept.

    Parameters
    ----------
    folder : Path
        For their files; created here.
    colorist : PhotoColorist
        Colours their photographs.
    limits : Limits
        How many visitors there may be, how long they are remembered, and what each may upload.
    """

    def __init__(self, folder: Path, colorist: PhotoColorist, limits: Limits) -> None:
        self._folder, self._colorist, self.limits = folder, colorist, limits
        self._by_key: OrderedDict[str, tuple[Visit, Results]] = OrderedDict()
        folder.mkdir(mode=0o700)
        self._lock = Lock()
        self._worker = ThreadPoolExecutor(1)

    def open(self) -> str:
        """Welcome a visitor and return their key; if there are too many, drop the longest idle."""
        key = secrets.token_hex(KEY_BYTES)
        visit = Visit(self._folder / key, self._colorist, self.limits, self._worker)
        results = Results(visit, self._colorist, self.limits, self._worker)
        with self._lock:
            self._by_key[key] = visit, results
            too_many = len(self._by_key) - self.limits.visitors
            dropped = [self._by_key.popitem(last=False)[1] for _ in range(too_many)]
        for one in dropped:
            _close(*one)
        return key

    def __getitem__(self, key: str) -> tuple[Visit, Results]:
        """Return what a visitor works on, and notice that they are there.

        Raises
        ------
        GoneError
            If their visit has ended.
        """
        with self._lock:
            if key not in self._by_key:
                raise GoneError("The colorizer was started anew, or this page was idle too long.")
            self._by_key.move_to_end(key)
            found = self._by_key[key]
            found[0].last_sign = time.monotonic()
            return found

    def __len__(self) -> int:
        """Return the number of visitors."""
        return len(self._by_key)

    def close_idle(self) -> None:
        """Forget visitors of whom nothing was heard for as long as the limits say."""
        longest = time.monotonic() - self.limits.idle_s
        with self._lock:
            idle = [key for key, (one, _) in self._by_key.items() if one.last_sign < longest]
        for key in idle:
            self.close(key)

    def close(self, key: str) -> None:
        """Forget a visitor, and remove their files."""
        with self._lock:
            found = self._by_key.pop(key, None)
        if found:
            _close(*found)

    def shut_down(self) -> None:
        """Cancel all that visitors wait for, and return once nothing is being written."""
        with self._lock:
            everybody = list(self._by_key.values())
        for _, results in everybody:
            results.cancel_all()
        self._worker.shutdown(cancel_futures=True)


def _close(visit: Visit, results: Results) -> None:
    results.cancel_all()
    visit.close()
