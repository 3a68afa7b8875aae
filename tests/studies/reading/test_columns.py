"""What columns are taken for: numbers, categories, dates, or nothing to learn from."""

import datetime
import shlex
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skdropout.__main__ import _parser
from skdropout.studies import StudyError
from skdropout.studies.reading import Reading, load_table

N = 300
RNG = np.random.default_rng(0)
X = RNG.normal(size=N).round(3)
Y = np.where(X + RNG.normal(size=N) > 0, "up", "down")


def load(values, column="x", **options):
    """Read a column beside one of plain numbers."""
    frame = pd.DataFrame({column: values, "other": RNG.normal(size=len(values))})
    y = [*Y[: len(values) - 2], "up", "down"]
    return load_table(frame.assign(y=y), "y", reading=Reading(**options))


def refuse(values, **options):
    with pytest.raises(StudyError) as caught:
        load(values, **options)
    return str(caught.value)


def said(table, *words):
    """Return whether some note has all these words."""
    return any(all(word in note for word in words) for note in table.notes)


def texts(values=X):
    return [str(value) for value in values]


def with_cell(cell, position=7):
    cells = texts()
    cells[position] = cell
    return cells


@pytest.mark.parametrize("cell", ["?", " ", "", "-", "--", ".", "n.a.", "N/A", "missing", "NULL"])
def test_marks_of_missing_values_leave_a_column_one_of_numbers(tmp_path, cell):
    path = tmp_path / "own.csv"
    pd.DataFrame({"x": with_cell(cell), "z": X, "y": Y}).to_csv(path, index=False)
    for table in (load_table(path, "y"), load(with_cell(cell))):
        x = table.features["x"].to_numpy()
        assert np.isnan(x[7])
        assert np.array_equal(np.delete(x, 7), np.delete(X, 7))
        assert table.n_inputs == 2
        assert bool(cell.strip()) == said(table, "'x'", "1 missing value", cell.strip())


def test_a_strange_cell_among_numbers_is_missing_and_told(tmp_path):
    path = tmp_path / "own.csv"
    pd.DataFrame({"x": with_cell("broken"), "z": X, "y": Y}).to_csv(path, index=False)
    table = load_table(path, "y")
    assert np.isnan(table.features["x"][7])
    assert table.features["x"].count() == N - 1
    assert said(table, "counts as missing", "'broken' in line 9")
    assert said(load(with_cell("broken")), "'broken' in row 7")


def test_many_strange_cells_among_numbers_stop_the_reading():
    cells = [cell if i % 50 else "bro ken" for i, cell in enumerate(texts())]
    message = refuse(cells)
    assert "6 cells of it are none: 'bro ken' in row 0 and 5 more times." in message
    assert "--missing 'bro ken'" in message
    assert "--text-columns" in message
    cleared = load(cells, missing=("bro ken",)).features["x"]
    assert cleared.count() == N - 6
    assert load(cells, drop_columns=("x",)).n_inputs == 1
    assert "Column 'x' of" not in refuse([*texts(X[:50]), "a"])
    half = [cell if i % 3 else "Varies with device" for i, cell in enumerate(texts())]
    assert "100 cells of it are none" in refuse(half)


def test_a_few_numbers_and_a_recurring_text_are_categories():
    table = load(["0", "1", "2", "0", "1", "2", "0", "1", "2", "3+"] * 30)
    assert set(table.features["x"]) == {"0", "1", "2", "3+"}
    assert said(table, "taken as categories", "'3+'")


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,234", "2,345,678.5", "999"], [1234, 2345678.5, 999]),
        (["1.234,56", "999", "7,5"], [1234.56, 999, 7.5]),
        (["0,5", "1,25", "-3,5e2"], [0.5, 1.25, -350]),
        (["12%", "3.5 %", "-1%"], [12, 3.5, -1]),
        (["$5", "-$1,200.50", "$ 7"], [5, -1200.5, 7]),
        (["5,00 €", "€ 7,50", "EUR 1.000,00"], [5, 7.5, 1000]),
        (["(1,234)", "5", "6"], [-1234, 5, 6]),
        (["1 234", "12\u00a0345", "1'234"], [1234, 12345, 1234]),
        (["12,34,567", "1", "2"], [1234567, 1, 2]),
        (["−5", "+3", " 4 "], [-5, 3, 4]),
        (["12 kg", "3.5kg", "7 kg"], [12, 3.5, 7]),
        (["19M", "201k", "3.5M"], [19e6, 201e3, 3.5e6]),
        ([Decimal("1.5"), 2, "3"], [1.5, 2, 3]),
    ],
)
def test_numbers_are_read_as_people_write_them(cells, numbers):
    table = load(cells * 20)
    assert table.features["x"].tolist() == pytest.approx(numbers * 20)


@pytest.mark.parametrize(
    "cells",
    [
        ["2 kg", "500 g", "3 kg"],
        ["10-20", "20-30", "30-40"],
        ["1st", "2nd", "3rd"],
        ["00501", "10001", "02139"],
        ["1.2.3", "1.2.4", "1.3.0"],
        ["1,5", "1.5", "2,5"],
        ["5%", "0.05", "7%"],
    ],
)
def test_what_is_no_number_stays_text(cells):
    assert load(cells * 20).features["x"].tolist() == cells * 20


def test_codes_with_leading_zeros_survive_a_file(tmp_path):
    rows = "".join(f"{i % 3:03},{i / 7:.1f},{'ab'[i % 2]}\n" for i in range(30))
    (tmp_path / "own.csv").write_text("code,x,y\n" + rows)
    assert set(load_table(tmp_path / "own.csv", "y").features["code"]) == {"000", "001", "002"}


def test_decimal_commas_decide_for_the_whole_file(tmp_path):
    rows = "".join(f"{i % 9 + 1}.{i % 7:03};{i},5;0.{i:03};{'ab'[i % 2]}\n" for i in range(1, 31))
    (tmp_path / "own.csv").write_text("thousands;halves;small;y\n" + rows)
    table = load_table(tmp_path / "own.csv", "y")
    assert table.features["thousands"].tolist()[:2] == [2001, 3002]
    # no thousand begins with 0
    assert table.features["small"].tolist()[:2] == [0.001, 0.002]
    assert table.features["halves"].tolist()[:2] == [1.5, 2.5]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("n", range(N)),
        ("n", [float(i) for i in range(1, N + 1)]),
        ("n", range(2 * N, 0, -2)),
        ("n", RNG.permutation(N)),
        ("Unnamed: 0", RNG.permutation(3 * N)[:N]),
        ("rownames", [f"r{i}" for i in range(N)]),
        ("customerID", [f"C{i % 200}" for i in range(N)]),
        ("patient_id", RNG.integers(0, 100, N)),
        ("Id", RNG.permutation(3 * N)[:N]),
        ("name", [f"Mr. {i}" for i in range(N)]),
        ("comment", [f"text {i % 200}" for i in range(N)]),
    ],
)
def test_identifiers_and_free_text_are_left_out_unless_kept(column, values):
    table = load(values, column)
    assert list(table.features.columns) == ["other"]
    assert said(table, repr(column), "left out", "--keep-columns", column)
    kept = load(values, column, keep_columns=(column,))
    assert list(kept.features.columns) == [column, "other"]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("paid", RNG.integers(0, 100, N)),
        ("acid", RNG.integers(0, 1000, N)),
        ("year", range(1700, 1700 + N)),
        ("store_id", RNG.integers(0, 8, N)),
        ("price", RNG.permutation(7 * N)[:N]),
        ("index", X),
    ],
)
def test_what_only_looks_like_an_identifier_is_kept(column, values):
    assert column in load(values, column).features


def test_noise_sorted_by_class_is_not_told_by_its_row_numbers(tmp_path):
    frame = pd.DataFrame(RNG.normal(size=(200, 3))).assign(y=np.repeat(["a", "b"], 100))
    frame.to_csv(tmp_path / "own.csv")
    table = load_table(tmp_path / "own.csv", "y")
    assert list(table.features.columns) == ["0", "1", "2"]


def test_row_numbers_are_features_where_there_is_nothing_else():
    frame = pd.DataFrame({"x": range(40), "y": np.linspace(0, 1, 40) ** 2})
    assert list(load_table(frame, "y").features.columns) == ["x"]


def test_columns_that_say_nothing_are_left_out():
    assert said(load([5.0] * N), "'x' is left out: it has a single value, 5")
    assert said(load([None] * N), "'x' is left out: it is empty")
    assert said(load(["NA"] * N), "'x' is left out: it is empty")
    assert said(load([[1]] * N), "'x' is left out: its cells are lists")


@pytest.mark.parametrize("values", [[None] * N, [np.nan] * N, ["NA"] * N, [5.0] * N])
def test_columns_that_say_nothing_are_kept_where_one_says_so(values):
    table = load(values, keep_columns=("x",))
    assert list(table.features.columns) == ["x", "other"]
    numbers = make_pipeline(*table.steps).fit_transform(table.features)
    assert numbers.shape == (N, table.n_inputs)
    assert np.isfinite(numbers).all()
    lists = load([[1]] * N, keep_columns=("x",))
    assert said(lists, "'x' is left out: its cells are lists")


DAYS = pd.date_range("2019-12-29", periods=N, freq="7h")


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M",
        "%Y-%m-%dT%H:%M:%SZ", "%d %b %Y %H:%M", "%B %d, %Y %I:%M %p", "%Y/%m/%d %H:%M",
    ],
)  # fmt: skip
def test_dates_become_days_and_what_varies_within_them(form):
    table = load(DAYS.strftime(form).tolist(), "when")
    days, month, weekday, hour, _ = (table.features[column] for column in table.features)
    assert days.tolist() == pytest.approx(((DAYS - pd.Timestamp(0)) / pd.Timedelta("1D")).tolist())
    assert month.tolist() == DAYS.month.tolist()
    assert weekday.tolist() == DAYS.day_of_week.tolist()
    assert hour.tolist() == DAYS.hour.tolist()
    assert said(table, "holds dates", "'when (days since 1970)'")
    assert said(table, "in the order of time")


def test_a_date_may_be_left_out_by_the_name_of_what_it_becomes():
    texts = [f"2020-03-{day % 28 + 1:02d}" for day in range(N)]
    parts = [c for c in load(texts, "when").features if c != "other"]
    table = load(texts, "when", drop_columns=tuple(parts))
    assert [*table.features] == ["other"]
    assert said(table, "'when' is left out, as you asked")


def test_dates_of_other_types():
    expected = ((DAYS - pd.Timestamp(0)) / pd.Timedelta("1D")).tolist()
    for dates in (DAYS, DAYS.tz_localize("UTC"), DAYS.to_pydatetime()):
        found = load(dates, "when").features["when (days since 1970)"]
        assert found.tolist() == pytest.approx(expected)
    compact = [int(day.strftime("%Y%m%d")) for day in DAYS]
    days = load(compact, "when").features["when (days since 1970)"]
    assert days.tolist() == np.floor(expected).tolist()
    clock = load([datetime.time(h % 24, 30) for h in range(N)], "at").features.iloc[:, 0]
    assert clock.tolist() == pytest.approx([(h % 24 + 0.5) / 24 for h in range(N)])
    spans = load(pd.to_timedelta(np.arange(N) * 1.5, unit="D") % pd.Timedelta("30D"), "took")
    assert spans.features.iloc[:, 0].tolist() == pytest.approx((np.arange(N) * 1.5 % 30).tolist())


def test_days_and_months_are_told_apart_by_all_dates():
    dates = [f"{1 + i % 12:02}/{1 + i % 12:02}/2020" for i in range(N - 1)]
    assert load([*dates, "31/01/2020"]).features.iloc[-1, 0] == 18292
    assert said(load([f"01/{1 + i % 12:02}/2020" for i in range(N)]), "they could be days first")


@pytest.mark.parametrize(
    ("form", "step", "odd", "example"),
    [
        ("%Y-%m-%d %H:%M", "7h", "0000-00-00 00:00", "'2019-12-29 07:00' for 29 December 2019"),
        ("%Y-%m-%d %H:%M", "7h", "2020-02-31 00:00", "'2019-12-29 07:00' for 29 December 2019"),
        ("%H:%M:%S", "4min", "25:00:00", "'00:04:00'"),
    ],
)
def test_the_example_of_a_date_is_one(form, step, odd, example):
    dates = pd.date_range("2019-12-29", periods=N, freq=step).strftime(form)
    table = load([odd, *dates[1:]], "when")
    assert said(table, f"such as {example}")
    assert table.features.iloc[:, 0].isna().tolist() == [True] + [False] * (N - 1)


def test_what_is_no_date_counts_as_missing_and_is_said():
    dates = DAYS.strftime("%d.%m.%Y %H:%M").tolist()
    odd = "31.02.2021 00:00"
    few = load([*dates[:15], odd, *dates[16:]], "when")
    assert said(few, f"What is none counts as missing: {odd!r} in row 15.")
    assert np.flatnonzero(few.features.iloc[:, 0].isna()).tolist() == [15]
    many = load([*dates[:210], *["00.00.0000 00:00"] * 90], "when")
    assert said(many, "counts as missing: '00.00.0000 00:00' in row 210 and 89 more times.")
    assert not said(load(dates, "when"), "counts as missing")


def test_columns_of_categories_by_word():
    table = load(RNG.integers(0, 5, N), text_columns=("x",))
    assert set(table.features["x"]) == set("01234")
    with pytest.raises(StudyError, match=r"no column 'z' for --text-columns.*'x', 'other'"):
        load(X, text_columns=("z",))


def test_many_categories_share_inputs():
    towns = [f"town {i % 60}" for i in range(N)]
    for table in (load(towns), load(pd.Categorical(towns)), load(towns, text_columns=("x",))):
        assert table.n_inputs == 21
        assert said(table, "60 different texts; the 19 most frequent")


def test_a_column_that_gives_the_answer_away_is_pointed_at():
    noise = RNG.normal(size=N)
    y = np.where(noise > 0, "up", "down")
    for leak in (noise, np.where(noise > 0, "q", "r"), np.where(noise > 0, 1, 0)):
        frame = pd.DataFrame({"leak": leak, "x": X, "y": y})
        assert said(load_table(frame, "y"), "'leak'", "predicts the target perfectly")
    cubed = pd.DataFrame({"leak": noise**3, "x": X, "y": noise})
    assert said(load_table(cubed, "y"), "'leak'", "predicts the target perfectly")
    fair = pd.DataFrame({"x": X, "z": noise, "y": Y})
    assert load_table(fair, "y").notes == ()


def test_missing_values_that_give_the_answer_away_are_pointed_at():
    frame = pd.DataFrame({"died": np.where(Y == "up", X, np.nan), "x": X[::-1], "y": Y})
    assert said(load_table(frame, "y"), "'died'", "that it is missing alone predicts the target")


def test_rows_of_one_person_are_pointed_at():
    assert said(load(np.arange(N) // 3 % 50, "patient_id"), "rows that share one are trained and")


def test_what_looks_suspicious_is_pointed_at():
    marked = pd.DataFrame({"x": X, "y": np.where(np.arange(N) % 9, X[::-1], -99)})
    assert said(load_table(marked, "y"), "Look at the target: -99", "34 times", "--missing=-99")
    cleared = load_table(marked, "y", reading=Reading(missing=("-99",)))
    assert len(cleared.targets) == N - 34
    assert said(load(np.where(np.arange(N) % 9, X, -999)), "-999, far from all else", "34 times")
    assert said(load(RNG.permutation(9 * N)[:N], "nr"), "different whole number in each row")
    twice = pd.DataFrame(
        {"x": np.tile(np.sort(X)[:100] + np.arange(100), 3), "y": np.tile(Y[:100], 3)}
    )
    assert said(load_table(twice, "y"), "200 rows of 300 are exact copies")
    rare = pd.DataFrame({"x": X, "y": ["no"] * 280 + ["yes"] * 20})
    assert said(load_table(rare, "y"), "93% of the rows are of class 'no'", "balanced accuracy")


def test_missing_marks_of_ones_own_count_in_numbers_too():
    table = load(np.where(np.arange(N) % 9, X, -999), missing=("-999",))
    assert table.features["x"].isna().sum() == 34


@pytest.mark.parametrize(
    ("mark", "value"),
    [
        ("1e20", 1e20), ("-3.4028235e+38", -3.4028235e38), (".5", 0.5), ("-7", -7), ("inf", np.inf),
        ("-inf", -np.inf), ("-1e-5", -1e-5),
    ],
)  # fmt: skip
def test_marks_are_numbers_however_they_are_written(tmp_path, mark, value):
    x = np.where(np.arange(N) % 9, X, value)
    frame = pd.DataFrame({"x": x, "z": X[::-1], "y": Y, "q": np.where(np.arange(N) % 5, X, value)})
    frame.to_csv(tmp_path / "own.csv", index=False)
    reading = Reading(missing=(mark,))
    for data in (frame, tmp_path / "own.csv", frame.astype({"x": str, "q": str})):
        assert load_table(data, "y", reading=reading).features["x"].isna().sum() == 34
        assert len(load_table(data, "q", reading=reading).targets) == N - 60


@pytest.mark.parametrize(
    ("mark", "written"),
    [
        (-9999999, "--missing=-9999999"),
        (-1234567890123, "--missing=-1234567890123"),
        (-1234.5678, "--missing=-1234.5678"),
        (-3.4028234663852886e38, "--missing=-3.4028234663852886e+38"),
        (99999, "--missing 99999"),
    ],
)
def test_the_advice_on_marks_works_as_it_is_written(mark, written):
    marked = np.where(np.arange(N) % 9, abs(X), mark)
    frame = pd.DataFrame({"x": marked, "z": X, "q": marked[::-1]})
    table = load_table(frame, "q")
    assert said(table, "the target: ", written)
    assert said(table, "column 'x': ", written)
    cleared = load_table(frame, "q", reading=Reading(missing=_told(written)))
    assert len(cleared.targets) == N - 34
    assert not said(cleared, "--missing")


def test_the_advice_on_names_and_texts_with_commas_works_as_it_is_written():
    identifiers = load([f"C{i % 200}" for i in range(N)], 'City, "State" id')
    assert said(identifiers, written := """--keep-columns '"City, ""State"" id"'""")
    assert _told(written, "keep_columns") == ('City, "State" id',)
    cells = [cell if i % 50 else "-, or so" for i, cell in enumerate(texts())]
    assert (written := """--missing '"-, or so"'""") in refuse(cells)
    assert load(cells, missing=_told(written)).features["x"].count() == N - 6


def _told(words, option="missing"):
    """Return what the command line takes for a list."""
    return getattr(_parser().parse_args(["compare", *shlex.split(words)]), option)


@pytest.mark.parametrize(
    "values",
    [
        pd.array(["a", None, "b"] * 20, dtype="string"),
        pd.array(["a", None, "b"] * 20, dtype="category"),
        pd.array(["a", pd.NA, "b"] * 20, dtype=object),
        pd.array(["a", "NA", "b "] * 20),
    ],
    ids=["string", "category", "object", "texts"],
)
def test_missing_texts_of_every_type(values):
    table = load(values)
    assert table.features["x"].tolist() == pytest.approx(["a", np.nan, "b"] * 20, nan_ok=True)
    model = table.steps[0].fit(table.features)
    assert np.isfinite(model.transform(table.features)).all()


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "float32", "Sparse[float]"])
def test_numbers_of_every_type(dtype):
    missing = 1 if dtype in ("float32", "Sparse[float]") else None
    table = load(pd.array([1, 0, missing] * 20, dtype=dtype))
    expected = [1, 0, np.nan if missing is None else 1] * 20
    assert table.features["x"].tolist() == pytest.approx(expected, nan_ok=True)


def test_column_names_may_be_numbers_or_tuples():
    frame = pd.DataFrame({0: X, 1: X[::-1], 2: Y})
    assert load_table(frame, 2).classes == ("down", "up")
    assert load_table(frame, -1).classes == ("down", "up")
    frame.columns = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c"), ("y", "")])
    table = load_table(frame, "y")
    assert list(table.features.columns) == ["a b", "a c"]


def test_frames_of_polars():
    polars = pytest.importorskip("polars")
    table = load_table(polars.DataFrame({"x": X, "s": ["a", None, "b"] * 100}), y=polars.Series(Y))
    assert table.features["x"].tolist() == X.tolist()
    assert table.class_counts == {"down": (Y == "down").sum(), "up": (Y == "up").sum()}


def test_sparse_matrices():
    from scipy.sparse import csr_matrix

    table = load_table(csr_matrix(np.column_stack([X, X > 0])), y=Y)
    assert table.features["0"].tolist() == X.tolist()


def test_infinite_values_are_named(tmp_path):
    assert "infinite values (row 3)" in refuse([1.0, 2, 3, np.inf] + [5.0] * 10)
    path = tmp_path / "own.csv"
    pd.DataFrame({"x": [1.5, np.inf, 3], "y": [1.5, 2, 3]}).to_csv(path, index=False)
    with pytest.raises(StudyError, match="line 3"):
        load_table(path, "y")


def test_complex_numbers_are_refused():
    assert "complex numbers" in refuse(X + 1j)


def test_columns_of_categories_stay_such_whatever_they_hold(tmp_path):
    codes = pd.Series(RNG.integers(0, 25, N))
    frame = pd.DataFrame({"zip": pd.Categorical(codes * 10 + 0.5), "other": X})
    frame["y"] = pd.Categorical(codes)
    frame.to_feather(tmp_path / "own.feather")
    plain = frame.astype({"zip": float, "y": int})
    by_word = load_table(plain, "y", reading=Reading(text_columns=("zip", "y")))
    for table in (load_table(frame, "y"), load_table(tmp_path / "own.feather", "y"), by_word):
        assert table.task == "classification"
        assert set(table.classes) == set(map(str, range(25)))
        assert set(table.features["zip"]) == {
            f"{code}.5" if code else "0.5" for code in range(0, 250, 10)
        }
    assert load_table(plain, "y").task == "regression"
    assert load_table(frame, "y", "regression").targets.tolist() == codes.tolist()


def test_a_first_line_of_numbers_is_told_to_be_taken_for_names(tmp_path):
    (tmp_path / "own.csv").write_text("3,5,7\n" + "1,2,0\n2,9,1\n4,4,0\n" * 5)
    table = load_table(tmp_path / "own.csv", "7")
    assert said(table, "Line 1 is taken for names: '3', '5', '7' (--no-header takes it for data)")
    told = load_table(tmp_path / "own.csv", "7", reading=Reading(header=True))
    assert not said(told, "taken for names")


def test_codes_that_come_late_in_a_file_survive_it(tmp_path):
    codes = [f"{10000 + i % 4}" for i in range(300)] + ["02139"] * 3
    rows = "".join(f"{code},{i},{'ab'[i % 2]}\n" for i, code in enumerate(codes))
    (tmp_path / "own.csv").write_text("code,x,y\n" + rows)
    assert load_table(tmp_path / "own.csv", "y").features["code"].tolist() == codes


@pytest.mark.parametrize("separator", [",", "\t", "|"])
def test_decimal_commas_in_one_column_do_not_decide_for_points_in_others(tmp_path, separator):
    rows = [f'{i / 300:.3f},"{i % 4},1",{2 + i / 1000:.3f}' for i in range(30, 130)]
    rows = [row.replace(",", separator).replace(f"{separator}1", ",1") for row in rows]
    (tmp_path / "own.csv").write_text("\n".join([separator.join(["x", "code", "y"]), *rows]))
    table = load_table(tmp_path / "own.csv", "y")
    assert table.targets.tolist() == [round(2 + i / 1000, 3) for i in range(30, 130)]
    assert table.features["x"].tolist() == [round(i / 300, 3) for i in range(30, 130)]
    assert table.features["code"].tolist() == [i % 4 + 0.1 for i in range(30, 130)]


@pytest.mark.parametrize("odd", ["x", "1..5"])
def test_odd_cells_leave_the_decimal_sign_of_a_file_as_it_is(tmp_path, odd):
    cells = ["1", "2", "3,125", "1.250"] * 50
    cells[7] = odd
    x = _beside_decimal_commas(tmp_path, cells)
    assert x[:4] == [1, 2, 3.125, 1250]
    assert np.isnan(x[7])


@pytest.mark.parametrize("cells", [["1,5", "1.5", "2,5"], ["1,5", "low", "middle", "high"]])
def test_texts_stay_as_they_are_among_decimal_commas(tmp_path, cells):
    assert _beside_decimal_commas(tmp_path, cells * 20) == cells * 20


def _beside_decimal_commas(folder, cells):
    """Read cells from a file whose other column can only be read with decimal commas."""
    rows = [f"0,{i};{cell};{'ab'[i % 2]}" for i, cell in enumerate(cells, 10)]
    (folder / "own.csv").write_text("\n".join(["z;x;y", *rows]))
    return load_table(folder / "own.csv", "y").features["x"].tolist()


def test_parts_of_a_date_take_no_other_column_away():
    frame = pd.DataFrame({"when": DAYS, "when (month)": X, "y": Y})
    with pytest.raises(StudyError, match=r"'when \(month\)', as the dates in .* 'when' .*: rename"):
        load_table(frame, "y")
    left = load_table(frame, "y", reading=Reading(drop_columns=("when",)))
    assert left.features["when (month)"].tolist() == X.tolist()


ZIPS = pd.Categorical([10, 20, 30, 7] * 15)


def test_columns_that_pandas_has_for_categories_are_categories(tmp_path):
    frame = pd.DataFrame({"zip": ZIPS, "x": X[:60], "y": Y[:60]})
    frame.to_feather(tmp_path / "own.feather")
    for data in (frame, tmp_path / "own.feather"):
        table = load_table(data, "y", reading=Reading(missing=("7",)))
        expected = ["10", "20", "30", np.nan] * 15
        assert table.features["zip"].tolist() == pytest.approx(expected, nan_ok=True)
    days = load(pd.Categorical(["2020-01-01", "2020-02-01", "2020-03-01"] * 20))
    assert list(days.features.columns) == ["x", "other"]


def test_labels_on_some_numbers_of_a_stata_file_make_no_categories(tmp_path):
    ages = np.where(np.arange(N) % 100, np.arange(N) % 50 + 20, 99)
    frame = pd.DataFrame({"age": ages, "x": X, "y": Y})
    labels = {"age": {99: "refused"}}
    frame.to_stata(tmp_path / "own.dta", value_labels=labels, write_index=False)
    table = load_table(tmp_path / "own.dta", "y", reading=Reading(missing=("refused",)))
    expected = np.where(ages == 99, np.nan, ages)
    assert table.features["age"].tolist() == pytest.approx(expected.tolist(), nan_ok=True)


def test_a_single_text_does_for_a_list_of_one():
    marked = np.where(np.arange(N) % 9, RNG.integers(5, 12, N), -9999)
    table = load(marked, missing="-9999")
    assert np.flatnonzero(table.features["x"].isna()).tolist() == list(range(0, N, 9))
    assert list(load(X, "time", drop_columns="time").features.columns) == ["other"]
    assert load(range(N), "id", keep_columns="id").features.shape[1] == 2
    assert Reading(text_columns="x") == Reading(text_columns=("x",))


def test_the_advice_on_marks_says_what_else_it_goes_for():
    sizes = RNG.integers(-5, 5, N)
    frame = pd.DataFrame(
        {
            "marked": np.where(np.arange(N) % 9, X - X.min() + 20, -1),
            "size": sizes,
            "'s": RNG.choice(["-1", "a"], N),
            "again": np.where(np.arange(N) % 9, X - X.min() + 20, -1)[::-1],
            "other": X,
        }
    )
    for y in (RNG.choice([-1, 1], N), RNG.choice([-1, 2.5, 0.5], N)):
        table = load_table(frame.assign(y=y), "y")
        also = """; that makes it missing in 'size', "'s" and the target, too."""
        assert said(table, "column 'marked': -1", "(--missing=-1)" + also)
        assert said(table, "column 'again': -1", "(--missing=-1)" + also)
    marked = frame.assign(y=np.where(np.arange(N) % 7, X - X.min() + 20, -1))
    assert said(load_table(marked, "y"), "the target: -1", """missing in 'size', "'s", too.""")
    assert said(load_table(frame[["marked", "other"]].assign(y=Y), "y"), "(--missing=-1).")


@pytest.mark.parametrize(
    ("day", "written"),
    [
        ("1900-01-01", "--missing 1900-01-01"),
        ("1960-12-31 23:59:58", "--missing '1960-12-31 23:59:58'"),
    ],
)
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S"])
def test_the_advice_on_dates_that_mark_works_as_it_is_written(tmp_path, day, written, form):
    marked = DAYS.to_series(index=range(N)).mask(np.arange(N) % 9 == 0, pd.Timestamp(day))
    frame = pd.DataFrame({"when": marked, "x": X, "y": Y})
    frame.to_csv(tmp_path / "own.csv", index=False, date_format=form)
    frame.to_excel(tmp_path / "own.xlsx", index=False)
    zoned = frame.assign(when=marked.dt.tz_localize("UTC"))
    for data in (frame, zoned, tmp_path / "own.csv", tmp_path / "own.xlsx"):
        assert said(load_table(data, "y"), "'when (days since 1970)': ", "34 times", written)
        table = load_table(data, "y", reading=Reading(missing=_told(written)))
        days = table.features["when (days since 1970)"]
        assert np.flatnonzero(days.isna()).tolist() == list(range(0, N, 9))
        assert not said(table, "--missing")


def test_dates_that_mark_may_be_as_late_as_they_like():
    late = DAYS.to_series(index=range(N)).astype("datetime64[us]")
    late = late.mask(np.arange(N) % 9 == 0, pd.Timestamp("9999-12-31"))
    for dates in (late, late.where(late.dt.year < 9999).astype("datetime64[ns]")):
        table = load(dates, "when", missing=("9999-12-31",))
        assert table.features["when (days since 1970)"].isna().sum() == 34
