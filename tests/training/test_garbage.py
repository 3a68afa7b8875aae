"""Python looks for garbage again when a trace or an import is over, and only if it did before."""

import gc
from contextlib import suppress

import pytest

from skdropout.training import collected_later


@pytest.fixture(params=[True, False])
def was_on(request):
    (gc.enable if request.param else gc.disable)()
    yield request.param
    gc.enable()


def test_all_is_as_before(was_on):
    with suppress(KeyError), collected_later():
        assert not gc.isenabled()
        with collected_later():
            assert not gc.isenabled()
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled() is was_on
