"""The audit: recorded moves decided anew, and compared with the rows that they made.

Pure: whoever reads the log feeds it in. It sits above the flow, whose tables it asks.
"""

from halobestie_core.audit.digests import InBytes, chained, fingerprint_of
from halobestie_core.audit.entries import Difference, Entry, Standing, Verdict
from halobestie_core.audit.replaying import TABLES, Replay, audit
from halobestie_core.audit.standing import UNMOVED

__all__ = [
    "TABLES",
    "UNMOVED",
    "Difference",
    "Entry",
    "InBytes",
    "Replay",
    "Standing",
    "Verdict",
    "audit",
    "chained",
    "fingerprint_of",
]
