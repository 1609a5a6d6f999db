"""Bounds: how large a house is explored, and what is left out of it, in words. Explores nothing."""

from typing import Final

from attrs import frozen

MOST: Final = 4
"""Customers and mitras each; there are names for so many, and time for fewer."""

ALWAYS: Final = tuple(
    " ".join(said.split())
    for said in (
        """Instants are the order of pending deadlines: each is ahead or over, and any that is ahead may be
        next. What the clock does with one that is over may come at once, late or twice.""",
        """One chat has one extension payment at a time; one that is over gives its place to the next.""",
        """What is over and left behind by a new payment or search is not followed any further: it goes on
        alone, and everything that can still happen to it was visited while it was the newest.""",
        """A payment names its target when the target is asked, not when it is begun: nothing reads it
        earlier.""",
        """Surplus money (a second invoice, a wrong amount) is remembered for one invoice of a payment that
        is over, and judged where it arrives everywhere else.""",
        """Whether a mitra has a live socket, and the policy for silence, may differ at every question:
        nothing else reads them, so to try both at each reading is to try all of their histories.""",
        """*Later* commands may come at any moment, any number of times, whether or not somebody left them;
        that they are left whenever they are needed is judged at each move.""",
    )
)
"""What is bounded, or said more broadly than it is, whatever the size."""


@frozen
class Bounds:
    """What is explored.

    ``caps``: the settings of ``max_customers_per_mitra`` between which any moment may choose. ``prices``:
    what a first payment may cost. ``overlap``: a new payment may be begun while a chat goes on. ``waves``:
    blasts go out in waves of one mitra. ``brief``: what is over and settled is left behind at once.
    """

    customers: int
    mitras: int
    caps: tuple[int, ...] = (1,)
    prices: tuple[str, ...] = ("full",)
    overlap: bool = False
    waves: bool = False
    brief: bool = False

    @classmethod
    def of(cls, customers: int, mitras: int, *, waves: bool = False, overlap: bool = False) -> "Bounds":
        """Return the bounds for a house of this size: one customer alone is told in more detail."""
        if not (1 <= customers <= MOST and 1 <= mitras <= MOST):
            msg = f"from 1 to {MOST} customers and mitras, not {customers} and {mitras}"
            raise ValueError(msg)
        plain = customers == 1 and not (waves or overlap)
        return cls(
            customers,
            mitras,
            caps=(1,) if customers == 1 else (1, 2),
            prices=("full", "cheap", "free") if overlap else ("full", "free") if plain else ("full",),
            overlap=overlap,
            waves=waves,
            brief=not plain,
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """What these bounds leave out, or take more broadly than it is."""
        said = [
            "Payments of one customer, one after the other, are not counted: there may be any number.",
            f"The cap of chats is {' or '.join(map(str, self.caps))} at any moment.",
            f"A first payment costs the {', or the '.join(self.prices)} price.",
        ]
        if not self.overlap:
            said.append("While a chat goes on, its customer begins no payment but for extensions.")
        if self.brief:
            said.append(
                "What is over and settled is left behind at once, not only when something new begins."
            )
        said.append("Blasts go out " + ("in waves of one mitra." if self.waves else "to everybody at once."))
        return (*said, *ALWAYS)
