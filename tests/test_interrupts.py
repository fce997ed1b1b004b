from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from colorizer.interrupts import SIGNALS, ignore_interrupts, raise_on_interrupts


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_signals_raise_once(number: int) -> None:
    raise_on_interrupts()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    for again in SIGNALS:
        os.kill(os.getpid(), again)


def test_ignored_signals_do_nothing() -> None:
    ignore_interrupts()
    for number in SIGNALS:
        os.kill(os.getpid(), number)
