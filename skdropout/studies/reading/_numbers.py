"""Numbers that stand in texts, and how a column writes them: decided for the column as a whole."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import nan

#: Texts that mark a missing value among texts, in lower case ("none" is often a class).
MARKS_IN_TEXTS = frozenset(
    ["", "?", "na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nan", "-nan", "null", "nat", "\\n"]
)
#: Texts that mark one among numbers.
MARKS = MARKS_IN_TEXTS | {
    *("??", "???", "-", "--", "---", "–", "—", ".", "..", "...", "*", "**", "#", "/"),
    *("n.a", "n. a.", "n/d", "nd", "(null)", "nil", "none", "missing", "(missing)", "miss"),
    *("unknown", "unk", "undefined", "empty", "blank", "not available", "not applicable"),
    *("not known", "no data", "nodata", "#n/a n/a", "#null!", "#div/0!", "#value!", "#ref!"),
    *("#num!", "#name?", "1.#ind", "1.#qnan", "-1.#ind", "-1.#qnan"),
}
FEW = 0.005  # cells that fit nothing become missing up to this share of a column, or one of 200

_CURRENCY = r"(?:[$€£¥₹]|USD|EUR|GBP|CHF)"
_WRITTEN = re.compile(
    rf"(?P<open>\()?\s*(?P<before>{_CURRENCY})?\s*(?P<sign>[+\-−]?)\s*(?P<before2>{_CURRENCY})?\s*"
    r"(?P<digits>\d[\d.,'’ \u00a0\u202f]*|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?"
    rf"\s*(?P<unit>{_CURRENCY}|[^\W\d_]{{1,8}}[.²³]?(?:/[^\W\d_]{{1,6}}[²³]?)?|[%‰°+])?\s*(?P<close>\))?"
)
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DIGITS = {
    ".": re.compile(
        r"\d*(\.\d*)?|[1-9]\d{0,2}([,'’ \u00a0\u202f]\d{2,3})*[,'’ \u00a0\u202f]\d{3}(\.\d*)?"
    ),
    ",": re.compile(
        r"\d*(,\d*)?|[1-9]\d{0,2}([.'’ \u00a0\u202f]\d{2,3})*[.'’ \u00a0\u202f]\d{3}(,\d*)?"
    ),
}
_GROUPING = {
    decimal: str.maketrans(dict.fromkeys(f"'’ \u00a0\u202f{other}", "") | {decimal: "."})
    for decimal, other in (".,", ",.")
}
_MULTIPLIERS = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "bn": 1e9}


@dataclass(frozen=True)
class Numbers:
    """What the different texts of a column are as numbers, and which of them are none.

    `values` has a number for each text that is one, and nan for each that marks a missing value;
    `how` says, with an example, how they are written, and is empty where they are plain.
    """

    values: Mapping[str, float]
    odd: tuple[str, ...]
    marks: tuple[str, ...]
    how: str


def read_numbers(texts: Iterable[str], decimal: str | None = None) -> Numbers:
    """Read the different texts of a column as numbers; `decimal` is what sets fractions off."""
    texts = list(texts)
    marks = tuple(text for text in texts if text.strip().casefold() in MARKS)
    candidates = [text for text in texts if text.strip().casefold() not in MARKS]
    if _are_codes(candidates):
        return Numbers({}, tuple(candidates), marks, "")
    values = _read_all(candidates, decimal or ".")
    if decimal is None and len(values) < len(candidates):
        values = max(values, _read_all(candidates, ","), key=len)
    odd = tuple(text for text in candidates if text not in values)
    unusual = next((text for text in values if not _PLAIN.fullmatch(text.strip())), None)
    how = "" if unusual is None else f"{unusual!r} as {values[unusual]:.12g}"
    return Numbers(values | dict.fromkeys(marks, nan), odd, marks, how)


def decimal_sign(texts: Iterable[str]) -> str | None:
    """Return what sets fractions off in a column, as in 0,5, if its numbers can only be read so."""
    texts = [text for text in texts if text.strip().casefold() not in MARKS]
    n_read = {sign: len(_read_all(texts, sign)) for sign in ",."}
    sign, other = sorted(n_read, key=n_read.__getitem__, reverse=True)
    return sign if n_read[sign] > max(n_read[other], (1 - FEW) * len(texts) - 1) else None


def _are_codes(texts: list[str]) -> bool:
    """Whether texts are such as 00501: digits of one length of which some begin with 0."""
    lengths = {len(text) for text in texts if text.isdecimal()}
    if len(lengths) != 1 or max(lengths) < 3:
        return False
    return all(text.isdecimal() for text in texts) and any(text[0] == "0" for text in texts)


def _read_all(texts: Iterable[str], decimal: str) -> dict[str, float]:
    """Read those texts that are numbers with the same unit as most."""
    read = {text: found for text in texts if (found := _read_one(text, decimal)) is not None}
    units = Counter(unit for _, unit in read.values())
    if not units:
        return {}
    unit = max(units, key=units.__getitem__)
    return {text: value for text, (value, own) in read.items() if own == unit}


def _read_one(text: str, decimal: str) -> tuple[float, str] | None:
    """Read a number and its unit; currencies, thousands and millions are no unit."""
    text = text.strip()
    if decimal == "." and _PLAIN.fullmatch(text):
        return float(text), ""
    match = _WRITTEN.fullmatch(text)
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    if match["before"] and match["before2"]:
        return None
    digits = match["digits"].strip()
    if not _DIGITS[decimal].fullmatch(digits):
        return None
    value = float(digits.translate(_GROUPING[decimal]) + (match["exponent"] or ""))
    if match["sign"] in ("-", "−") or match["open"]:
        value = -value
    unit = match["unit"] or ""
    if unit in _MULTIPLIERS:
        return value * _MULTIPLIERS[unit], ""
    return value, "" if re.fullmatch(_CURRENCY, unit) else unit
