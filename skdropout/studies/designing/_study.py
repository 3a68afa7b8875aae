"""A study as one object, and what is done with it: run, conclude, write."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Protocol

from skdropout.studies.reporting import Conclusion, StudyResult, write_conclusion
from skdropout.studies.running import Plan, folder_of, jobs_here, notes_on, run_plan

if TYPE_CHECKING:
    import pandas as pd


class Study(Protocol):
    """Cells to compute, and what is to be made of them.

    Attributes
    ----------
    command : str
        The command that runs it, ``"study"`` or ``"compare"``.
    plan : Plan
        What is computed.
    """

    @property
    def command(self) -> str: ...

    @property
    def plan(self) -> Plan: ...

    def follow_up(self, tables: Mapping[str, "pd.DataFrame"]) -> Plan | None:
        """Say what is to be computed last, knowing the finished tables; often nothing."""

    def conclude(self, tables: Mapping[str, "pd.DataFrame"], notes: Sequence[str]) -> Conclusion:
        """Say what the finished tables say; the report has the notes on their making as well."""


def carry_out(
    study: Study,
    *,
    out: "str | PathLike[str] | None",
    jobs: int,
    cluster: str | None,
    progress: bool,
) -> StudyResult:
    """Compute what the folder of a study lacks, conclude, and write all of it there."""
    plan = study.plan
    folder = folder_of(out, study.command, plan.name, plan.source, plan.identity.get("data"))
    tables = run_plan(plan, folder, jobs=jobs, cluster=cluster, progress=progress)
    if (last := study.follow_up(tables)) is not None:
        here = jobs_here(jobs, cluster)  # a worker that is there already, without a cluster
        tables = tables | run_plan(last, folder / last.name, jobs=here, progress=progress)
    conclusion = study.conclude(tables, notes_on(folder))
    write_conclusion(folder, conclusion)
    return StudyResult(
        name=plan.name,
        verdict="\n\n".join(conclusion.verdicts),
        results=tables["results"],
        summary=conclusion.summary,
        comparisons=conclusion.comparisons,
        curves=tables.get("curves", tables["results"]),
        listings=tuple(conclusion.listings),
        out=folder,
        candidates=tables.get("candidates"),
        recommended=conclusion.recommended,
    )
