"""Run benchmarks: ``python -m benchmarks [NAME ...] [--quick] [--peer-fits N] [--out DIR]``."""

import argparse
import time
from importlib import import_module
from pathlib import Path

from benchmarks._report import README, Options, fill_readme, footer, load_average

NAMES = ("one_fit", "study", "growth", "parts", "search", "memory")


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
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no benchmark is named {', '.join(unknown)}; known: {', '.join(NAMES)}")
    if given.quick and not given.out:
        parser.error("--quick needs --out: its figures must not replace the published ones")
    options = Options(given.quick, given.peer_fits)
    for name in given.names or NAMES:
        load, start = load_average(), time.perf_counter()
        report = import_module(f"benchmarks.{name}").run(options)
        out = given.out or README.parent / "results"
        report.write(name, out, footer(load))
        if given.out is None:
            fill_readme(name, out / f"{name}.md")
        print(f"{name}: {time.perf_counter() - start:.0f} s, see {out / name}.md")


if __name__ == "__main__":
    main()
