"""What every test shares."""

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import Postgres, shared

# How long a test takes is measured in benchmarks. A slow or shared machine makes no test fail.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session")
def server() -> Postgres:
    """A real PostgreSQL; each test takes a database of its own."""
    return shared()
