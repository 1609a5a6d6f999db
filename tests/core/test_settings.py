"""The operator-tunable settings: each key within its bounds, all or nothing, no crash on bad input."""

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from halobestie_core import SETTINGS, SettingError, Settings, TimeoutPolicy
from halobestie_core.settings import LONGEST_HANDLE, Setting, changed, from_stored

NUMBERS = [setting for setting in SETTINGS.values() if setting.type == "int"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


def refusal(key: str, value: object, cadence: int = 30) -> str:
    """Return what is said to this value."""
    with pytest.raises(SettingError) as refused:
        changed(Settings(), {key: value}, cadence)
    return str(refused.value)


def test_every_setting_is_described_with_its_default() -> None:
    """Keys, defaults and types are those of the settings in force; each has words for the operator."""
    plain = Settings()
    assert list(SETTINGS) == [attribute.name for attribute in fields(Settings)]
    for key, setting in SETTINGS.items():
        assert setting.checked(setting.default) == getattr(plain, key)
        assert setting.label
        assert setting.description.endswith(".")


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda setting: setting.key)
def test_the_bounds_of_numbers(setting: Setting) -> None:
    """The bounds themselves are allowed, one beyond is not, and neither is anything but a whole number."""
    assert setting.min is not None
    assert setting.max is not None
    for allowed in (setting.min, setting.max):
        assert getattr(changed(Settings(), {setting.key: allowed}, 1), setting.key) == allowed
    assert "must be" in refusal(setting.key, setting.min - 1)
    assert f"must be between {setting.min} and {setting.max}" in refusal(setting.key, setting.max + 1)
    for wrong in (True, 12.0, "12", None, [1]):
        assert "must be a" in refusal(setting.key, wrong)


def test_the_threshold_knows_the_cadence() -> None:
    """Below the cadence of the day, or no number at all: one sentence says what is wanted."""
    said = "stale_after_seconds must be a number >= heartbeat cadence (30s)"
    for wrong in (29, "45", True, None):
        assert refusal("mitra_stale_after_seconds", wrong) == said
    assert changed(Settings(), {"mitra_stale_after_seconds": 30}, 30).mitra_stale_after_seconds == 30


def test_the_threshold_in_force() -> None:
    """What is stored counts, but never less than the cadence."""
    stored = from_stored({"mitra_stale_after_seconds": 5})
    assert (stored.stale_after(30), stored.stale_after(3)) == (30, 5)


def test_switches_and_choices() -> None:
    """True or false, and one of two policies."""
    wanted = {"mitra_require_ping": False, "extension_default_action_on_timeout": "auto_reject"}
    settings = changed(Settings(), wanted, 30)
    assert settings.mitra_require_ping is False
    assert settings.extension_default_action_on_timeout is TimeoutPolicy.AUTO_REJECT
    assert refusal("mitra_require_ping", 1) == "mitra_require_ping must be true or false"
    assert refusal("extension_default_action_on_timeout", "maybe").endswith(
        "must be one of auto_approve, auto_reject"
    )
    assert refusal("extension_default_action_on_timeout", ["auto_reject"])


def test_support_handles() -> None:
    """An object, or its text; one printable line for each of three places."""
    for given_as in ({"whatsapp": "+62 1"}, '{"whatsapp": "+62 1"}'):
        settings = changed(Settings(), {"support_handles_json": given_as}, 30)
        assert settings.support_handles_json == {"whatsapp": "+62 1"}
    wrongs: tuple[object, ...] = ("", "[]", [], 1, "[" * 100_000)
    for wrong in wrongs:
        assert refusal("support_handles_json", wrong).endswith("must be a JSON object")
    assert refusal("support_handles_json", {"fax": "1"}).endswith("not fax")
    for handle in (1, "x" * (LONGEST_HANDLE + 1), "a\x00b", "two\nlines", "\ud800"):
        assert "one line of at most 200 characters for email" in refusal(
            "support_handles_json", {"email": handle}
        )


def test_all_or_nothing() -> None:
    """One bad key among good ones changes nothing; a key that is no setting is named."""
    before = Settings()
    with pytest.raises(SettingError, match="nonsense is not a setting") as refused:
        changed(before, {"closure_grace_seconds": 1, "nonsense": 2}, 30)
    assert (refused.value.key, refused.value.problem) == ("nonsense", "is not a setting")
    assert before == Settings()


def test_another_versions_key_is_passed_over() -> None:
    """Two versions may run side by side: what only the other one knows does not stop this one."""
    stored = {"from_the_future": "x", "closure_grace_seconds": 7}
    assert from_stored(stored) == evolve(Settings(), closure_grace_seconds=7)


@given(st.sampled_from(list(SETTINGS)), ANYTHING)
def test_bad_input_is_refused_and_never_crashes(key: str, value: object) -> None:
    """Any JSON at all is either a good value or a sentence."""
    try:
        settings = changed(Settings(), {key: value}, 30)
    except SettingError as refused:
        said = str(refused)
    else:
        said = f"{key} is {getattr(settings, key)}"
        assert SETTINGS[key].checked(value) == getattr(settings, key)
    assert " " in said
