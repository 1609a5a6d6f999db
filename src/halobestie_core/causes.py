"""Why money could not be served: one closed list for code, CHECKs, API and documents.

Knows no machine. Each cause has the sentence an operator reads, Indonesian first.
"""

from enum import StrEnum

from attrs import frozen


class Cause(StrEnum):
    """The tag that every failure carries."""

    NO_MITRA_AVAILABLE = "no_mitra_available"
    ALL_MITRAS_REJECTED = "all_mitras_rejected"
    TARGETED_MITRA_OFFLINE = "targeted_mitra_offline"
    TARGETED_MITRA_REJECTED = "targeted_mitra_rejected"
    TARGETED_MITRA_TIMEOUT = "targeted_mitra_timeout"
    PAYMENT_SESSION_EXPIRED = "payment_session_expired"
    CUSTOMER_CANCELLED = "customer_cancelled"
    EXTENSION_REJECTED = "extension_rejected"
    EXTENSION_SAFEGUARD_TRIPPED = "extension_safeguard_tripped"
    LATE_PAYMENT = "late_payment"
    DUPLICATE_PAYMENT = "duplicate_payment"
    PAYMENT_MISMATCH = "payment_mismatch"
    OPERATOR_ENDED = "operator_ended"


@frozen
class Sentence:
    """One cause in the operators' two languages."""

    id: str
    en: str


SENTENCES: dict[Cause, Sentence] = {
    Cause.NO_MITRA_AVAILABLE: Sentence(
        "Tidak ada bestie yang menerima sampai waktu pencarian habis.",
        "No bestie accepted before the search window ended.",
    ),
    Cause.ALL_MITRAS_REJECTED: Sentence(
        "Semua bestie yang ditawari menolak permintaan ini.",
        "Every bestie who was offered the request declined it.",
    ),
    Cause.TARGETED_MITRA_OFFLINE: Sentence(
        "Bestie yang dituju sedang tidak online atau sudah penuh.",
        "The chosen bestie was offline or already full.",
    ),
    Cause.TARGETED_MITRA_REJECTED: Sentence(
        "Bestie yang dituju menolak permintaan ini.",
        "The chosen bestie declined the request.",
    ),
    Cause.TARGETED_MITRA_TIMEOUT: Sentence(
        "Bestie yang dituju tidak menjawab sampai waktunya habis.",
        "The chosen bestie did not answer in time.",
    ),
    Cause.PAYMENT_SESSION_EXPIRED: Sentence(
        "Sudah dibayar, tetapi tidak dipakai sampai batas waktunya.",
        "Paid, but not used before its deadline.",
    ),
    Cause.CUSTOMER_CANCELLED: Sentence(
        "Pelanggan membatalkan setelah membayar.",
        "The customer cancelled after paying.",
    ),
    Cause.EXTENSION_REJECTED: Sentence(
        "Perpanjangan ditolak oleh bestie, atau ditolak otomatis karena tidak dijawab.",
        "The extension was rejected by the bestie, or by the policy when nobody answered.",
    ),
    Cause.EXTENSION_SAFEGUARD_TRIPPED: Sentence(
        "Perpanjangan tidak ditagih karena bestie tidak dapat dihubungi saat waktunya habis.",
        "The extension was not charged because the bestie could not be reached when its window ended.",
    ),
    Cause.LATE_PAYMENT: Sentence(
        "Uang masuk setelah sesi pembayaran berakhir.",
        "The money arrived after the payment session was over.",
    ),
    Cause.DUPLICATE_PAYMENT: Sentence(
        "Pembayaran yang sama dibayar lebih dari satu kali.",
        "The same payment was paid more than once.",
    ),
    Cause.PAYMENT_MISMATCH: Sentence(
        "Uang yang masuk tidak cocok dengan tagihannya.",
        "The money that arrived does not match what was asked for.",
    ),
    Cause.OPERATOR_ENDED: Sentence(
        "Operator mengakhiri percakapan.",
        "An operator ended the conversation.",
    ),
}

# A failure with one of these leaves the same payment usable for another general blast.
FALLBACK_CAUSES = frozenset(
    {
        Cause.TARGETED_MITRA_OFFLINE,
        Cause.TARGETED_MITRA_REJECTED,
        Cause.TARGETED_MITRA_TIMEOUT,
        Cause.NO_MITRA_AVAILABLE,
        Cause.ALL_MITRAS_REJECTED,
    }
)
