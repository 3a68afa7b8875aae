"""Figures have one source: what the pages quote of benchmarks is what the benchmarks measured."""

import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
FRONT = ["README.md", "docs/index.md"]
PEERS = {
    "MLPClassifier": "scikit-learn `MLPClassifier`, without dropout and max-norm",
    "skorch": "skorch `NeuralNetClassifier`, without callbacks",
    "keras.wrappers": "`keras.wrappers` `SKLearnClassifier`",
    "scikeras": "scikeras `KerasClassifier`",
}


def measured(name):
    return pd.read_csv(RESULTS / f"{name}.csv", comment="#")


def words(page):
    """The text of a page, with its line breaks as blanks."""
    return " ".join((ROOT / page).read_text("utf-8").split())


def digits(value):
    """Write three significant digits, as the benchmarks do."""
    return f"{value:#.3g}".rstrip(".")


@pytest.fixture(scope="module")
def one_core():
    fits = measured("one_fit")
    return fits[(fits["what"] == "warm") & (fits["cores"] == 1)]


@pytest.mark.parametrize("page", FRONT)
def test_the_front_pages_quote_the_fit_that_was_measured(page, one_core):
    text = words(page)
    seconds = one_core.groupby("library")["seconds"].median()
    assert f'| skdropout, `engine="compiled"` | {digits(seconds["skdropout"])} | |' in text
    for peer, name in PEERS.items():
        pairs = one_core[one_core["peer"] == peer].pivot(index="turn", columns="library")["seconds"]
        ratios = pairs[peer] / pairs["skdropout"]
        times = f"{ratios.median():.0f} times ({ratios.min():.0f} to {ratios.max():.0f})"
        assert f"| {name} | {digits(seconds[peer])} | {times} |" in text


def test_the_card_on_the_site_has_the_seconds_of_the_table_below_it(one_core):
    seconds = one_core.groupby("library")["seconds"].median()
    ours, theirs = digits(seconds["skdropout"]), digits(seconds["scikeras"])
    assert f"takes scikeras {theirs} seconds takes {ours} seconds" in words("docs/index.md")


def test_the_processor_seconds_are_those_measured(one_core):
    text = words("README.md")
    seconds = one_core.groupby("library")["cpu_seconds"].median()
    claimed = int(re.search(r"some (\d+) times faster than the two wrappers", text)[1])
    for wrapper in ("scikeras", "keras.wrappers"):
        assert seconds[wrapper] / seconds["skdropout"] == pytest.approx(claimed, rel=0.1)


def test_the_searches_on_the_page_about_scaling_are_those_measured():
    text = words("docs/scaling.md")
    runs = measured("search")
    warm = runs[runs["turn"] > 0].groupby("what")["seconds"]
    first = runs[runs["turn"] == 0].set_index("what")["seconds"]
    alone = warm.median()["one core"]
    for what, name in {
        "one core": "one core",
        "two threads": "two threads",
        "two processes": "two processes (loky)",
        "two Dask workers": "two Dask workers",
    }.items():
        seconds = warm.get_group(what)
        usual = seconds.median()
        assert (
            f"| {name} | {usual:.1f} ({seconds.min():.1f} to {seconds.max():.1f}) "
            f"| {alone / usual:.1f} | {first[what] - usual:.1f} |"
        ) in text
    peers = 90 * runs.groupby("what")["seconds"].median()
    slowest = float(digits(peers["scikeras"]))
    assert f"take scikeras {slowest:,.0f} seconds" in text
    assert f"skorch {peers['skorch']:.0f} and `MLPClassifier`" in text
    assert f"has no dropout to search, {peers['MLPClassifier']:.0f}" in text


def test_what_a_second_thread_is_worth_is_as_measured():
    steps = measured("threads").pivot_table(
        "microseconds", ["hidden", "batch", "turn"], "threads", sort=False
    )
    ratios = (steps["one thread"] / steps["two threads"]).groupby(["hidden", "batch"]).median()
    text = words("docs/scaling.md")
    large, middling = ratios["512-512"], [ratios["128-128", 128], ratios["256-256", 64]]
    assert f"of 512-512 took {digits(large.min())} to {digits(large.max())} times" in text
    assert f"took {min(middling):.2f} to {max(middling):.2f} times as long in batches" in text
    small = ratios.drop([("128-128", 128), ("256-256", 64), *(("512-512", n) for n in (128, 1024))])
    assert small.between(0.9, 1.1).all()


@pytest.mark.parametrize("page", ["docs/scaling.md", "CHANGELOG.md"])
def test_the_memory_of_a_large_table_is_that_measured(page):
    runs = measured("memory")
    ours = runs[(runs["library"] == "skdropout") & (runs["rows"] == 1_000_000)].iloc[0]
    assert f"{ours['peak'] / ours['data']:.1f} times the memory" in words(page)


def test_the_memory_of_many_images_is_that_measured():
    images = measured("conv_steps").dropna(subset="peak").iloc[0]
    quoted = f"took {images['peak'] / images['data']:.1f} times their {images['data']:.0f} MB"
    assert quoted in words("docs/scaling.md")


def test_a_step_with_images_takes_the_peers_what_was_measured():
    steps = measured("conv_steps").query("precision == 'float32'")
    medians = steps.groupby(["cores", "batch_norm", "library"])["seconds"].median().unstack()
    times = medians.div(medians["skdropout"], axis=0).agg(["min", "max"])
    text = words("docs/images.md")
    assert "`Model.fit` took {:.1f} to {:.1f} times".format(*times["Model.fit"]) in text
    assert "a bare `tf.function` {:.2f} to {:.2f} times".format(*times["bare step"]) in text
    assert "behind skorch, {:.2f} to {:.2f} times".format(*times["skorch"]) in text


def test_the_defaults_are_as_good_on_other_tables_as_the_pages_say():
    means = measured("defaults").groupby(["data", "classifier"])[["accuracy", "log_loss"]].mean()
    ours, theirs = (means.xs(name, level=1) for name in ("skdropout", "MLPClassifier"))
    lower = ours["log_loss"] < theirs["log_loss"]
    assert list(lower[~lower].index) == ["Sonar"]
    assert len(lower) == 5
    assert "on four of five others" in words("README.md")
    text = words("docs/which-rate.md")
    losses = (f"{table.loc['Sonar', 'log_loss']:.3f}" for table in (ours, theirs))
    assert f"({' and '.join(losses)}; ours is lower" in text
    accuracies = [f"{table['accuracy'].mean():.3f}" for table in (ours, theirs)]
    assert accuracies[0] == accuracies[1]
    assert f"The mean accuracy is {accuracies[0]} for both" in text
    on_sonar = (f"{table.loc['Sonar', 'accuracy']:.3f}" for table in (ours, theirs))
    assert f"lower on Sonar ({' and '.join(on_sonar)})" in text


@pytest.mark.parametrize("page", sorted(RESULTS.glob("*.md")), ids=lambda page: page.stem)
def test_the_page_of_benchmarks_shows_each_result(page):
    text = page.read_text("utf-8").replace("](", "](results/")
    assert text.strip() in (ROOT / "benchmarks" / "README.md").read_text("utf-8")
