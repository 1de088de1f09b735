"""Where the workers run: as processes of this machine or on a cluster, through joblib's back ends."""

import concurrent.futures.process
import importlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from spec.harness.ground.errors import CannotDo

LIBRARIES = {"loky": "joblib", "dask": "distributed", "ray": "ray"}
PATIENCE = 20  # seconds for a scheduler to answer
RESTARTS = {"max_restarts": -1, "max_task_retries": 2}  # of a worker of Ray's that was ended


@dataclass(frozen=True)
class Workers:
    """A back end of joblib, and what it raises when a worker was ended, or when none is left."""

    name: str
    ended: tuple[type[Exception], ...]
    gone: tuple[type[Exception], ...]
    options: dict[str, Any]

    def results(self, tasks: Iterable[Any], jobs: int) -> Iterator[Any]:
        """What the tasks return, as soon as each is done. It ends early if a worker was ended."""
        import joblib

        try:
            with joblib.parallel_config(backend=self.name, **self.options):
                parallel = joblib.Parallel(
                    n_jobs=jobs, batch_size=1, return_as="generator_unordered"
                )
                yield from parallel(tasks)
        except self.ended:
            return
        except self.gone as error:
            detail = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise CannotDo(
                f"--backend {self.name} has no workers left ({detail}); what was judged is kept: "
                "run the same command again to go on"
            ) from None


@contextmanager
def connected(backend: str, scheduler: str) -> Iterator[Workers]:
    """The workers of a back end, connected inside the `with` block. CannotDo if they cannot be used."""
    try:
        library: Any = importlib.import_module(LIBRARIES[backend])
    except ImportError:
        needed = LIBRARIES[backend]
        raise CannotDo(f"--backend {backend} needs {needed}: pip install {needed}") from None
    if backend == "loky" and scheduler:
        raise CannotDo(
            f"--scheduler {scheduler}: only a cluster has a scheduler; give its --backend, too"
        )
    if backend == "dask":
        with _dask(library, scheduler) as workers:
            yield workers
    elif backend == "ray":
        with _ray(library, scheduler) as workers:
            yield workers
    else:
        yield Workers("loky", (concurrent.futures.process.BrokenProcessPool,), (), {})


@contextmanager
def _dask(distributed: Any, scheduler: str) -> Iterator[Workers]:
    if not scheduler:
        raise CannotDo("--backend dask needs a --scheduler, such as tcp://10.0.0.1:8786")
    try:
        client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise CannotDo(f"--scheduler {scheduler} does not answer: {error}") from None
    with client:
        ended = (distributed.KilledWorker, concurrent.futures.CancelledError)
        yield Workers("dask", ended, (OSError,), {"client": client})


@contextmanager
def _ray(ray: Any, scheduler: str) -> Iterator[Workers]:
    try:
        ray.init(address=scheduler or None, log_to_driver=False, logging_level="error")
    except (OSError, ValueError, RuntimeError, TimeoutError) as error:
        raise CannotDo(f"--scheduler {scheduler} does not answer: {error}") from None
    _register_ray()
    try:
        yield Workers("ray", (ray.exceptions.RayError,), (OSError,), {"ray_remote_args": RESTARTS})
    finally:
        ray.shutdown()


def _register_ray() -> None:
    """Register Ray's back end with joblib, as one that gives results as they come."""
    import joblib

    ray_backend: Any = importlib.import_module("ray.util.joblib.ray_backend")

    class AsTheyCome(ray_backend.RayBackend):  # type: ignore[misc]
        supports_return_generator = True

    joblib.register_parallel_backend("ray", AsTheyCome)
