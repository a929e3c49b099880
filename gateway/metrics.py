"""Counts for operators, by Prometheus. No label holds an id, an agency or anything personal.

Served on a port of its own on loopback: who counts along in public could tell an answer from a silence.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from contracts.reply import DecisionClaims


class Metrics:
    """The gateway's metrics, in a registry of their own so that two gateways can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._messages = Counter("rj_messages", "Messages on record", ["decision", "problem"], registry=self.registry)
        self._count = cache(self._messages.labels)
        self._unverified = Counter("rj_not_verified", "Messages nobody vouched for", ["check"], registry=self.registry)
        self._turned_away = Counter("rj_turned_away", "Refused because too much waited", registry=self.registry)
        self._leaves = Gauge("rj_log_leaves", "Leaves in the log", registry=self.registry)
        self._batch = Histogram(
            "rj_batch_lines",
            "Lines of the log in a batch",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=self.registry,
        )

        self._published = Gauge("rj_log_published_leaves", "Leaves in the published log", registry=self.registry)
        self._failures = Counter("rj_witness_failures", "No cosignature", ["witness", "why"], registry=self.registry)

    def settled(self, decision: DecisionClaims) -> None:
        """A message came on record. Not counted by code: who counts along could tell a victim's "no" from it."""
        self._count(decision.decision, decision.problem or "none").inc()

    def not_verified(self, check: str) -> None:
        """A message was refused before anyone vouched for it; which check refused it is told to nobody else."""
        self._unverified.labels(check).inc()

    def turned_away(self) -> None:
        """A message, or a look into an inbox, was refused because too much waited already."""
        self._turned_away.inc()

    def committed(self, leaves: int, lines: int) -> None:
        """A batch was committed."""
        self._leaves.set(leaves)
        self._batch.observe(lines)

    def published(self, leaves: int) -> None:
        """A tree of so many leaves is published."""
        self._published.set(leaves)

    def quorum_age(self, seconds: Callable[[], float]) -> None:
        """How long ago a quorum of witnesses cosigned what is published, asked at each scrape; NaN: never."""
        gauge = Gauge("rj_quorum_age_seconds", "Age of the newest quorum of cosignatures", registry=self.registry)
        gauge.set_function(seconds)

    def witness_failed(self, witness: str, why: str) -> None:
        """A witness, by its name in the policy, has not cosigned."""
        self._failures.labels(witness, why).inc()

    @contextmanager
    def served(self, port: int | None) -> Iterator[None]:
        """Served on this port of 127.0.0.1 while the context lasts; not at all without a port. Raises OSError."""
        if port is None:
            yield
            return
        server, thread = start_http_server(port, addr="127.0.0.1", registry=self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
