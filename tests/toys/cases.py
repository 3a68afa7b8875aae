"""Cases of parametrised tests."""

import pytest


def slow(*values, **options):
    """Return a case that repeats what cheaper ones show, and runs with the slow tests."""
    return pytest.param(*values, marks=pytest.mark.slow, **options)


#: Both engines, for a test that the compiled one passes in a moment.
EACH_ENGINE = ["compiled", slow("keras")]
