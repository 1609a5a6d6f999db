"""So many things in a second, and no more. Knows no particular work, and no clock."""

from attrs import define, field


@define
class Pace:
    """``most`` in any second; what was not used is not saved for later. ``now``: seconds of any clock."""

    most: int
    _left: float = field(init=False)
    _since: float | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._left = float(self.most)

    def allowed(self, now: float) -> int:
        """Return how many may begin now."""
        if self._since is not None:
            self._left = min(float(self.most), self._left + (now - self._since) * self.most)
        self._since = now
        return int(self._left)

    def used(self, number: int) -> None:
        """So many of the allowed have begun."""
        self._left -= number


__all__ = ["Pace"]
