"""A study's cells on the workers of a Dask cluster."""

import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from typing import Any

from skdropout.studies._errors import StudyError
from skdropout.studies.running._cells import Cell, Tables


def computed_on_cluster(
    address: str,
    jobs: int,
    compute: Callable[..., tuple[Cell, Tables]],
    cells: Sequence[Cell],
    data: tuple[Any, ...],
) -> Generator[tuple[Cell, Tables], None, None]:
    """Give the results of ``compute(cell, data=data)`` as they become ready.

    The data are the result of a task: each worker fetches them once, and where they are lost with
    a worker they come from the scheduler again, as scattered data do not.
    """
    with _connected(address, jobs) as client:
        from distributed import KilledWorker, as_completed

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
            shared = client.submit(_itself, data, pure=False)
        # Nothing else holds a future: what has been yielded is not computed again after a loss.
        sent = as_completed(client.map(compute, cells, data=shared, pure=False), loop=client.loop)
        for future in sent:
            try:
                yield future.result()
            except KilledWorker as error:
                raise StudyError(
                    "Workers of the cluster were killed again and again, most likely because their "
                    "memory ran out. Give them more of it. Everything finished is kept."
                ) from error
            except CancelledError as error:
                raise StudyError(
                    f"The connection to the scheduler at {address!r} was lost. Everything finished "
                    "is kept: start a scheduler, and again with the same arguments to go on."
                ) from error


def _itself(data: tuple[Any, ...]) -> tuple[Any, ...]:
    return data


@contextmanager
def _connected(address: str, jobs: int) -> Iterator[Any]:
    """Connect to a cluster, or to one of this machine's own for as long as it is needed."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise StudyError("cluster needs Dask: pip install distributed.") from error
    from joblib import cpu_count

    with ExitStack() as stack:
        cluster: Any = address
        if address == "local":
            # One thread each: a worker that is killed takes no other's fits along.
            cluster = LocalCluster(
                n_workers=cpu_count() if jobs < 0 else jobs,
                threads_per_worker=1,
                dashboard_address=":0",
            )
            stack.enter_context(cluster)
        try:
            client = stack.enter_context(Client(cluster, set_as_default=False))
        except (OSError, ValueError) as error:
            raise StudyError(
                f"no Dask scheduler answers at {address!r} ({error}). Give the address that it "
                "printed when it started, such as tcp://10.0.0.1:8786, or 'local'."
            ) from error
        yield client
