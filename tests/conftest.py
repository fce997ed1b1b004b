"""Paths of the repository, and fixtures for all unit tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from colorizer.common.interrupts import SIGNALS
from colorizer.common.params import Params, load_params
from colorizer.prepare.params import PrepareParams
from tests.data_helpers import save_photographs
from tests.prepare_helpers import make_raw, small_rules

# No test is timed: on a busy machine anything may take long.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

REPOSITORY = Path(__file__).resolve().parents[1]
PARAMS_FILE = REPOSITORY / "params.yaml"
SAMPLE = REPOSITORY / "data" / "sample"


@pytest.hookimpl(tryfirst=True)  # before xdist looks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests in one process that share what is slow to make, if there are several.

    That is what a file sets up, and for some files of tests/e2e the clone with its first run.
    """
    for item in items:
        shares_clone = "clone" in getattr(item, "fixturenames", ()) and "e2e" in item.path.parts
        group = "clone" if shares_clone else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


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
