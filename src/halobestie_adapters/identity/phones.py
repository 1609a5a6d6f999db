"""Phones: what people type, and the one way to write each (E.164).

It does not know whose phone it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, final

import phonenumbers

from halobestie_core.ports.identity import InvalidPhone

INDONESIA: Final = 62
MAXIMUM_CHARACTERS: Final = 32
_TYPED: Final = re.compile(r"\+[0-9 ().-]+", re.ASCII)  # the library would read letters as a keypad does
_CAN_RING: Final = frozenset(
    {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
)


@final
class E164Phones:
    """Mobile phones of some calling codes; Indonesia's alone unless told otherwise."""

    def __init__(self, calling_codes: Collection[int] = (INDONESIA,)) -> None:
        self._calling_codes = frozenset(calling_codes)

    def normalise(self, text: str) -> str:
        """`+62 812-3456-7890` becomes `+6281234567890`. Raises InvalidPhone.

        The calling code has to be there: `0812...` is another phone in every country.
        """
        if len(text) > MAXIMUM_CHARACTERS or not _TYPED.fullmatch(text):
            raise InvalidPhone("a phone is written with its country code, as in +62 812 0000 0000")
        try:
            phone = phonenumbers.parse(text)
        except phonenumbers.NumberParseException:
            raise InvalidPhone("this is not a phone number") from None
        if phone.country_code not in self._calling_codes:
            codes = ", ".join(f"+{code}" for code in sorted(self._calling_codes))
            raise InvalidPhone(f"only phones that begin with {codes} are served")
        if phone.extension or not phonenumbers.is_valid_number(phone):
            raise InvalidPhone("there is no such phone number")
        if phonenumbers.number_type(phone) not in _CAN_RING:
            raise InvalidPhone("a code can only be sent to a mobile phone")
        return phonenumbers.format_number(phone, phonenumbers.PhoneNumberFormat.E164)
