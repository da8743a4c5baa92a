"""The wait loops of the libraries with which `make bench` compares, installed in their environment."""

import math

import pytest

from ..bench import installed


def test_installed_libraries_see_the_end_of_every_job() -> None:
    found = installed.run("schedules", 10, 1)

    assert found["gives_up"] == {
        "job-status": pytest.approx(3600, abs=1),
        "google-api-core": pytest.approx(900, abs=20),
        "azure-core": None,
        "botocore": 585.0,
        "tenacity": None,
    }
    polls = {name: means["polls"] for name, means in found["rounds"][0]["deploy"].items()}
    assert polls["azure-core"] < polls["botocore"] < polls["job-status"] < polls["tenacity"]
    assert all(0 <= means["overshoot"] < math.inf for row in found["rounds"][0].values() for means in row.values())
