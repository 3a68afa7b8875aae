"""Studies without the network."""

import pytest
from sonar_toy import sonar_stand_in


@pytest.fixture(scope="module", autouse=True)
def sonar(tmp_path_factory):
    with sonar_stand_in(tmp_path_factory.mktemp("data")):
        yield
