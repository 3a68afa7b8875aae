"""Cells of a study, computed in parallel or on a cluster and kept as they are finished."""

from skdropout.studies.running._cells import Cell, Plan, Tables
from skdropout.studies.running._folders import folder_of
from skdropout.studies.running._messages import duration
from skdropout.studies.running._provenance import notes_on
from skdropout.studies.running._quiet import start_tensorflow
from skdropout.studies.running._runner import run_plan
from skdropout.studies.running._unfinished import Stopwatch
from skdropout.studies.running._workers import in_each_worker, jobs_here

__all__ = [
    "Cell",
    "Plan",
    "Stopwatch",
    "Tables",
    "duration",
    "folder_of",
    "in_each_worker",
    "jobs_here",
    "notes_on",
    "run_plan",
    "start_tensorflow",
]
