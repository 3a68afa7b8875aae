"""How the tests are run."""


def pytest_xdist_auto_num_workers(config):
    """Two processes for the whole suite, none beside this one for what is named by hand.

    Each process starts TensorFlow and compiles for itself, so more would gain little.
    """
    return 0 if config.option.file_or_dir else 2
