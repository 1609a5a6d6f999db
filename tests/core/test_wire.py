"""The wire forms: what is read, what is refused in which words, and that writing undoes reading."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, IntEnum, StrEnum
from typing import Any, Literal
from uuid import UUID

import pytest
from attrs import Attribute, field, frozen, validators
from hypothesis import given
from hypothesis import strategies as st

from halobestie_core.wire import WireError, constraints, from_wire, to_wire, wire_name

ID = UUID("0190163d-8694-739b-aea5-966c26f8ad91")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Colour(StrEnum):
    """An enum of text."""

    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    """An enum of numbers."""

    LOW = 1
    HIGH = 2


class Odd(Enum):
    """An enum of neither."""

    YES = "yes"


@frozen
class Item:
    """Something in a list."""

    id: UUID
    count: int = field(validator=[validators.ge(1), validators.le(200)])


@frozen
class Whole:
    """One field of every kind."""

    id: UUID
    type_: Colour
    level: Level
    odd: Odd
    text: str
    number: int
    fraction: float
    flag: bool
    at: datetime
    day: date
    maybe: str | None
    items: tuple[Item, ...]
    names: list[str]
    tags: frozenset[str]
    by_name: dict[str, Item]
    setting: int | bool | str
    mode: Literal["chat", "call"]
    anything: object


def errors(data: object, cls: Any) -> dict[str, str]:  # noqa: ANN401  any type that a field may have
    """Read what must not be read; give the messages by path."""
    with pytest.raises(WireError) as refused:
        from_wire(data, cls)
    return {error["path"]: error["message"] for error in refused.value.errors}


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
bigints = st.integers(-(2**63) + 1, 2**63 - 1)
instants = st.datetimes(timezones=st.just(UTC))
items = st.builds(Item, id=st.uuids(), count=st.integers(1, 200))
wholes = st.builds(
    Whole,
    id=st.uuids(),
    type_=st.sampled_from(Colour),
    level=st.sampled_from(Level),
    odd=st.just(Odd.YES),
    text=texts,
    number=bigints,
    fraction=st.floats(-1e15, 1e15),
    flag=st.booleans(),
    at=instants,
    day=st.dates(),
    maybe=st.none() | texts,
    items=st.lists(items, max_size=3).map(tuple),
    names=st.lists(texts, max_size=3),
    tags=st.frozensets(texts, max_size=3),
    by_name=st.dictionaries(texts, items, max_size=3),
    setting=bigints | st.booleans() | texts,
    mode=st.sampled_from(["chat", "call"]),
    anything=st.none() | st.lists(st.integers()),
)


@given(wholes)
def test_what_was_written_is_read_back(whole: Whole) -> None:
    """Reading gives back exactly what was written, through real JSON text."""
    assert from_wire(json.loads(json.dumps(to_wire(whole))), Whole) == whole


def test_written_forms_are_the_promised_ones() -> None:
    """Ids are canonical text, instants RFC 3339 in UTC with Z, enums their values."""
    jakarta = timezone(timedelta(hours=7))
    whole = Whole(
        id=ID,
        type_=Colour.RED,
        level=Level.HIGH,
        odd=Odd.YES,
        text="x",
        number=1,
        fraction=0.5,
        flag=True,
        at=datetime(2026, 1, 31, 19, 0, 0, 123456, tzinfo=jakarta),
        day=date(2026, 1, 31),
        maybe=None,
        items=(Item(ID, 3),),
        names=["a"],
        tags=frozenset({"b"}),
        by_name={"k": Item(ID, 4)},
        setting=5,
        mode="chat",
        anything=ID,
    )
    assert to_wire(whole) == {
        "id": str(ID),
        "type": "red",
        "level": 2,
        "odd": "yes",
        "text": "x",
        "number": 1,
        "fraction": 0.5,
        "flag": True,
        "at": "2026-01-31T12:00:00.123456Z",
        "day": "2026-01-31",
        "maybe": None,
        "items": [{"id": str(ID), "count": 3}],
        "names": ["a"],
        "tags": ["b"],
        "by_name": {"k": {"id": str(ID), "count": 4}},
        "setting": 5,
        "mode": "chat",
        "anything": str(ID),
    }
    assert type(to_wire(Colour.RED)) is str
    assert type(to_wire(Level.LOW)) is int


def test_an_instant_without_a_zone_is_not_written() -> None:
    """A naive instant is a mistake of ours and is not guessed to be UTC."""
    with pytest.raises(ValueError, match="time zone"):
        to_wire(NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    "cls,value",
    [
        (int, "12"),
        (int, 12.0),
        (int, True),
        (int, None),
        (int, 2**63),
        (int, -(2**64)),
        (float, "1.5"),
        (float, False),
        (float, float("nan")),
        (float, float("inf")),
        (str, 5),
        (str, None),
        (str, ["a"]),
        (str, "a\0b"),
        (bool, 1),
        (bool, "true"),
        (bool, None),
        (UUID, "0190163d8694739baea5966c26f8ad91"),
        (UUID, "{0190163d-8694-739b-aea5-966c26f8ad91}"),
        (UUID, "urn:uuid:0190163d-8694-739b-aea5-966c26f8ad91"),
        (UUID, "nonsense"),
        (UUID, ""),
        (UUID, 7),
        (datetime, "2026-01-31T12:00:00"),
        (datetime, "2026-01-31T12:00:00+07:00"),
        (datetime, "2026-01-31 12:00:00Z"),
        (datetime, "2026-02-30T12:00:00Z"),
        (datetime, "2026-01-31T12:00:00.1234567Z"),
        (datetime, "2026-01-31"),
        (datetime, 1769860800),
        (date, "2026-02-30"),
        (date, "20260131"),
        (date, "2026-01-31T12:00:00Z"),
        (Colour, "green"),
        (Colour, "RED"),
        (Colour, None),
        (Colour, ["red"]),
        (Level, "1"),
        (Level, True),
        (Level, 1.0),
        (Literal["chat"], "call"),
        (Literal[1], True),
        (list[int], "12"),
        (list[int], {"0": 1}),
        (tuple[str, ...], "abc"),
        (dict[str, int], [["a", 1]]),
        (int | str, None),
        (int | str, 1.5),
        (int | None, "1"),
        (Item, [str(ID), 1]),
        (Item, None),
        (Item, "x"),
    ],
)
def test_nothing_is_converted_on_the_way_in(cls: Any, value: object) -> None:  # noqa: ANN401  any type
    """A value of another kind is refused with one sentence that names no class of ours."""
    [(path, message)] = errors(value, cls).items()
    assert path == "$"
    assert message.startswith("must ")
    assert "class" not in message
    assert "halobestie" not in message


@pytest.mark.parametrize(
    "cls,value,expected",
    [
        (UUID, "0190163D-8694-739B-AEA5-966C26F8AD91", ID),
        (datetime, "2026-01-31T12:00:00Z", NOON),
        (datetime, "2026-01-31T12:00:00.5Z", NOON.replace(microsecond=500_000)),
        (datetime, "2026-01-31T12:00:00.123456Z", NOON.replace(microsecond=123_456)),
        (float, 2, 2.0),
        (int | str, "1", "1"),
        (int | bool, True, True),
        (int | str | None, None, None),
        (Colour | None, None, None),
        (Colour | None, "red", Colour.RED),
        (list[Item], [{"id": str(ID), "count": 1}], [Item(ID, 1)]),
    ],
)
def test_promised_forms_are_read(cls: Any, value: object, expected: object) -> None:  # noqa: ANN401  any type
    """The forms that the API promises are read, to the microsecond."""
    result = from_wire(value, cls)
    assert result == expected
    assert type(result) is type(expected)


def test_every_error_is_told_with_its_path() -> None:
    """All that is wrong is told at once: missing, unknown and nested members, each with its path."""

    @frozen
    class Order:
        type_: Colour
        note: str | None = field(
            default=None, validator=validators.optional([validators.min_len(1), validators.max_len(40)])
        )
        items: tuple[Item, ...] = ()
        by_name: dict[str, Item] = field(factory=dict)
        limit: int = field(default=5, alias="at_most")

    data = {
        "note": "",
        "items": [{"id": "x", "count": 201, "more": 1}, 3],
        "by_name": {"k": {}},
        "at_most": "7",
        "zebra": 1,
        "ant": 2,
    }
    assert errors(data, Order) == {
        "$.type": "is required",
        "$.note": "must be 1 to 40 characters long",
        "$.items[0].id": "must be a UUID such as 0190163d-8694-739b-aea5-966c26f8ad91",
        "$.items[0].count": "must be 1 to 200",
        "$.items[0].more": "is not a known field",
        "$.items[1]": "must be an object",
        "$.by_name.k.id": "is required",
        "$.by_name.k.count": "is required",
        "$.at_most": "must be a whole number",
        "$.zebra": "is not a known field",
        "$.ant": "is not a known field",
    }


def in_order(_: object, __: "Attribute[Any]", value: list[int]) -> None:
    """A validator of our own."""
    if value != sorted(value):
        raise ValueError("must be in order")


def quarrels(_: object, __: "Attribute[Any]", value: object) -> None:
    """A validator that stumbles."""
    raise TypeError(f"<class {type(value)}>")


@pytest.mark.parametrize(
    "validator,value,message",
    [
        (validators.ge(1), 0, "must be at least 1"),
        (validators.le(9), 10, "must be at most 9"),
        ([validators.ge(1), validators.le(9)], 10, "must be 1 to 9"),
        (validators.gt(1), 1, "must be above 1"),
        (validators.lt(9), 9, "must be below 9"),
        (validators.in_([3, 1]), 2, "must be one of: 1, 3"),
        (quarrels, 1, "is not a valid value"),
    ],
)
def test_bounds_of_numbers_are_said_in_words(validator: Any, value: int, message: str) -> None:  # noqa: ANN401  attrs'
    """A bound is an attrs validator, and its message says what would be right."""

    @frozen
    class Form:
        it: int = field(validator=validator)

    assert errors({"it": value}, Form) == {"$.it": message}


@pytest.mark.parametrize(
    "validator,value,message",
    [
        (validators.max_len(2), [1, 2, 3], "must be at most 2 items long"),
        (validators.min_len(2), [1], "must be at least 2 items long"),
        (validators.deep_iterable(validators.ge(1)), [1, 0], "each item must be at least 1"),
        (in_order, [2, 1], "must be in order"),
    ],
)
def test_bounds_of_lists_are_said_in_words(validator: Any, value: list[int], message: str) -> None:  # noqa: ANN401
    """Lengths of lists are counted in items; a validator of ours speaks for itself."""

    @frozen
    class Form:
        it: list[int] = field(validator=validator)

    assert errors({"it": value}, Form) == {"$.it": message}


def test_a_pattern_is_named() -> None:
    """Text that does not match is told the pattern."""

    @frozen
    class Form:
        it: str = field(validator=validators.matches_re("[a-z]+"))

    assert errors({"it": "A"}, Form) == {"$.it": "must match [a-z]+"}
    assert constraints(validators.matches_re("[a-z]+")) == {"pattern": "[a-z]+"}


def test_a_class_may_judge_its_fields_together() -> None:
    """A WireError from a class is placed under its path; a ValueError speaks for the whole object."""

    @frozen
    class Window:
        low: int
        high: int

        def __attrs_post_init__(self) -> None:
            if self.low > self.high:
                raise WireError([{"path": "$.low", "message": "must not be above high"}])
            if self.high == 0:
                raise ValueError("must have a high")

    @frozen
    class Holder:
        window: Window

    assert errors({"window": {"low": 2, "high": 1}}, Holder) == {"$.window.low": "must not be above high"}
    assert errors({"window": {"low": 0, "high": 0}}, Holder) == {"$.window": "must have a high"}


def test_fields_of_their_own_making_are_not_read() -> None:
    """A field that the constructor does not take is no field on the way in."""

    @frozen
    class Form:
        it: int
        twice: int = field(init=False)

        def __attrs_post_init__(self) -> None:
            object.__setattr__(self, "twice", self.it * 2)

    assert from_wire({"it": 2}, Form).twice == 4
    assert errors({"it": 2, "twice": 4}, Form) == {"$.twice": "is not a known field"}


def test_an_error_reads_as_one_line() -> None:
    """The exception's own text holds every path and message."""
    with pytest.raises(WireError) as refused:
        from_wire({"count": 0}, Item)
    assert str(refused.value) == "$.id is required; $.count must be 1 to 200"


def test_names_on_the_wire() -> None:
    """Trailing underscores only keep Python's own words free."""
    assert wire_name(Whole.__attrs_attrs__.type_) == "type"


def test_no_bounds_say_nothing() -> None:
    """What has no bounds, or bounds of our own making, has no words in JSON Schema."""
    assert constraints(None) == {}
    assert constraints(in_order) == {}
    assert constraints(validators.deep_iterable(validators.ge(1), validators.max_len(3))) == {
        "items": {"minimum": 1},
        "maxLength": 3,
    }
