"""Files in the format of SVMlight and LIBSVM, which write only what is not 0."""

import io
import re
from itertools import islice
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_LINE = re.compile(rb"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?(\s+qid:\d+)?(\s+\d+:[-+.\w]+)*\s*")


def is_svmlight(content: bytes) -> bool:
    """Whether the first lines, comments aside, are labels and pairs of a column and its value."""
    lines = (line.partition(b"#")[0] for line in islice(io.BytesIO(content), 200))
    labelled = [line for line in lines if line.strip()]
    return all(map(_LINE.fullmatch, labelled)) and any(b":" in line for line in labelled)


def read_svmlight(file: IO[bytes]) -> "pd.DataFrame":
    """Read lines such as "1 3:0.5 7:2": a target, and the columns that are not 0."""
    import pandas as pd
    from sklearn.datasets import load_svmlight_file

    X, y = load_svmlight_file(file)
    frame = pd.DataFrame(X.toarray(), columns=range(1, X.shape[1] + 1))
    frame.insert(0, 0, y)
    return frame
