"""Experiments as the user types them: run, queue, show and compare."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import REPOSITORY, Clone

QUEUE_TIMEOUT_S = 1200  # as for any command


def kept(clone: Clone) -> tuple[str, str]:
    """Return two files that an experiment changes where it runs."""
    return clone.read("params.yaml"), clone.read("metrics/predict.json")


@pytest.fixture(scope="module")
def queued(clone: Clone) -> bool:
    """Run the experiment ``ancestor`` from the queue; tell whether it left the clone alone."""
    before = kept(clone)
    clone.dvc("exp", "run", "--queue", "--name", "ancestor", "-S", "model=conv_ae")
    clone.dvc("queue", "start")
    limit = time.monotonic() + QUEUE_TIMEOUT_S
    while "Success" not in (status := clone.dvc("queue", "status")):
        assert "Failed" not in status, clone.run("dvc", "queue", "logs", "ancestor").stdout
        assert time.monotonic() < limit, status
        time.sleep(5)  # asking is most of the work
    clone.dvc("queue", "stop")
    return kept(clone) == before


@pytest.fixture(scope="module")
def experiments(clone: Clone, queued: bool) -> Clone:
    """Give the clone with the experiments ``longer`` and ``ancestor`` in it."""
    clone.dvc("exp", "run", "--name", "longer", "-S", "epochs=2")
    clone.run("git", "checkout", "--quiet", "--", ".")
    clone.dvc("checkout", "--quiet")
    return clone


@pytest.fixture(scope="module")
def shown(experiments: Clone) -> dict[str, Any]:
    """Give the parameters and metrics of every experiment by its name."""
    listed = json.loads(experiments.dvc("exp", "show", "--json"))
    return {
        revision["name"]: revision["data"]
        for state in listed
        for experiment in state["experiments"] or []
        for revision in experiment["revs"]
    }


def test_experiments_are_shown_with_parameters_and_metrics(shown: dict[str, Any]) -> None:
    assert shown["longer"]["params"]["params.yaml"]["data"]["epochs"] == 2
    assert shown["ancestor"]["params"]["params.yaml"]["data"]["model"] == "conv_ae"
    for name in ("longer", "ancestor"):
        assert shown[name]["metrics"]["metrics/evaluation.json"]["data"]["psnr"] > 5


def test_ancestor_is_the_network_of_eleven_million_parameters(shown: dict[str, Any]) -> None:
    metrics = shown["ancestor"]["metrics"]["metrics/train.json"]["data"]
    assert metrics["parameters"] == 11_021_570


def test_hints_are_for_networks_that_take_them(experiments: Clone) -> None:
    references = experiments.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").stdout
    for name, numbers in (("longer", ["0", "1", "5", "10", "50"]), ("ancestor", ["0"])):
        (reference,) = (line for line in references.split() if line.endswith(f"/{name}"))
        table = experiments.run("git", "show", f"{reference}:plots/hints.csv").stdout
        header, *rows = table.splitlines()
        assert header.split(",")[0] == "hints"
        assert [row.split(",")[0] for row in rows] == numbers


def test_experiments_tell_how_much_chroma_was_multiplied(shown: dict[str, Any]) -> None:
    for name in ("longer", "ancestor"):
        assert 0 <= shown[name]["metrics"]["metrics/predict.json"]["data"]["saturation"] <= 2


def test_metrics_diff_names_what_changed(experiments: Clone) -> None:
    diff = json.loads(experiments.dvc("metrics", "diff", "--json", "longer", "ancestor"))
    psnr = diff["metrics/evaluation.json"]["psnr"]
    assert psnr["old"] != psnr["new"]
    # The baselines need no network, so that no experiment changes them.
    assert "grey.psnr" not in diff["metrics/evaluation.json"]


def test_plots_show_has_every_plot(experiments: Clone, tmp_path: Path) -> None:
    experiments.dvc("plots", "show", "--out", str(tmp_path))
    page = (tmp_path / "index.html").read_text()
    for title in (
        "Loss on training",
        "PSNR against colourfulness",
        "PSNR of each test",
        "PSNR against the number of colour hints",
        "Mean PSNR of each category",
    ):
        assert title in page
    assert "worst.png" in page


def test_plots_diff_sets_two_experiments_side_by_side(experiments: Clone, tmp_path: Path) -> None:
    experiments.dvc("plots", "diff", "longer", "ancestor", "--out", str(tmp_path))
    page = (tmp_path / "index.html").read_text()
    for title in ("Loss on training", "PSNR of each test"):
        assert title in page
    panels = [path.name for path in tmp_path.rglob("*.png") if "predictions" in path.name]
    of_longer = {name.removeprefix("longer") for name in panels if name.startswith("longer")}
    of_ancestor = {name.removeprefix("ancestor") for name in panels if name.startswith("ancestor")}
    assert len(of_longer) == 4  # two of test, two of training
    assert of_longer == of_ancestor


def test_queued_experiments_run_in_a_copy(queued: bool) -> None:
    assert queued


def test_failed_experiments_are_undone(experiments: Clone) -> None:
    # iterative/dvc#8067: DVC writes params.yaml within the moment by which git tells changes.
    committed = experiments.read("params.yaml")
    for _ in range(2):
        failed = experiments.run("dvc", "exp", "run", "-S", "dataset=none", check=False)
        assert failed.returncode != 0
        assert "dataset must be one of " in failed.stderr
        assert experiments.read("params.yaml") != committed

        experiments.run("make", "restore")

        assert experiments.read("params.yaml") == committed
        assert not experiments.changed_stages()


def test_restoring_what_was_never_here_restores_the_parameters_alone(experiments: Clone) -> None:
    committed = experiments.read("params.yaml")
    experiments.write("params.yaml", committed.replace("epochs: 1", "epochs: 7"))
    experiments.dvc("config", "--local", "cache.dir", "another-machine")
    experiments.write("dvc.lock", experiments.read("dvc.lock") + "# a run of its own")
    own = experiments.read("dvc.lock")
    try:
        failed = experiments.run("make", "restore", check=False)
    finally:
        experiments.dvc("config", "--local", "--unset", "cache.dir")

    assert failed.returncode != 0
    assert "the committed run is not on this machine, data/raw for one" in failed.stderr
    assert experiments.read("params.yaml") == committed
    assert experiments.read("dvc.lock") == own

    experiments.run("make", "restore")
    assert not experiments.changed_stages()


def test_a_run_that_fails_late_keeps_what_it_has_made(experiments: Clone) -> None:
    failed = experiments.run(
        *("dvc", "exp", "run", "-S", "predict.saturation=0.5", "-S", "evaluate.ranked=0"),
        check=False,
    )
    assert failed.returncode != 0
    assert "evaluate.ranked must be a whole number >= 1, got 0" in failed.stderr

    experiments.write(
        "params.yaml", experiments.read("params.yaml").replace("ranked: 0", "ranked: 3")
    )
    again = experiments.dvc("repro")

    assert "Running stage 'evaluate'" in again
    assert "Running stage 'predict'" not in again
    assert experiments.json("metrics/predict.json")["saturation"] == 0.5
    experiments.run("make", "restore")


def test_table_of_experiments_fits_a_terminal_of_80_columns(experiments: Clone) -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (line,) = (line for line in readme.splitlines() if line.startswith("dvc exp show "))
    words = shlex.split(line, comments=True)

    table = experiments.run("env", "COLUMNS=80", *words).stdout

    assert max(map(len, table.splitlines())) <= 80
    assert all(name in table for name in ("longer", "ancestor", "epochs", "model", "psnr"))
