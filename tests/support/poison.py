"""Texts that do something wherever they are not taken as texts. Knows no route."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "a quote": "'",
    "sql that is always so": "' OR '1'='1",
    "sql that drops": "'; DROP TABLE customers; --",
    "sql that sleeps": "'||pg_sleep(5)||'",
    "sql in dollars": "$$; SELECT pg_sleep(5); $$",
    "sql's parameters": "%(id)s %s %% $1 :id",
    "a template": "{0.__class__} {self} {{7*7}} ${7*7} #{7*7} <%= 7*7 %>",
    "a format": "%n%s%x%d%999999d",
    "no sql": '{"$gt": ""}',
    "redis": "\r\nFLUSHALL\r\n",
    "a header": "x\r\nSet-Cookie: hb_customer=1\r\n\r\n<b>",
    "lines": "one\ntwo\u2028three\u2029four\x85five",
    "nul": "before\x00after",
    "control": "\x01\x1b[31mred\x7f",
    "bidi": "admin\u202egnp.exe\u2066\u2069",
    "invisible": "a\u200b\u200d\ufeffb",
    "composed": "\u00e9 \u1e9b\u0323 \uff11\uff12 \u212b \ufb01",
    "decomposed": "e\u0301 \u0061\u030a \u1112\u1161\u11ab",
    "beyond the plane": "\U0001f9d1\u200d\U0001f4bb \U00010348 \U0010ffff",
    "a path": "../../../../etc/passwd",
    "a path, encoded": "..%2f..%2f%00",
    "a windows path": "..\\..\\boot.ini",
    "a shell": "$(sleep 5) `sleep 5` | sleep 5 & ; sleep 5",
    "a page": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "an entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
    "an address": "http://169.254.169.254/latest/meta-data/",
    "a lookup": "${jndi:ldap://127.0.0.1/x}",
    "a number": "1e309",
    "a great number": "9" * 400,
    "not a number": "NaN",
    "nothing": "null",
    "a list": "[]",
    "long": "x" * 900,
}

CONFUSED: Final[tuple[object, ...]] = (
    *(0, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 1e308, 1.5, True, False, None),
    *([], [[]], [None], {}, {"$ne": None}, {"toString": "x"}, {"__proto__": {"admin": True}}, {"length": 1}),
    *(["' OR 1=1"], [{}] * 50),
)
"""What JSON can hold in the place of something else."""
