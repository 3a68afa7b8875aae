"""A thousand fits in one process leave nothing behind."""

import json
import os
import subprocess
import sys

import psutil
import pytest
from engine_toy import table, tiny

SCRIPT = """
import json
import psutil
from engine_toy import table, tiny

ARCHITECTURES = [
    {"hidden_layer_sizes": sizes, "batch_norm": batch_norm}
    for sizes in ((2,), (3,), (4,), (5,), (6,))
    for batch_norm in (False, True)
]
X, y = table(n_rows=24)
resident = []
for number in range(1000):
    options = {
        **ARCHITECTURES[number % 10],
        "dropout": number % 7 / 10,
        "learning_rate": 0.01 * (1 + number % 5),
        "max_norm": 1 + number % 3,
        "epochs": 1 + number % 2,
        "random_state": number,
    }
    tiny(**options).fit(X, y).predict(X)
    if number % 100 == 99:
        resident.append(psutil.Process().memory_info().rss / 2**20)
print(json.dumps(resident))
"""


def test_a_few_hundred_fits():
    """The thousand below in small: memory that grew by 64 KiB a fit would be seen."""
    X, y = table()
    process, resident = psutil.Process(), []
    for _ in range(2):
        for number in range(150):
            tiny(dropout=number % 7 / 10, max_norm=1 + number % 3, epochs=1).fit(X, y).predict(X)
        resident.append(process.memory_info().rss / 2**20)
    assert resident[1] - resident[0] < 10, resident


@pytest.mark.slow
def test_a_thousand_fits_of_ten_architectures():
    """Resident memory, in MiB after each hundred: less than 20 more than after the first."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    resident = json.loads(done.stdout)
    assert len(resident) == 10
    assert max(resident) - resident[0] < 20, resident
