"""The same small table as people's programs write it. As a program: writes all files to a folder.

Forty rows of a width (with fractions), a grain (whole numbers), a wood, and a grade to predict.
"""

import bz2
import gzip
import io
import lzma
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

_RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "width": _RNG.uniform(0.5, 12, 40).round(2),
        "grain": _RNG.integers(-20, 20, 40),
        "wood": _RNG.choice(["Lärche", "oak, red", "elm"], 40),
        "grade": _RNG.choice(["<=2", ">2"], 40),
    }
)
PLAIN_TABLE = TABLE.replace({"wood": {"Lärche": "larch", "oak, red": "oak"}})


def _csv(frame=TABLE, **options):
    return frame.to_csv(**{"index": False, "lineterminator": "\n"} | options)


def _packed_zip(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv"), content)
    return file.getvalue()


def _excel(frame=TABLE, above=0):
    file = io.BytesIO()
    frame.to_excel(file, index=False, startrow=above)
    return file.getvalue()


def _written_by(method, frame=TABLE, **options):
    file = io.BytesIO()
    getattr(frame, method)(file, **options)
    return file.getvalue()


def _decimal_commas():
    return TABLE.assign(width=TABLE["width"].map(lambda w: f"{w:.2f}".replace(".", ",")))


def _blanks():
    return "\n".join("   ".join(line.split(",")) for line in _csv(PLAIN_TABLE).splitlines()) + "\n"


def _arff():
    head = (
        "% from a museum\n@relation 'planks'\n@attribute width numeric\n@ATTRIBUTE 'grain' "
        "INTEGER\n@attribute wood {elm,'oak, red',Lärche}\n@attribute grade {'<=2','>2'}\n@data\n"
    )
    return head + _csv(header=False).replace('"', "'")


#: File names, and what the files hold; all but those of PLAIN_TABLE say exactly what TABLE says.
FILES = {
    "commas.csv": _csv(),
    "semicolons.csv": _csv(_decimal_commas(), sep=";"),
    "tabs.tsv": _csv(sep="\t"),
    "bars.txt": _csv(sep="|"),
    "windows_lines.csv": _csv(lineterminator="\r\n"),
    "old_mac_lines.csv": _csv(lineterminator="\r"),
    "blank_lines.csv": "\n\n" + _csv().replace("\n", "\n\n"),
    "blanks_after_commas.csv": _csv().replace(",", ", ").replace("oak, ", "oak,"),
    "blanks_in_header.csv": _csv().replace("width,grain", " width , grain ", 1),
    "all_quoted.csv": _csv(quoting=1),
    "quoted_decimal_commas.csv": _csv(_decimal_commas()),
    "excel_says_sep.csv": "sep=;\n" + _csv(sep=";"),
    "comments.csv": "# planks\n# measured, twice, with, a, ruler\n" + _csv() + "# end\n",
    "comment_is_header.csv": "#" + _csv(),
    "title.csv": "Planks of May\n\n" + _csv(),
    "trailing_commas.csv": _csv().replace("\n", ",\n"),
    "trailing_commas_below.csv": _csv().replace("\n", ",\n").replace("grade,\n", "grade\n", 1),
    "byte_order_mark.csv": "\ufeff" + _csv(),
    "utf16.csv": _csv().encode("utf-16"),
    "utf16_without_mark.csv": _csv().encode("utf-16-le"),
    "windows1252.csv": _csv().encode("cp1252"),
    "packed.csv.gz": gzip.compress(_csv().encode()),
    "packed.csv.bz2": bz2.compress(_csv().encode()),
    "packed.csv.xz": lzma.compress(_csv().encode()),
    "packed.zip": _packed_zip(planks_csv=_csv(), __MACOSX___planks_csv="rubbish"),
    "packed_twice.zip": _packed_zip(**{"planks.csv.gz": gzip.compress(_csv().encode())}),
    "sheet.xlsx": _excel(),
    "sheet_with_title.xlsx": _excel(above=3),
    "columns.parquet": _written_by("to_parquet"),
    "columns.feather": _written_by("to_feather"),
    "records.json": _written_by("to_json", orient="records"),
    "records.jsonl": _written_by("to_json", orient="records", lines=True),
    "stata.dta": _written_by("to_stata", write_index=False),
    "museum.arff": _arff(),
}
PLAIN_FILES = {
    "blanks.dat": _blanks(),
    "r_row_names.txt": _csv(PLAIN_TABLE, sep=" ", index=True, quoting=2).replace('"" ', "", 1),
    "aligned.txt": PLAIN_TABLE.to_string(index=False) + "\n",
}
HEADLESS_FILES = {
    "headless.data": _csv(header=False),
    "headless.xlsx": _written_by("to_excel", index=False, header=False),
    "counted.csv": _csv(TABLE.set_axis(range(4), axis=1)),
}


def write(folder, name):
    """Write one of the files and return where it is."""
    content = (FILES | PLAIN_FILES | HEADLESS_FILES)[name]
    path = Path(folder) / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


if __name__ == "__main__":
    for file_name in FILES | PLAIN_FILES | HEADLESS_FILES:
        print(write(sys.argv[1], file_name))
