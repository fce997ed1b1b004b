"""Prepare and predict on a real Dask cluster: the same bits as on this machine, come what may."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import numpy as np
import pytest
import torch

from colorizer.common import dask_pool
from colorizer.common.errors import UserError
from colorizer.common.params import Params
from colorizer.inference.cluster import open_colorizer
from colorizer.inference.params import PredictParams
from colorizer.networks.checkpoint import save_checkpoint
from colorizer.networks.registry import build
from colorizer.prepare.params import PrepareParams
from colorizer.prepare.pipeline import prepare
from colorizer.prepare.worker import examine
from tests.cluster_helpers import DaskCluster, Gate, dask_cluster, kill, meanwhile
from tests.data_helpers import tree
from tests.e2e.s3_server import S3Server, s3_server
from tests.network_helpers import noise, repeatable, vividness_of

SEED = 7
NETWORKS = ("unet", "simple_ae")


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(scope="module")
def cluster(server: S3Server) -> Iterator[DaskCluster]:
    """A cluster whose workers have the keys of the S3 server."""
    with dask_cluster(environment=server.environment) as cluster:
        yield cluster


@pytest.fixture
def keys(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give this process the keys of the S3 server."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    files = fsspec.get_filesystem_class("s3")
    files.clear_instance_cache()
    yield
    files.clear_instance_cache()


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A gate before the first photographs of every worker; every photograph is a task."""
    (tmp_path / "gate").mkdir()
    gate = Gate(tmp_path / "gate")
    monkeypatch.setattr("colorizer.prepare.driver.TASK_PHOTOGRAPHS", 1)
    monkeypatch.setattr("colorizer.prepare.driver.examine", gate.before(examine))
    return gate


@pytest.fixture(scope="module")
def expected(
    raw: Path, rules: PrepareParams, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """Every file that this machine's own cores make."""
    folder = tmp_path_factory.mktemp("data") / "prepared"
    prepare(raw, rules, folder)
    return tree(folder)


def made(raw: Path, rules: PrepareParams, folder: Path) -> dict[str, bytes]:
    """Prepare, and return every file of the folder around the target."""
    prepare(raw, rules, folder / "prepared")
    return tree(folder)


def below(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def test_cluster_that_shares_the_disk_makes_the_same(
    raw: Path,
    rules: PrepareParams,
    expected: dict[str, bytes],
    cluster: DaskCluster,
    tmp_path: Path,
) -> None:
    found = made(raw, rules.replace(scheduler=cluster.address), tmp_path)

    assert found == below("prepared", expected)


def test_cluster_that_shares_a_folder_makes_the_same(
    raw: Path,
    rules: PrepareParams,
    expected: dict[str, bytes],
    cluster: DaskCluster,
    tmp_path: Path,
) -> None:
    elsewhere = tmp_path / "shared"
    rules = rules.replace(scheduler=cluster.address, workspace=str(elsewhere))

    found = made(raw, rules, tmp_path / "data")

    assert found == below("prepared", expected)
    assert [path.name for path in elsewhere.iterdir()] == ["photographs"]


@pytest.mark.usefixtures("keys")
def test_cluster_that_shares_a_bucket_makes_the_same_in_two_runs_at_once(
    raw: Path,
    rules: PrepareParams,
    expected: dict[str, bytes],
    cluster: DaskCluster,
    server: S3Server,
    tmp_path: Path,
) -> None:
    rules = rules.replace(scheduler=cluster.address, workspace=f"{server.url}/shared")
    with ThreadPoolExecutor() as threads:
        runs = [threads.submit(made, raw, rules, tmp_path / name) for name in ("one", "other")]
        found = [run.result() for run in runs]

    assert found == [below("prepared", expected)] * 2
    assert {key.rpartition("/")[0] for key in server.keys("shared")} == {"shared/photographs"}


@pytest.mark.usefixtures("keys")
def test_bucket_that_is_not_there_is_not_made(
    raw: Path, rules: PrepareParams, server: S3Server, tmp_path: Path
) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match="s3://typo/x cannot be written to: The specified b"):
            made(raw, rules.replace(workspace="s3://typo/x"), tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("keys")
def test_worker_without_keys_is_told(
    raw: Path, rules: PrepareParams, server: S3Server, tmp_path: Path
) -> None:
    no_keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    with dask_cluster(workers=1, environment=server.environment | no_keys) as keyless:
        rules = rules.replace(scheduler=keyless.address, workspace=f"{server.url}/secret")
        with pytest.raises(UserError) as raised:
            made(raw, rules, tmp_path)

    assert "cannot be used on " in str(raised.value)
    assert "Unable to locate credentials; every worker needs the same " in str(raised.value)
    assert list(tmp_path.iterdir()) == []
    assert {key.rpartition("/")[0] for key in server.keys("secret")} == {"secret/photographs"}


def test_worker_that_is_killed_half_way_changes_nothing(
    raw: Path, rules: PrepareParams, expected: dict[str, bytes], gate: Gate, tmp_path: Path
) -> None:
    with dask_cluster() as cluster:

        def kill_one() -> None:
            gate.wait_for(2)
            kill(cluster.processes[-1])
            gate.open()

        with meanwhile(kill_one):
            found = made(raw, rules.replace(scheduler=cluster.address), tmp_path / "data")

    assert found == below("prepared", expected)


def test_nothing_half_done_stays_when_all_workers_are_killed(
    raw: Path,
    rules: PrepareParams,
    gate: Gate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with dask_cluster() as cluster:

        def kill_all() -> None:
            gate.wait_for(2)
            monkeypatch.setattr(dask_pool, "WORKER_S", 0.2)
            monkeypatch.setattr(dask_pool, "POLL_S", 0.1)
            for process in cluster.processes[1:]:
                kill(process)

        rules = rules.replace(scheduler=cluster.address)
        with pytest.raises(UserError) as raised, meanwhile(kill_all):
            made(raw, rules, tmp_path / "data")

    assert str(raised.value) == (
        f"the Dask cluster at {cluster.address} (prepare.scheduler) has lost all its workers, and "
        "none came back within 0.2 seconds; look at what they printed last, start some and run "
        "again"
    )
    assert tree(tmp_path / "data") == {}
    assert list((tmp_path / "data").iterdir()) == []


@pytest.fixture(scope="module", params=NETWORKS)
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose every layer does something to the colours."""
    path = tmp_path_factory.mktemp("checkpoints") / "data" / "checkpoints" / "model.safetensors"
    with repeatable(SEED):
        model = build(request.param)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.01 * torch.randn(parameter.shape))
        model.scale.fill_(1.5)
    save_checkpoint(path, request.param, 32, model.state_dict(), vividness_of())
    return path


@pytest.fixture
def predict(params: Params) -> PredictParams:
    return PredictParams.parse(params.predict).replace(device="cpu", batch_size=2)


def test_cluster_predicts_the_same(
    checkpoint: Path, predict: PredictParams, cluster: DaskCluster
) -> None:
    photographs = noise(7, 64)
    found = []
    for scheduler in ("", cluster.address):
        params = predict.replace(scheduler=scheduler)
        with repeatable(SEED), open_colorizer(checkpoint, params, SEED, 1.5) as colorize:
            found.append(np.array([*colorize(photographs), *colorize(photographs[:1])]))

    np.testing.assert_array_equal(found[1], found[0])
    assert (found[0][:7] != photographs).any()
