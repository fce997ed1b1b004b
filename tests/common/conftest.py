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
    with dask_cluster(workers=0) as cluster:
        for _ in range(2):
            cluster.start_worker("--nanny")
        cluster.wait_for_workers()
        yield cluster


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    (tmp_path / "gate").mkdir()
    return Gate(tmp_path / "gate")
