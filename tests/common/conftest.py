"""Clusters that the tests of a module share, and a gate for their tasks to wait at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster_helpers import DaskCluster, Gate, dask_cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskCluster]:
    with dask_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def sturdy() -> Iterator[DaskCluster]:
    """A cluster whose workers come back when they are killed."""
    # From a process that has imported Dask already.
    forked = {"DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver"}
    with dask_cluster(workers=0, environment=forked) as cluster:
        for _ in range(2):
            cluster.start_worker("--nanny")
        cluster.wait_for_workers()
        yield cluster


@pytest.fixture(scope="module")
def _bare() -> Iterator[DaskCluster]:
    with dask_cluster(workers=0) as cluster:
        yield cluster


@pytest.fixture
def bare(_bare: DaskCluster) -> Iterator[DaskCluster]:
    """A scheduler without workers; those that a test starts go when it ends."""
    yield _bare
    _bare.stop_workers()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    (tmp_path / "gate").mkdir()
    return Gate(tmp_path / "gate")
