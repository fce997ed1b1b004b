"""Run functions on all cores of this machine, or on an existing Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from colorizer.common.cores import usable_cores
from colorizer.common.dask_pool import DaskPool, connected
from colorizer.common.errors import UserError

T = TypeVar("T")


class Pool(Protocol):
    """Workers, on this machine or elsewhere."""

    def cores(self) -> int:
        """Return how many tasks run at once."""

    def share(self, value: object) -> Any:
        """Return what stands for ``value`` in the ``shared`` argument of :meth:`run`."""

    def run(
        self,
        function: Callable[..., T],
        tasks: Iterable[tuple[Any, ...]],
        shared: Sequence[Any] = (),
    ) -> Generator[T]:
        """Yield ``function(*shared, *arguments)`` for each tuple of arguments, in order.

        A task may run more than once, even at the same time, if a worker was given up too early.
        Once the iterator has ended, even with an error, no task is running. Shared values go to a
        worker once, not with every task.
        """


@contextmanager
def workers(scheduler: str, name: str) -> Iterator[Pool]:
    """Yield this machine's cores or those of a cluster.

    Parameters
    ----------
    scheduler : str
        "" for processes on this machine (joblib's loky), or the address of a Dask scheduler,
        such as ``tcp://host:8786``.
    name : str
        The parameter that ``scheduler`` comes from, for messages.

    Raises
    ------
    UserError
        If dask is not installed, no scheduler answers, there is no worker, a worker has other
        software than this machine, or too many workers die.
    """
    if not scheduler:
        yield _Processes()
        return
    with connected(scheduler, name) as client:
        yield DaskPool(client, f"the Dask cluster at {scheduler} ({name})")


class _Processes:
    """This machine's cores, through joblib's loky; see :class:`Pool`."""

    def cores(self) -> int:
        return usable_cores()

    def share(self, value: object) -> Any:
        return value

    def run(
        self,
        function: Callable[..., T],
        tasks: Iterable[tuple[Any, ...]],
        shared: Sequence[Any] = (),
    ) -> Generator[T]:
        pool = Parallel(n_jobs=-1, backend="loky", return_as="generator", batch_size=1)
        try:
            yield from pool(delayed(function)(*shared, *arguments) for arguments in tasks)
        except TerminatedWorkerError as error:
            raise UserError(
                "a worker process was killed, most often because memory ran out; run again, with "
                "fewer other programs or a smaller prepare.max_megapixels"
            ) from error
