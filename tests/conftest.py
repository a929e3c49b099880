"""What every test shares."""

from hypothesis import HealthCheck, settings

# How long a test takes is measured in benchmarks. A slow or shared machine makes no test fail.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
