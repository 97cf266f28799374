"""One line of the table, as a job measured it."""

from dataclasses import dataclass, field


@dataclass
class Line:
    """What the product took for ``count`` records, and what its peer took.

    A slow peer does a sample; ``peer_seconds`` is then reckoned for all ``count``.
    """

    name: str
    count: int
    seconds: float
    peer_seconds: float
    sample: int
    queries: float | None = None
    processor: float | None = None
    peer_processor: float | None = None
    memory: float | None = None
    memory_grown: float | None = None
    remarks: list[str] = field(default_factory=list)
