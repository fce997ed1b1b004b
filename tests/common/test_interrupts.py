from __future__ import annotations

import os
import signal

import pytest

from colorizer.common.interrupts import SIGNALS, ignore_interrupts, raise_on_interrupts

pytestmark = pytest.mark.usefixtures("signal_handlers")


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
