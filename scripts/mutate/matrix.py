"""The matrix: which mutants a verification kills, with each seed, and what it reports about conforming servers."""

import contextlib
import importlib.resources
import importlib.util
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType

from attrs import define, frozen

from ..document import Document, load_folder
from ..printable import printable
from .catalogue import MUTANTS
from .frameworks.servers import FRAMEWORKS
from .mutant import Api, Mutant
from .runner import Outcome, apis, choose_api, run_all_columns, run_framework, run_mutant, run_variant
from .schema import schema_mutants
from .variants import VARIANTS

OWN_DOCUMENTS = "documents"  # in this package


@frozen
class Catalogue:
    """The documents, the APIs in them, and the mutants."""

    documents: tuple[Document, ...]
    apis: tuple[Api, ...]
    mutants: Mapping[str, Mutant]


class MutantError(Exception):
    """The mutants of a folder cannot be used. The message says why."""


def load_catalogue(openapi: Path, folder: Path | None = None) -> Catalogue:
    """Load the documents and the mutants: the project's own, or those of a folder of Python files.

    Each file registers its mutants with `job_status_tools.mutate.mutant.mutant`, or `scripts.mutate.mutant.mutant`.

    Raises:
        MutantError: a file of the folder cannot be imported, no mutant is registered, or two have one name.
    """
    with importlib.resources.as_file(importlib.resources.files(__package__) / OWN_DOCUMENTS) as own:
        documents = (*load_folder(openapi), *load_folder(own))
    if folder is None:
        mutants = [*MUTANTS, *schema_mutants(documents)]
    else:
        before = len(MUTANTS)
        for path in sorted(folder.glob("*.py")):
            _import(path)
        mutants = MUTANTS[before:]
        if not mutants:
            raise MutantError(
                f"{folder}: expected Python files that register mutants, got none; see docs/verification.md"
            )
    ids = Counter(mutant.id for mutant in mutants)
    if repeated := [name for name, count in ids.items() if count > 1]:
        raise MutantError(
            f"{folder or 'scripts/mutate'}: expected a name of its own for each mutant, got two {repeated[0]}"
        )
    return Catalogue(documents, tuple(apis(documents)), {mutant.id: mutant for mutant in mutants})


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"mutants_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise MutantError(f"{path}: expected a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise MutantError(f"{path}: cannot be imported: {type(error).__name__}: {error}") from error
    return module


@define
class Matrix:
    """The outcomes of all runs: of mutants by seed, and of conforming servers."""

    mutants: dict[int, list[Outcome]]
    conforming: list[Outcome]
    missing: list[str]
    seconds: float = 0.0

    def verdicts(self, seed: int) -> Counter[str]:
        """Return the number of mutants by verdict."""
        return Counter(str(outcome.verdict) for outcome in self.mutants[seed])

    def share(self, seed: int, kind: str | None = None) -> float:
        """Return the share of the mutants, of a kind or all, that the expected check has killed, in percent."""
        chosen = [one for one in self.mutants[seed] if kind in (None, one.kind)]
        return 100 * sum(one.verdict == "killed" for one in chosen) / len(chosen) if chosen else 0.0

    @property
    def worst_seed(self) -> int:
        """The seed with the fewest mutants killed by the expected check."""
        return min(self.mutants, key=self.share)

    @property
    def survivors(self) -> list[Outcome]:
        """The outcomes of mutants that were not killed by the expected check, with any seed."""
        return [one for outcomes in self.mutants.values() for one in outcomes if one.verdict != "killed"]

    @property
    def false_alarms(self) -> list[Outcome]:
        """The conforming servers about which something was reported."""
        return [one for one in self.conforming if one.reported]

    @property
    def is_passed(self) -> bool:
        """Whether every mutant was killed by the expected check, and nothing else was reported."""
        return not self.survivors and not self.false_alarms and not self.missing


Task = tuple[str, str, str, int]  # kind of run, its name, the document, the seed
_catalogue: list[Catalogue] = []


def _start_worker(openapi: Path, folder: Path | None) -> None:
    _catalogue.append(load_catalogue(openapi, folder))


def _run(task: Task) -> Outcome:
    run, name, stem, seed = task
    catalogue = _catalogue[0]
    if run == "framework":
        return run_framework(name, seed)
    if run == "variant":
        api = next(api for api in catalogue.apis if api.document.stem == stem and VARIANTS[name][1](api))
        return run_variant(name, api, seed)
    mutant = catalogue.mutants[name]
    chosen = None
    try:
        chosen = choose_api(mutant, catalogue.apis, seed)
        assert chosen is not None  # noqa: S101 - see `tasks`
        if run == "mutant":
            return run_mutant(mutant, chosen, seed)[0]
        return run_all_columns(mutant, chosen, seed, with_peers=run == "mutant with peers")
    except Exception as error:  # of a function of the mutant: the others run
        return Outcome(
            mutant.id,
            mutant.kind,
            chosen.document.stem if chosen else "no document",
            mutant.clause,
            mutant.description,
            "error",
            tuple(sorted(mutant.expected)),
            reported=(printable(f"{type(error).__name__}: {error}"),),
        )


def _suits_none(mutant: Mutant, catalogue: Catalogue, seed: int) -> bool:
    """Return whether a mutant can change no API. One that cannot say so runs, and is an error."""
    with contextlib.suppress(Exception):
        return choose_api(mutant, catalogue.apis, seed) is None
    return False


def tasks(catalogue: Catalogue, seeds: Sequence[int], *, is_own: bool, with_peers: bool) -> Iterator[Task]:
    """Yield every run; of conforming servers, and of the other columns, with the first seed only."""
    for seed in seeds:
        run = ("mutant with peers" if with_peers else "mutant with columns") if seed == seeds[0] else "mutant"
        for mutant in catalogue.mutants.values():
            if not _suits_none(mutant, catalogue, seed):
                yield run, mutant.id, "", seed
    if is_own:
        yield from (("framework", name, "", seeds[0]) for name in FRAMEWORKS)
        for name, (_, needs) in VARIANTS.items():
            yield from (("variant", name, api.document.stem, seeds[0]) for api in catalogue.apis if needs(api))


def run_matrix(
    openapi: Path,
    folder: Path | None,
    seeds: Sequence[int],
    workers: int,
    progress: Callable[[Outcome], None],
    *,
    with_peers: bool = False,
) -> Matrix:
    """Run everything, in several processes, and call `progress` with each outcome."""
    catalogue = load_catalogue(openapi, folder)
    missing = [m.id for m in catalogue.mutants.values() if _suits_none(m, catalogue, seeds[0])]
    matrix = Matrix({seed: [] for seed in seeds}, [], missing)
    todo = list(tasks(catalogue, seeds, is_own=folder is None, with_peers=with_peers))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (openapi, folder)) as pool:
        for task, outcome in zip(todo, pool.map(_run, todo, chunksize=4), strict=True):
            (matrix.conforming if outcome.verdict is None else matrix.mutants[task[3]]).append(outcome)
            progress(outcome)
    return matrix
