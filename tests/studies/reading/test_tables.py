"""A user's own table: what is understood, what is refused, and in which words."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdropout.studies import StudyError
from skdropout.studies.reading import Reading, load_table


def write(folder, text, name="own.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def passengers(n=60):
    """A table with everything in it that people's tables have."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.2, np.nan, rng.uniform(1, 80, n)),
            "member": rng.random(n) < 0.5,
            "port": rng.choice(["Cherbourg", "Queenstown", None], n),
            "ticket": [f"T{i:04}" for i in range(n)],
            "cabin": [None] * n,
            "survived": rng.choice(["no", "yes"], n),
        }
    )


def refuse(path_or_frame, target="y", task=None):
    with pytest.raises(StudyError) as caught:
        load_table(path_or_frame, target, task)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_a_byte_order_mark_are_understood(tmp_path, separator):
    text = "\ufeffa,b,y\n1,2.5,x\n3,4.5,z\n".replace(",", separator)
    table = load_table(write(tmp_path, text), "y")
    assert list(table.features.columns) == ["a", "b"]
    assert table.features.to_numpy().tolist() == [[1, 2.5], [3, 4.5]]
    assert table.classes == ("x", "z")
    assert table.targets.tolist() == [0, 1]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas_are_understood(tmp_path, separator):
    text = "a;b;c;y\n0,5;1;x,1;-2,5e-1\n;2;y;3\n".replace(";", separator)
    table = load_table(write(tmp_path, text), "y")
    assert table.features["a"].tolist() == pytest.approx([0.5, np.nan], nan_ok=True)
    assert table.features["c"].tolist() == ["x,1", "y"]
    assert table.targets.tolist() == [-0.25, 3]


@pytest.mark.parametrize("header", ["a,y,y", "a,a,y"])
def test_two_columns_of_one_name_are_refused(tmp_path, header):
    path = write(tmp_path, f"{header}\n1,2,0\n3,4,1\n")
    assert f"several columns named '{header[2]}'" in refuse(path)


def test_columns_without_a_name_stay(tmp_path):
    table = load_table(write(tmp_path, ',b,y\n1.5,"2",x\n3.5,4,z\n'), "y")
    assert list(table.features.columns) == ["Unnamed: 0", "b"]


def test_plain_numbers_get_the_published_preparation():
    table = load_table("breast_cancer", None)
    assert [type(step) for step in table.steps] == [StandardScaler]
    assert table.n_inputs == 30
    assert len(table.targets) == 569


def test_missing_values_and_texts_are_dealt_with_inside_the_pipeline():
    table = load_table(passengers(), "survived")
    # age, member, and a column each for two ports and "missing"
    assert table.n_inputs == 5
    left_out = [note.split(" is left out")[0] for note in table.notes if "left out" in note]
    assert left_out == ["Column 'ticket'", "Column 'cabin'"]
    model = make_pipeline(*table.steps, DecisionTreeClassifier(random_state=0))
    half = len(table.targets) // 2
    model.fit(table.features[:half], table.targets[:half])
    rest = table.features[half:].assign(port="Southampton", age=np.nan)
    numbers = model[:-1].transform(rest)
    assert numbers.shape == (half, table.n_inputs)
    assert np.isfinite(numbers).all()
    assert len(model.predict(rest)) == half


def test_the_content_decides_the_hash(tmp_path):
    one = load_table(write(tmp_path, "a,b,y\n1,2.5,x\n3,4.5,z\n"), "y").describe()
    same = load_table(write(tmp_path, "a;b;y\n1.0;2.50;x\n3;4.5;z\n"), "y").describe()
    value = load_table(write(tmp_path, "a,b,y\n1,2.5,x\n3,4.6,z\n"), "y").describe()
    label = load_table(write(tmp_path, "a,b,y\n1,2.5,x\n3,4.5,x2\n"), "y").describe()
    assert one == same
    assert len({one["sha256"], value["sha256"], label["sha256"]}) == 3


def test_a_file_is_never_taken_for_a_published_table(tmp_path):
    rows = "".join(f"{i},{i % 2}\n" for i in range(40))
    path = write(tmp_path, "a,y\n" + rows, name="sonar.csv")
    assert load_table(path, "y").name == "sonar.csv"


def test_the_target_must_be_named_and_be_there(tmp_path):
    path = write(tmp_path, "length,width,species\n1,2,a\n")
    assert "its columns: 'length', 'width', 'species'" in refuse(path, None)
    assert "did you mean 'species'?" in refuse(path, "Spezies")
    assert "its columns: 'length', 'width', 'species'" in refuse(path, "y")
    assert "0 to 2, or -3 to -1 from the end" in refuse(path, 3)
    assert "has its own target" in refuse("breast_cancer", "y")
    assert "has its own task" in refuse("breast_cancer", None, task="regression")


def test_unreadable_files_are_refused(tmp_path):
    assert "no file" in refuse(tmp_path / "missing.csv")
    assert "cannot be read" in refuse(write(tmp_path, ""))
    assert "cannot be read" in refuse(tmp_path)
    assert "has no rows" in refuse(write(tmp_path, "a,y\n"))
    long = write(tmp_path, "a,y\n1,2\n\n1,2,3\n")
    assert "more fields than the header has names (2) in line 4" in refuse(long)


def test_unknown_names_suggest_the_nearest():
    assert "did you mean sonar?" in refuse("sonnar", None)
    assert "did you mean digits?" in refuse("digts", None)
    message = refuse("xyz", None)
    assert "no file, folder or data set 'xyz'" in message
    assert "known: breast_cancer, sonar, cifar100, digits" in message


def test_targets_that_are_no_classes_are_refused(tmp_path):
    assert "single class, 1" in refuse(pd.DataFrame({"a": [1, 2], "y": [1, 1]}))
    assert "All 2 values are missing" in refuse(pd.DataFrame({"a": [1, 2], "y": [None, None]}))
    numbers = pd.DataFrame({"a": range(9), "y": np.linspace(0, 1, 9)})
    assert "holds quantities such as 0.125, not classes" in refuse(numbers, task="classification")


@pytest.mark.parametrize(
    ("values", "task", "why"),
    [
        (["a", "b"] * 30, "classification", "holds texts or yes and no"),
        ([True, False] * 30, "classification", "holds texts or yes and no"),
        ([0, 1, 2] * 20, "classification", "3 different whole numbers: classes"),
        ([0.0, 1.0] * 30, "classification", "2 different whole numbers: classes"),
        ([0.5, 1.0] * 30, "regression", "numbers with fractions, 2 different ones"),
        (list(range(60)), "regression", "60 different whole numbers: quantities"),
    ],
)
def test_the_task_is_recognised_and_said(values, task, why):
    frame = pd.DataFrame({"a": np.arange(60.0), "y": values})
    table = load_table(frame, "y")
    assert table.task == task == table.describe()["task"]
    assert why in table.reason
    asked = load_table(frame, "y", task)
    assert asked.reason == f"You asked for {task}."
    assert asked.describe() == table.describe()
    only_one_will_do = "texts" in why or values[0] == 0.5
    assert ("--task" in table.reason) == (not only_one_will_do)


def test_the_task_may_be_chosen():
    frame = pd.DataFrame({"a": np.arange(60.0), "y": [1, 2, 3] * 20})
    table = load_table(frame, "y", "regression")
    assert table.classes == ()
    assert table.targets.dtype == float
    assert table.targets.tolist() == [1, 2, 3] * 20
    ordinal = pd.DataFrame({"a": range(60), "y": list(range(30)) * 2})
    assert load_table(ordinal, "y", "classification").classes[-1] == "29"
    assert "did you mean regression" in refuse(frame, task="regresion")
    texts = pd.DataFrame({"a": range(4), "y": list("abab")})
    assert "holds texts" in refuse(texts, task="regression")


def test_quantities_that_tell_nothing_are_refused():
    assert "single value, 0.5" in refuse(pd.DataFrame({"a": range(9), "y": [0.5] * 9}))
    assert "infinite" in refuse(pd.DataFrame({"a": range(9), "y": [0.5, np.inf, *range(7)]}))


def test_features_that_cannot_be_used_are_refused():
    assert "'a' of table holds infinite" in refuse(pd.DataFrame({"a": [1, np.inf], "y": [0, 1]}))
    assert "no feature column" in refuse(pd.DataFrame({"y": [0, 1]}))
    twice = pd.DataFrame([[1, 2, 0], [3, 4, 1]], columns=["a", "a", "y"])
    assert "several columns named 'a'" in refuse(twice)


def test_arrays_and_frames_are_taken_with_their_target_apart():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 2)), np.array(["a", "b", "b"] * 4)
    one = load_table(X, y=y)
    assert list(one.features.columns) == ["0", "1"]
    assert np.array_equal(one.features.to_numpy(), X)
    assert one.class_counts == {"a": 4, "b": 8}
    frame = pd.DataFrame(X, columns=["y", "z"])
    apart = load_table(frame, y=pd.Series(y, index=range(5, 17)))
    assert apart.targets.tolist() == one.targets.tolist() == [0, 1, 1] * 4
    assert list(frame.columns) == ["y", "z"] == list(apart.features.columns)
    both = load_table(frame.set_axis(["y", "target"], axis=1), y=y)
    assert list(both.features.columns) == ["y", "target"]
    assert np.array_equal(both.features.to_numpy(), X)
    shown = "\n".join(apart.overview())
    assert "12 rows. Taken as classification, since" in shown
    assert "Columns used: 2 of numbers: 'y', 'z'." in shown
    assert "'b' 8, 'a' 4" in shown
    for refused, words in [
        ({"y": y[:3]}, "one value for each of the 12 rows, got shape (3,)"),
        ({"y": y, "target": "z"}, "either y or target"),
    ]:
        with pytest.raises(StudyError) as caught:
            load_table(frame, **refused)
        assert words in str(caught.value)
    with pytest.raises(StudyError, match="y comes with a frame"):
        load_table("breast_cancer", y=y)


def grades(**columns):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": rng.normal(size=200), "y": rng.choice(["a", "b"], 200)} | columns)


@pytest.mark.parametrize("mark", [None, np.nan, "", " ", "?", "NA", "n/a", "null"])
def test_rows_without_a_target_are_left_out_and_told(tmp_path, mark):
    frame = grades()
    frame.loc[[3, 7], "y"] = mark
    frame.to_csv(tmp_path / "own.csv", index=False)
    for table in (load_table(frame, "y"), load_table(tmp_path / "own.csv", "y")):
        assert table.classes == ("a", "b")
        assert len(table.targets) == len(table.features) == 198
        assert table.features["x"].tolist() == pytest.approx(frame["x"].drop([3, 7]).tolist())
        assert table.notes == (
            f"2 rows without a value in the target column 'y' of {table.name} are left out.",
        )


def test_quantities_in_texts_are_understood():
    amounts = [f"${i:,}.50" for i in range(900, 1100)]
    table = load_table(grades(y=[*amounts[:-1], "-"]), "y")
    assert table.task == "regression"
    assert table.targets.tolist() == [i + 0.5 for i in range(900, 1099)]
    table = load_table(grades(y=[*amounts[:-1], "broken"]), "y")
    assert len(table.targets) == 199
    assert "what is none counts as missing: 'broken' in row 199" in table.notes[0]


def test_none_may_be_a_class():
    frame = grades(y=["None", "some"] * 100)
    table = load_table(frame, "y")
    assert table.classes == ("None", "some")
    assert "--missing None" in table.notes[0]
    assert "single class, some" in refuse_reading(frame, missing=("None",))


def refuse_reading(data, target="y", **options):
    with pytest.raises(StudyError) as caught:
        load_table(data, target, reading=Reading(**options))
    return str(caught.value)


def test_classes_that_differ_in_spelling_are_pointed_at():
    table = load_table(grades(y=["<=50K", "<=50K.", ">50K", " >50K"] * 50), "y")
    assert table.classes == ("<=50K", "<=50K.", ">50K")
    assert "Look at the classes '<=50K' and '<=50K.'" in table.notes[0]


def test_rare_classes_are_left_out_where_one_says_so():
    frame = grades(y=["a"] * 100 + ["b"] * 97 + ["c"] * 2 + ["d"])
    kept = load_table(frame, "y", reading=Reading(min_class_rows=5))
    assert kept.class_counts == {"a": 100, "b": 97}
    assert "'c' 2, 'd' 1" in kept.notes[0]
    assert "leaves fewer than two classes" in refuse_reading(frame, min_class_rows=98)


@pytest.mark.parametrize("copies", [1, 10])
def test_the_number_of_rows_does_not_decide_on_the_task(copies):
    ages = list(range(18, 66)) * 5 * copies
    grade = [1, 2, 3, 4, 5] * 48 * copies
    frame = pd.DataFrame({"x": np.linspace(0, 1, len(ages)) ** 2, "age": ages, "grade": grade})
    assert load_table(frame, "age").task == "regression"
    assert load_table(frame, "grade").classes == ("1", "2", "3", "4", "5")


def test_classes_are_named_as_they_are_written():
    assert load_table(grades(y=[0.0, 1.0] * 100), "y").classes == ("0", "1")
    assert load_table(grades(y=[True, False] * 100), "y").classes == ("False", "True")
    assert load_table(grades(y=["10", "9"] * 100), "y").classes == ("9", "10")
    dates = pd.date_range("2020-01-01", periods=200)
    assert "holds dates" in refuse_reading(grades(y=dates))
    texts = grades(y=[f"text {i}" for i in range(200)])
    assert "Is it the right column?" in refuse_reading(texts)


def test_names_are_found_without_blanks_and_quoted(tmp_path):
    path = write(tmp_path, " <=50K , x \n1.5,a\n2.5,b\n3.5,a\n")
    assert load_table(path, "<=50K").targets.tolist() == [1.5, 2.5, 3.5]
    assert "did you mean '<=50K'?" in refuse_reading(path, "<=50k.")


def test_published_and_embedded_tables_are_taken_as_they_are():
    assert load_table("breast_cancer").notes == ()
    assert load_table("sonar").notes == ()
    assert load_table("sonar").features.shape == (208, 60)
    for name in ("breast_cancer", "sonar"):  # which refuse options of the target
        assert "--task" not in "".join(load_table(name).overview())


def test_the_path_of_a_file_is_no_name_of_data_that_are_built_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "a,b,y\n1,2.5,x\n3,4.5,z\n", name="sonar")
    table = load_table("./sonar", "y")
    assert load_table(table.path, "y").features.equals(table.features)


def test_named_tables_are_read_as_one_says():
    table = load_table("sonar", reading=Reading(drop_columns=("band_01",), missing=("0.0371",)))
    assert table.features.shape == (208, 59)
    assert table.features.isna().any(axis=None)
    assert "no column 'typo' for --drop-columns" in refuse_reading(
        "sonar", None, drop_columns=("band_01", "typo")
    )


@pytest.mark.parametrize(
    ("option", "belongs"),
    [
        ({"separator": ";"}, "--separator does not apply to {}: it belongs to text files"),
        ({"encoding": "utf-8"}, "--encoding does not apply to {}: it belongs to text files"),
        ({"header": False}, "--header does not apply to {}: it belongs to text files and Excel"),
        ({"sheet": "May"}, "--sheet does not apply to {}: it belongs to Excel files"),
        ({"image_size": 16}, "--image-size does not apply to {}: it belongs to folders of images"),
        (
            {"skip_unreadable": True},
            "--skip-unreadable does not apply to {}: it belongs to folders",
        ),
    ],
)
def test_what_cannot_apply_is_refused(tmp_path, option, belongs):
    frame = grades()
    frame.to_parquet(tmp_path / "own.parquet")
    (tmp_path / "own.arff").write_text(
        "@attribute x numeric\n@attribute y {a,b}\n@data\n1,a\n2,b\n"
    )
    for data, name in (
        ("breast_cancer", "breast_cancer"),
        (frame, "rows from Python"),
        (tmp_path / "own.parquet", tmp_path / "own.parquet"),
        *([] if "encoding" in option else [(tmp_path / "own.arff", tmp_path / "own.arff")]),
    ):
        target = None if isinstance(data, str) else "y"
        assert belongs.format(name) in refuse_reading(data, target, **option)


def test_names_of_an_arff_file_are_names_whatever_they_look_like(tmp_path):
    header = "@attribute y {y,n}\n@attribute class {a,b}\n@data\n"
    (tmp_path / "own.arff").write_text(header + "y,a\nn,b\n" * 12)
    table = load_table(tmp_path / "own.arff", "class")
    assert [*table.features] == ["y"]
    assert len(table.features) == 24


def test_what_belongs_to_other_files_is_refused(tmp_path):
    grades().to_csv(tmp_path / "own.csv", index=False)
    assert "--sheet does not apply" in refuse_reading(tmp_path / "own.csv", sheet="May")
    grades().to_excel(tmp_path / "own.xlsx", index=False)
    assert "--encoding does not apply" in refuse_reading(tmp_path / "own.xlsx", encoding="utf-8")
    numbers = grades(y=np.linspace(0, 1, 200))
    message = refuse_reading(numbers, min_class_rows=5)
    assert "--min-class-rows does not apply to the target column 'y' of table" in message
    assert "separator must be one character, got ';;'" in refuse_reading(
        tmp_path / "own.csv", separator=";;"
    )


@pytest.mark.parametrize(
    "option",
    [
        {"separator": ";"},
        {"header": False},
        {"sheet": "May"},
        {"image_size": 16},
        {"skip_unreadable": True},
    ],
)
def test_what_means_nothing_for_an_arff_file_is_refused(tmp_path, option):
    path = tmp_path / "own.arff"
    path.write_text("@attribute x numeric\n@attribute y {a,b}\n@data\n1,a\n2,b\n")
    assert f"does not apply to {path}: it belongs to " in refuse_reading(path, **option)


@pytest.mark.parametrize("values", [list(range(25)), [0.5, 1, 1.5, 10, 2]])
def test_a_target_that_pandas_has_for_categories_is_classes(values):
    y = pd.Categorical(values * 4)
    frame = pd.DataFrame({"a": np.linspace(0, 1, len(y)) ** 2, "y": y})
    for task in (None, "classification"):
        table = load_table(frame, "y", task)
        assert table.task == "classification"
        assert table.classes == tuple(f"{value:g}" for value in sorted(values))
    assert "holds categories. --task regression says otherwise" in load_table(frame, "y").reason
    assert load_table(frame, "y", "regression").targets.tolist() == values * 4
