"""One table in every kind of file that people have: the same values must come out of each."""

import io

import numpy as np
import pandas as pd
import pytest
from odd_tables import FILES, HEADLESS_FILES, PLAIN_FILES, PLAIN_TABLE, TABLE, write

from skdropout.studies import StudyError
from skdropout.studies.reading import Reading, load_table
from skdropout.studies.reading._files import read_file


def check(table, expected):
    """Compare values with what the file was made of."""
    width, grain, wood = (table.features[column] for column in table.features)
    assert width.tolist() == expected["width"].tolist()
    assert grain.tolist() == expected["grain"].tolist()
    assert wood.tolist() == expected["wood"].tolist()
    assert np.array(table.classes)[table.targets].tolist() == expected["grade"].tolist()


def refuse(path, target="y", **options):
    with pytest.raises(StudyError) as caught:
        load_table(path, target, reading=Reading(**options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def save(folder, content, name="own.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("name", [*FILES, *PLAIN_FILES])
def test_files_of_every_kind_say_the_same(tmp_path, name):
    table = load_table(write(tmp_path, name), "grade")
    assert list(table.features.columns) == ["width", "grain", "wood"]
    check(table, PLAIN_TABLE if name in PLAIN_FILES else TABLE)


@pytest.mark.parametrize("name", HEADLESS_FILES)
@pytest.mark.parametrize("target", ["-1", 3])
def test_columns_without_names_are_numbered(tmp_path, name, target):
    table = load_table(write(tmp_path, name), target)
    assert list(table.features.columns) == ["0", "1", "2"]
    check(table, TABLE)
    assert ("first" in "".join(table.notes)) == name.startswith("headless")


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("windows1252.csv", "read as Windows-1252 (--encoding"),
        ("comments.csv", "Left out: 1 comment line."),
        ("title.csv", "Left out as a title: 1 line"),
        ("semicolons.csv", "decimal commas"),
        ("r_row_names.txt", "has no name in the header"),
    ],
)
def test_what_had_to_be_guessed_is_said(tmp_path, name, note):
    table = load_table(write(tmp_path, name), "grade")
    assert note in "\n".join(table.notes)
    assert note in "\n".join(table.overview())


def test_what_was_guessed_can_be_said_otherwise(tmp_path):
    path = save(tmp_path, "größe;1;y\n1,5;2;a\n2,5;3;b\n".encode("cp1250"))
    table = load_table(path, "y", reading=Reading(encoding="cp1250", header=True, separator=";"))
    assert table.features["größe"].tolist() == [1.5, 2.5]
    table = load_table(path, 2, reading=Reading(header=False))
    assert table.classes == ("a", "b", "y")
    assert "no encoding 'latin-99'" in refuse(path, encoding="latin-99")
    assert "is no utf-8 text" in refuse(path, encoding="utf-8")


def test_standard_input(monkeypatch):
    content = FILES["commas.csv"].encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    table = load_table("-", "grade")
    check(table, TABLE)
    assert table.name == "stdin"


def test_sheets_are_chosen(tmp_path):
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame().to_excel(book, sheet_name="cover")
        TABLE.to_excel(book, sheet_name="May", index=False)
        TABLE.iloc[::-1].to_excel(book, sheet_name="June", index=False)
    may = load_table(path, "grade")
    assert "Sheet 'May' is read, the first of 'May', 'June' (--sheet" in may.notes[0]
    check(may, TABLE)
    check(load_table(path, "grade", reading=Reading(sheet="June")), TABLE.iloc[::-1])
    assert "no sheet 'July'; its sheets: 'cover', 'May', 'June'" in refuse(path, sheet="July")


def test_lines_of_other_lengths(tmp_path):
    rows = [f"{i / 7:.2f},{i % 5},{'ab'[i % 2]}" for i in range(40)]
    rows[3] = "0.5"
    short = load_table(save(tmp_path, "\n".join(["u,v,y", *rows])), "y")
    assert "Line 5 has fewer than 3 fields" in short.notes[0]
    assert "1 row without a value in the target column 'y' of own.csv is left out." in short.notes
    assert len(short.targets) == 39
    rows[3], rows[30] = "0.5,3,a,7", "0.5,3,a,7"
    message = refuse(save(tmp_path, "\n".join(["u,v,y", *rows])))
    assert "more fields than the header has names (3) in lines 5, 32" in message


def test_quoted_fields_may_go_on_in_the_next_line(tmp_path):
    rows = [f'{i / 7:.2f},"ro\nse {i % 3}",{"ab"[i % 2]}' for i in range(30)]
    rows[10] = '1.5,"ro\nse 0",a,'
    rows[11] = '1.5,"ro\nse 0",a,?'
    message = refuse(save(tmp_path, "\n".join(["u,v,y", *rows])))
    assert "in line 24" in message
    rows[11] = '1.5,"ro\nse 0",a'
    table = load_table(save(tmp_path, "\n".join(["# a comment", "u,v,y", *rows])), "y")
    assert set(table.features["v"]) == {"ro\nse 0", "ro\nse 1", "ro\nse 2"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b" \n \n", "is empty"),
        ("a.csv", b"%PDF-1.7 ...", "a PDF document"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "a picture"),
        ("a.pkl", b"\x80\x04\x95", "save it as Parquet"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "save it as .xlsx"),
        ("a.csv", b"<!DOCTYPE html><html>", "a web page"),
        ("a.csv", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00rubbish", "damaged or cut off"),
        ("a.csv.gz", FILES["packed.csv.gz"][:-9], "damaged or cut off"),
        ("a.zip", FILES["packed.zip"][:-40], "cannot be unpacked"),
        ("a.parquet", FILES["columns.parquet"][:-40], "cannot be read as a table"),
        ("a.xlsx", FILES["sheet.xlsx"][:-40], "cannot be unpacked"),
        ("a.dta", FILES["stata.dta"][:300], "may be damaged"),
        ("a.feather", FILES["columns.feather"][:-300], "may be damaged"),
        ("a.csv", b",,,\n" * 9, "no rows"),
        ("a.json", b'[{"a": 1, "y"', "cannot be read as a table"),
        ("a.bin", bytes(range(32)) * 40, "is no text"),
        ("a.csv", b'a,y\n"1,2\n' + b"3,4\n" * 40000, "quotation mark left open"),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else None,  # archives have the time
)
def test_files_that_are_no_tables_are_refused(tmp_path, name, content, message):
    assert message in refuse(save(tmp_path, content, name))


def test_a_header_may_come_again(tmp_path):
    table = load_table(save(tmp_path, _three_columns() * 2), "y")
    assert len(table.targets) == 60
    assert "Left out: 1 line with the header once more." in table.notes


def test_an_index_with_a_name_is_a_column(tmp_path):
    TABLE.set_index("wood").to_parquet(tmp_path / "own.parquet")
    table = load_table(tmp_path / "own.parquet", "grade")
    assert set(table.features.columns) == {"wood", "width", "grain"}


@pytest.mark.parametrize("orient", ["columns", "split"])
def test_json_as_pandas_writes_it(tmp_path, orient):
    TABLE.to_json(tmp_path / "own.json", orient=orient)
    check(load_table(tmp_path / "own.json", "grade"), TABLE)


def test_archives_hold_a_single_table(tmp_path):
    import tarfile
    import zipfile

    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("a.png", "")
        archive.writestr("b.JPG", "")
    assert "holds pictures; unpack it" in refuse(tmp_path / "photos.zip")
    with tarfile.open(tmp_path / "own.tar.gz", "w:gz") as archive:
        archive.add(save(tmp_path, "a,y\n1,2\n"))
    assert "is an archive; unpack it" in refuse(tmp_path / "own.tar.gz")
    assert "is an address; download the file first" in refuse("https://example.org/own.csv")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "a,y\n1,2\n")
        archive.writestr("b.csv", "a,y\n1,2\n")
    assert "holds 'a.csv', 'b.csv'; give a file with a single table" in refuse(tmp_path / "two.zip")


def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("skdropout.studies.reading._files.most_bytes", lambda packed: 100)
    for name in ("packed.csv.gz", "packed.zip", "sheet.xlsx"):
        assert "unpack it first" in refuse(write(tmp_path, name), "grade")


def test_tabs_among_blanks_are_blanks_too(tmp_path):
    rows = [f'{i / 7:.2f}   {i % 5}\t"{"ab"[i % 2]} {i % 3}"' for i in range(30)]
    table = load_table(save(tmp_path, "\n".join(rows)), 0)
    assert table.features["1"].tolist() == [i % 5 for i in range(30)]
    assert set(table.features["2"]) == {f"{a} {n}" for a in "ab" for n in range(3)}


def test_a_comment_of_many_commas_is_no_header(tmp_path):
    path = save(tmp_path, "# made, by, me\n" + _three_columns())
    assert list(load_table(path, "y").features.columns) == ["u", "v"]


def _three_columns():
    return "u,v,y\n" + "".join(f"{i / 7:.2f},{i % 5},{'ab'[i % 2]}\n" for i in range(30))


def test_lines_without_a_value_are_left_out_and_counted(tmp_path):
    table = load_table(save(tmp_path, _three_columns() + ",,\n" * 5), "y")
    assert len(table.targets) == 30
    assert "Left out: 5 lines without a value." in table.notes


def test_sparse_files(tmp_path):
    rows = [f"{'+-'[i % 2]}1 1:{i / 7:.2f} {3 + i % 2}:0.5" for i in range(30)]
    table = load_table(save(tmp_path, "\n".join(rows) + "\n"), 0)
    assert table.classes == ("-1", "1")
    assert table.features["3"].tolist() == [0.5, 0] * 15
    assert table.features["4"].tolist() == [0, 0.5] * 15


def test_a_hundred_notes_of_one_kind_are_one(tmp_path):
    empty = pd.DataFrame(columns=[f"empty {n}" for n in range(100)], index=TABLE.index)
    frame = pd.concat([TABLE, empty], axis=1)
    table = load_table(save(tmp_path, frame.to_csv(index=False)), "grade")
    assert len(table.notes) == 5
    assert table.notes[-1].startswith("The same holds for 96 more columns: 'empty 4', 'empty 5'")


def numbered(folder, lines, **options):
    """Read a table of lines, and return its first column by the lines that it stands in."""
    path = save(folder, "\n".join([*lines, ""]))
    frame, notes = read_file(path, Reading(**options))
    return dict(zip(frame.index, frame.iloc[:, 0], strict=True)), notes


def test_a_header_over_two_lines_costs_no_row(tmp_path):
    rows, _ = numbered(tmp_path, ['"weight', '(kg)",x,y', "1.5,2,a", "2.5,3,b", "3.5,4,a"])
    assert rows == {3: 1.5, 4: 2.5, 5: 3.5}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_is_left_out_after_a_text_of_several_lines_takes_no_row_with_it(tmp_path, separator):
    lines = [
        "# sizes in 6\" steps", "u,note,y", '0.5,"one', '', 'two",a', ",,", "1.5,plain,b",
        '# 3" more', "2.5,plain,a", "", "u,note,y", '3.5,"three', 'four",b', "4.5,plain,a",
    ]  # fmt: skip
    rows, notes = numbered(tmp_path, [line.replace(",", separator) for line in lines], header=True)
    assert rows == {3: 0.5, 7: 1.5, 9: 2.5, 12: 3.5, 14: 4.5}
    assert notes == [
        "Left out: 1 comment line.",
        "Left out: 1 line with the header once more.", "Left out: 1 line without a value.",
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
def test_left_out_lines_among_blanks_and_in_every_encoding(tmp_path, encoding):
    lines = [
        '# 6" größe',
        "u  v   y",
        "",
        '0.5  "a',
        ' b"  1',
        "# größer",
        "\f",
        "1.5  é  0",
        "2.5 c 1",
    ]
    path = save(tmp_path, "\r\n".join(lines).encode(encoding))
    frame, _ = read_file(path, Reading(encoding="latin-1" if encoding == "latin-1" else None))
    assert frame["u"].to_dict() == {4: 0.5, 8: 1.5, 9: 2.5}
    assert frame["v"].tolist()[1:] == ["é", "c"]


def test_quotation_marks_that_leave_the_rows_in_doubt_are_refused(tmp_path):
    lines = ["u  v  y", *('0.5  \u00a0"x  1', '1.5  \u00a0"x  0') * 3]
    message = refuse(save(tmp_path, "\n".join(lines)))
    assert "3 rows or 6 rows" in message
    assert "quotation mark out of place?" in message
    lines = ["u,v,y", '# made, by, "me', "1,2,3", '4,"5",6', "7,8,9"]
    assert "comment in line 2" in refuse(save(tmp_path, "\n".join(lines)))


def test_none_is_a_class_in_excel_as_in_text(tmp_path):
    grades = pd.DataFrame({"x": range(30), "other": [0.5, 1.5] * 15, "y": ["None", "Mild"] * 15})
    grades.loc[4, "other"] = np.nan
    grades.to_excel(tmp_path / "own.xlsx", index=False)
    grades.to_csv(tmp_path / "own.csv", index=False)
    excel, text = (load_table(tmp_path / name, "y") for name in ("own.xlsx", "own.csv"))
    assert excel.classes == text.classes == ("Mild", "None")
    assert excel.features["other"].isna().sum() == text.features["other"].isna().sum() == 1


@pytest.mark.parametrize("orient", ["columns", "records", "split"])
def test_json_has_texts_and_numbers_as_they_are_written(tmp_path, orient):
    frame = pd.DataFrame(
        {"zip": ["02139", "10115"] * 15, "wait_time": range(43_000_000, 43_000_030)}
    )
    frame.assign(y=["a", "b"] * 15).to_json(tmp_path / "own.json", orient=orient)
    keep = Reading(keep_columns=("wait_time",))
    features = load_table(tmp_path / "own.json", "y", reading=keep).features
    assert features["zip"].tolist() == frame["zip"].tolist()
    assert features["wait_time"].tolist() == frame["wait_time"].tolist()


ARFF = r"""% made by hand
@RELATION 'own'
@attribute 'a text, "1"' string
@attribute grade {1,2,3}
@attribute x numeric
@attribute "y" {'isn\'t',"D'Arc"}
@data
'say "hi", 0', 1, 0.5, 'isn\'t'
"don't, no",?,1.5, "D'Arc"
% between
été,3,?,D'Arc
"""


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_arff_files_say_what_they_are_written_to_say(tmp_path, encoding):
    frame, _ = read_file(save(tmp_path, ARFF.encode(encoding), "own.arff"), Reading())
    assert list(frame.columns) == ['a text, "1"', "grade", "x", "y"]
    assert frame.iloc[:, 0].tolist() == ['say "hi", 0', "don't, no", "été"]
    assert frame["y"].tolist() == ["isn't", "D'Arc", "D'Arc"]
    assert frame["x"].tolist() == ["0.5", "1.5", "?"]
    assert frame["grade"].isna().tolist() == [False, True, False]
    assert frame[["grade", "y"]].dtypes.astype(str).tolist() == ["category", "category"]


@pytest.mark.parametrize(
    "first",
    ["1", "# from a sensor\n\n1 1:0.5", "1  1:0.5", "1 qid:3 1:0.5", "1\t1:0.5", "1e-05 1:0.5 # a"],
)
def test_sparse_files_may_begin_in_many_ways(tmp_path, first):
    rows = [f"{i % 2} 1:{i / 7:.2f} {3 + i % 2}:0.5" for i in range(30)]
    frame, _ = read_file(save(tmp_path, "\n".join([first, *rows, ""])), Reading())
    assert frame[0].tolist() == [float(first.split("\n")[-1].split()[0]), *[0, 1] * 15]
    assert frame[3].tolist() == [0, *[0.5, 0] * 15]


@pytest.mark.parametrize("last", ["2 noon", "2 12:30 late"])
def test_text_with_some_lines_like_those_of_sparse_files_is_text(tmp_path, last):
    rows = [f"{i % 5} 12:{10 + i}" for i in range(30)]
    frame, _ = read_file(save(tmp_path, "\n".join([*rows, last, *rows])), Reading(header=False))
    assert frame["1"].iloc[0] == "12:10"
