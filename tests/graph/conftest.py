"""Property tests are the same in every run: what is green here is green in CI."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "graph",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("graph")
