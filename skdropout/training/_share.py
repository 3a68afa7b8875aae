"""How many threads TensorFlow takes in a worker process: the worker's share of the cores."""

import os
import sys
from contextlib import suppress
from multiprocessing import current_process


def keep_to_share() -> None:
    """Have TensorFlow, where it has not started yet, keep to what this worker was granted.

    joblib grants its processes a share in ``OMP_NUM_THREADS``, to which the linear algebra of NumPy
    keeps, and Dask has its workers' number of threads. TensorFlow knows neither and would start
    as many threads as the machine has cores, in each worker. What the user has set is left alone.
    """
    share = _share()
    if not share or "TF_NUM_INTRAOP_THREADS" in os.environ:
        return
    import tensorflow as tf

    threads = tf.config.threading
    if threads.get_intra_op_parallelism_threads() or threads.get_inter_op_parallelism_threads():
        return
    with suppress(RuntimeError):  # it has started already
        threads.set_intra_op_parallelism_threads(share)
        threads.set_inter_op_parallelism_threads(share)


def _share() -> int:
    """Return the number of cores that this process was granted, 0 where nobody said."""
    if current_process().name == "MainProcess":
        return 0
    if "distributed.worker" in sys.modules:
        from distributed import get_worker

        with suppress(ValueError):  # this is no task of Dask's
            return int(get_worker().state.nthreads)
    granted = os.environ.get("OMP_NUM_THREADS", "")
    return int(granted) if granted.isdigit() else 0
