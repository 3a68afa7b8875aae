"""ARFF files, whose quotation marks, escapes and rows are their own."""

import pytest

from skdropout.studies import StudyError
from skdropout.studies.reading import Reading, load_table
from skdropout.studies.reading._files import read_file

HEAD = "@relation own\n@attribute text string\n@attribute x numeric\n@attribute y {a,b}\n@data\n"


def save(folder, content):
    path = folder / "own.arff"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refuse(path, **options):
    with pytest.raises(StudyError) as caught:
        load_table(path, "y", reading=Reading(**options))
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("""'say "hi", 0'""", 'say "hi", 0'),
        ('''"D'Arc"''', "D'Arc"),
        (r"'isn\'t'", "isn't"),
        (r'''"a \"b\" \\ c"''', r'a "b" \ c'),
        (r"'two\nlines'", "two\nlines"),
        ("Bob's", "Bob's"),
        ('6"', '6"'),
        ("''", None),
        ("'50%, {half}'", "50%, {half}"),
    ],
)
def test_cells_say_what_they_said(tmp_path, written, meant):
    rows = f"first,0.5,a\n{written},1.5,b\n'last'\t, 2.5 ,'a'\n% end\n"
    frame, notes = read_file(save(tmp_path, HEAD + rows), Reading())
    assert frame["text"].fillna("").tolist() == ["first", meant or "", "last"]
    assert frame["x"].tolist() == [0.5, 1.5, 2.5]
    assert frame["y"].tolist() == ["a", "b", "a"]
    assert notes == []


def test_names_may_be_in_quotes(tmp_path):
    names = r"""@attribute 'it\'s' numeric
@ATTRIBUTE "a, b" real
@attribute	y{a,b}
@Data
"""
    frame, _ = read_file(save(tmp_path, names + "1,2,a\n"), Reading())
    assert frame.columns.tolist() == ["it's", "a, b", "y"]
    listed = save(tmp_path, "@attribute '#1 ' {1,2}\n@attribute y {a,b}\n@data\n1,a\n2,b\n")
    frame, _ = read_file(listed, Reading())
    assert frame.columns.tolist() == ["1", "y"]
    assert frame["1"].dtype == "category"


def test_letters_are_read_as_those_of_text_files_are(tmp_path):
    path = save(tmp_path, (HEAD + "größe,1,a\nweiß,2,b\n").encode("cp1252"))
    frame, notes = read_file(path, Reading())
    assert frame["text"].tolist() == ["größe", "weiß"]
    assert "read as Windows-1252 (--encoding" in notes[0]
    path = save(tmp_path, (HEAD + "łódź,1,a\nweiß,2,b\n").encode("cp1250"))
    frame, notes = read_file(path, Reading(encoding="cp1250"))
    assert frame["text"].tolist() == ["łódź", "weiß"]
    assert notes == []
    assert "is no utf-8 text" in refuse(path, encoding="utf-8")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{0 u, 2 a}", "a sparse row in line 7; write its zeros, too"),
        ("u,1,a,{0.5}", "a row with a weight in line 7; remove the weights"),
        ("'u,1,a", "a quotation mark that is left open in line 7"),
        ("'it''s',1,a", "a quotation mark amid a cell in line 7"),
    ],
)
def test_rows_that_no_table_can_hold_are_refused(tmp_path, row, message):
    assert message in refuse(save(tmp_path, HEAD + f"u,1,a\n{row}\n"))
