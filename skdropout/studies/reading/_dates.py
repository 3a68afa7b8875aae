"""Dates and times of day, and the numbers that they mean."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_MOST_ODD = 0.005  # share of texts that may be no dates
_ORDERS = {  # month first before day first: where both fit, the former is taken, with a note
    "/": ("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%Y/%m/%d"),
    ".": ("%d.%m.%Y", "%d.%m.%y", "%Y.%m.%d"),
    "-": ("%Y-%m-%d", "%m-%d-%Y", "%d-%m-%Y", "%d-%b-%Y", "%d-%b-%y", "%d-%B-%Y"),
    " ": ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%a %b %d %Y"),
}
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%H.%M.%S")


def read_dates(texts: "pd.Series") -> tuple["pd.Series", str] | None:
    """Read different texts as dates or times, and say how, or return None where they are none."""
    import pandas as pd

    sample = texts.iloc[:: max(len(texts) // 30, 1)]
    looks = sample.str.fullmatch(r"(?=.*\d.*[-/.: ].*\d).{3,35}")
    if texts.empty or looks.mean() < 0.9:
        return None

    def parse(values: "pd.Series", form: str) -> "pd.Series":
        return pd.to_datetime(values, format=form, errors="coerce", utc=True)

    forms = ["ISO8601"] if sample.str.match(r"\d{4}-\d").mean() > 0.9 else []
    forms += [
        day + clock
        for mark, days in _ORDERS.items()
        if sample.str.contains(mark, regex=False).mean() > 0.9
        for day, clock in product(days, _CLOCKS)
    ]
    forms += _TIMES if sample.str.match(r"\d{1,2}[:.]\d\d").mean() > 0.9 else []
    likely = [form for form in forms if parse(sample, form).notna().mean() > 0.5]
    read = {form: parse(texts, form) for form in likely}
    fits = [form for form in read if read[form].isna().mean() <= _MOST_ODD]
    if not fits:
        return None
    form = min(fits, key=lambda form: read[form].isna().sum())
    first = read[form].first_valid_index()
    example = texts[first]
    if form in _TIMES:
        since = read[form].dt.tz_localize(None) - pd.Timestamp("1900-01-01")
        return since, f"times of day, such as {example!r}"
    dates = read[form].dt.tz_localize(None)
    twin = _swapped(form)
    doubt = ""
    if twin != form and twin in fits and read[twin].isna().sum() == read[form].isna().sum():
        doubt = " (month first; they could be days first)"
    return dates, f"dates, such as {example!r} for {dates[first]:%d %B %Y}{doubt}"


def whole_number_dates(numbers: "pd.Series") -> "pd.Series | None":
    """Read numbers such as 20201231 as dates, or return None where they are none."""
    import pandas as pd

    known = numbers.dropna()
    if known.empty or known.min() < 18000101 or known.max() > 22001231:
        return None
    if known.nunique() < 10 or (known % 1 != 0).any():
        return None
    texts = numbers.astype("Int64").astype("string")
    dates = pd.to_datetime(texts, format="%Y%m%d", errors="coerce")
    return dates if dates.notna().sum() == len(known) else None


def dates_to_numbers(name: str, dates: "pd.Series", marks: Iterable[str]) -> dict[str, "pd.Series"]:
    """Turn dates into days since 1970, and month, weekday and hour where these vary.

    Those that a mark names are missing.
    """
    import pandas as pd

    if dates.dtype.kind == "m":
        return {f"{name} (days)": dates / pd.Timedelta("1D")}
    if getattr(dates.dt, "tz", None) is not None:
        dates = dates.dt.tz_convert(None)
    for mark in marks:
        if (date := _as_date(mark)) is not None:
            dates = dates.mask(dates == date)
    parts = {
        f"{name} (days since 1970)": (dates - pd.Timestamp(0).as_unit("s")) / pd.Timedelta("1D")
    }
    if dates.dt.month.nunique() > 2:
        parts[f"{name} (month)"] = dates.dt.month
    if (dates.dt.day != 1).any() and dates.dt.day_of_week.nunique() > 2:
        parts[f"{name} (weekday)"] = dates.dt.day_of_week
    if dates.dt.hour.nunique() > 2:
        parts[f"{name} (hour)"] = dates.dt.hour
    return {part: values.astype(float) for part, values in parts.items()}


def date_of(days: float) -> str:
    """Write days since 1970 as the date that they are, with its time of day if it has one."""
    return str(datetime(1970, 1, 1) + timedelta(days)).removesuffix(" 00:00:00")


def _as_date(mark: str) -> datetime | None:
    """Read a full date as :func:`date_of` writes it."""
    try:
        date = datetime.fromisoformat(mark)
    except ValueError:
        return None
    return date if date.tzinfo is None else date.astimezone(UTC).replace(tzinfo=None)


def _swapped(form: str) -> str:
    """Return the form with day and month the other way round."""
    return form.replace("%m", "%_").replace("%d", "%m").replace("%_", "%d")
