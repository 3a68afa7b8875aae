"""How the tests are run."""

import pytest


def pytest_xdist_auto_num_workers(config):
    """Two processes for the whole suite, none beside this one for what is named by hand.

    Each process starts TensorFlow and compiles for itself, so more would gain little.
    """
    return 0 if config.option.file_or_dir else 2


class Examples:
    """What the examples in docstrings find, which stand outside this folder."""

    @pytest.fixture(autouse=True)
    def sonar(self, request):
        if not isinstance(request.node, pytest.DoctestItem):
            yield
            return
        from sonar_toy import sonar_stand_in

        with sonar_stand_in(request.getfixturevalue("tmp_path")):
            yield


def pytest_configure(config):
    config.pluginmanager.register(Examples())
