"""Measure skdropout and its peers; write tables, raw figures and plots."""

import argparse
import time
from importlib import import_module
from pathlib import Path

from benchmarks._report import README, Options, circumstances, fill_readme, record, recorded

NAMES = (
    "one_fit",
    "study",
    "compare",
    "truths",
    "growth",
    "threads",
    "parts",
    "search",
    "memory",
    "sparse",
    "conv_steps",
    "defaults",
    "thresholds",
    "candidates",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="see that it works, in a few minutes")
    parser.add_argument(
        "--peer-fits",
        type=int,
        default=5,
        choices=range(1, 6),
        help="measurements of each peer that needs half a minute for one (default: 5)",
    )
    parser.add_argument("--out", type=Path, help="folder to write (default: benchmarks/results)")
    parser.add_argument(
        "--keel",
        type=Path,
        metavar="FOLDER",
        help="tables of the KEEL repository, as .dat files, for candidates",
    )
    parser.add_argument(
        "--tables", action="store_true", help="measure nothing; make pages and plots anew"
    )
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no benchmark is named {', '.join(unknown)}; known: {', '.join(NAMES)}")
    if given.quick and not given.out:
        parser.error("--quick needs --out: its figures must not replace the published ones")
    options = Options(given.quick, given.peer_fits, given.keel)
    tried = [name for name in NAMES if name != "candidates" or given.keel or given.tables]
    # Asked once: the benchmarks themselves are a load.
    around = "" if given.tables else circumstances()
    for name in given.names or tried:
        start, benchmark = time.perf_counter(), import_module(f"benchmarks.{name}")
        out = given.out or README.parent / "results"
        raw = out / f"{name}.csv"
        if not given.tables:
            record(benchmark.measure(options), raw, around)
        samples, footer = recorded(raw)
        benchmark.report(samples).write(name, out, footer)
        if given.out is None:
            fill_readme(name, out / f"{name}.md")
        print(f"{name}: {time.perf_counter() - start:.0f} s, see {out / name}.md", flush=True)


if __name__ == "__main__":
    main()
