"""Paths of the repository, and fixtures for all unit tests."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from colorizer.common.interrupts import SIGNALS
from colorizer.common.params import Params, load_params
from colorizer.prepare.params import PrepareParams
from tests import USUAL_GC_THRESHOLD
from tests.data_helpers import save_photographs
from tests.prepare_helpers import make_raw, small_rules

# No test is timed: on a busy machine anything may take long.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

REPOSITORY = Path(__file__).resolve().parents[1]
PARAMS_FILE = REPOSITORY / "params.yaml"
SAMPLE = REPOSITORY / "data" / "sample"


# The files of tests/e2e that look at one clone and its first run, which takes a minute.
OF_ONE_CLONE = ("test_experiments.py", "test_pipeline.py", "test_storage.py")


class BySetUp(LoadScopeScheduling):  # type: ignore[misc]
    """Keep tests in one process that share what is slow to set up: a file, or some of them."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        is_of_clone = "e2e/" in file and file.endswith(OF_ONE_CLONE)
        return "clone" if is_of_clone else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> BySetUp:
    """Choose the scheduler; ``--dist`` only says that there is one."""
    return BySetUp(config, log)


def pytest_collection_finish() -> None:
    """Look for garbage as usual from here on, but not in all that the modules have made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*USUAL_GC_THRESHOLD)


@pytest.fixture(scope="session")
def params() -> Params:
    """The parameters as shipped."""
    return load_params(PARAMS_FILE)


@pytest.fixture(scope="module")
def rules(params: Params) -> PrepareParams:
    """Rules to prepare ``raw`` by."""
    return small_rules(params)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fetched folder of good and bad photographs, two of them copies of others."""
    return make_raw(tmp_path_factory.mktemp("raw"))


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """A folder of six colourful JPEGs in two categories: hills and towns."""
    folder = tmp_path / "photographs"
    save_photographs(folder, 6)
    return folder


@pytest.fixture
def signal_handlers() -> Iterator[None]:
    """Let the test change what SIGINT and SIGTERM do; afterwards they do what they did before."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
