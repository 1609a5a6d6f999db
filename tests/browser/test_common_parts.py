"""The small things that the apps share, in a real browser: words, routes, and what components promise."""

import re

import pytest
from playwright.async_api import expect

from support.bare import BarePage, bare
from support.screens import People

pytestmark = pytest.mark.anyio

ON_SCREEN = """async () => {
  const shared = { ...(await import("/common/html.js")), ...(await import("/common/ui.js")) };
  Object.assign(window, shared, { done: 0, release: () => {} });
  const main = document.createElement("div");
  document.body.replaceChildren(main);
  %s
}"""


async def shows(page: BarePage, tree: str) -> None:
    """Render something in the place of an app."""
    await page.does(ON_SCREEN % tree)


async def test_numbers_and_dates_are_written_as_in_indonesia(people: People) -> None:
    """Money, spans and days look as people write them, in either language."""
    page = await bare(people)
    said = await page.does(
        """async () => {
          const texts = await import("/common/texts.js");
          const at = "2026-08-03T12:05:00Z";
          const write = () => [
            texts.rupiah(25000), texts.rupiah(1250000), texts.clock(65), texts.clock(3600),
            texts.duration(3900), texts.dayAndTime(at, { zone: "Asia/Jakarta" }), texts.day(null),
          ];
          const first = write();
          texts.setLanguage("en");
          return [first, write(), document.documentElement.lang];
        }"""
    )
    money = ["Rp\u00a025.000", "Rp\u00a01.250.000", "1:05", "1:00:00"]
    assert said[0] == [*money, "1 jam 5 menit", "3 Agu 2026, 19.05", ""]
    assert said[1] == [*money, "1 hour 5 minutes", "3 Aug 2026, 19:05", ""]
    assert said[2] == "en"


async def test_an_unknown_text_is_an_error_at_once(people: People) -> None:
    """A key without a text, a text without its value, and one missing in a language all throw."""
    page = await bare(people)
    said = await page.does(
        """async () => {
          const { catalogue } = await import("/common/texts.js");
          const caught = (work) => { try { return work(); } catch (error) { return `! ${error.message}`; } };
          const t = catalogue({ hello: { id: "Halo {name}", en: "Hello {name}" } });
          return [
            t("hello", { name: "Ayu" }), caught(() => t("bye")), caught(() => t("hello")),
            caught(() => catalogue({ only: { id: "hanya" } })),
          ];
        }"""
    )
    assert said[0] == "Halo Ayu"
    assert all(text.startswith("! ") for text in said[1:])


async def test_routes_have_addresses_and_a_way_back(people: People) -> None:
    """Paths are behind the #, the language stays in the address, and back ends at home."""
    page = await bare(people)
    await page.opens("/mitra/?lang=en#/chat/1?from=home")
    said = await page.does(
        """async () => {
          const router = await import("/common/router.js");
          const { path, parts, query } = router.route.value;
          const first = [path, parts, query.get("from")];
          router.back();
          return [first, router.route.value.path, location.search];
        }"""
    )
    assert said == [["/chat/1", ["chat", "1"], "home"], "/", "?lang=en"]


async def test_only_newer_versions_are_taken(people: People) -> None:
    """An object older than the one that is known changes nothing."""
    page = await bare(people)
    said = await page.does(
        """async () => {
          const { newest, objects } = await import("/common/objects.js");
          const map = objects();
          const taken = [2, 1, 2, 3].map((version) => newest(map, { id: "a", version }));
          return [taken, map.value.get("a").version];
        }"""
    )
    assert said == [[True, False, True, True], 3]


async def test_polling_rests_while_nobody_looks(people: People) -> None:
    """Nothing is asked of a hidden page, once at its return, and never twice at a time."""
    page = await bare(people)
    await page.does(
        """async () => {
          const { poll } = await import("/common/polling.js");
          window.asked = 0;
          window.polling = poll(async () => { asked += 1; }, { every: 20 });
        }"""
    )
    await page.holds("asked > 3")
    async with page.hidden():
        before = await page.does("polling.now().then(() => asked)")
        assert await page.does("new Promise((done) => setTimeout(() => done(asked), 200))") == before
    await page.holds("(before) => asked > before", before)
    counts = await page.does("[polling.stop(), asked][1]")
    assert await page.does("polling.now().then(() => asked)") == counts


async def test_a_busy_button_is_not_pressed_twice(people: People) -> None:
    """A button keeps its width while it works, does its work once, and says what went wrong."""
    page = await bare(people)
    await shows(
        page,
        """
        const { ApiError } = await import("/common/api.js");
        const work = () => new Promise((good, bad) => {
          done += 1;
          window.release = () => bad(new ApiError(409, "ALREADY_TAKEN", ""));
        });
        render(html`<${Button} testid="work" onClick=${work}>Terima<//><${Toasts} />`, main);
        """,
    )
    button = await page.sees("work")
    before = await button.bounding_box()
    await button.dblclick()
    await expect(button).to_have_attribute("aria-disabled", "true")
    assert await button.bounding_box() == before
    assert await page.does("done") == 1
    await page.does("release()")
    await page.sees("toast", "Bestie lain sudah lebih dulu.")
    await expect(button).not_to_have_attribute("aria-disabled", "true")


async def test_fields_are_tied_to_what_is_said_of_them(people: People) -> None:
    """An input's name, hint and error are read out with it."""
    page = await bare(people)
    tree = 'render(html`<${Field} label="Kode" hint="Enam angka" error="Salah" testid="code" />`, main);'
    await shows(page, tree)
    code = page.see("code")
    await expect(code).to_have_accessible_name("Kode")
    await expect(code).to_have_accessible_description("Enam angka Salah")
    await expect(code).to_have_attribute("aria-invalid", "true")


async def test_a_dialog_keeps_the_focus_and_gives_it_back(people: People) -> None:
    """A dialog's heading has the focus, Escape closes it, and what opened it has the focus again."""
    page = await bare(people)
    await shows(
        page,
        """
        const open = signal(false);
        const show = (now) => () => { open.value = now; };
        const Asking = () => html`<${Button} testid="opens" onClick=${show(true)}>Akhiri<//>
          <${Dialog} open=${open.value} title="Yakin?" testid="asks" onClose=${show(false)}>
            <p>Selesai.</p><//>`;
        render(html`<${Asking} />`, main);
        """,
    )
    await page.see("opens").focus()
    await page.page.keyboard.press("Enter")
    await expect(page.page.get_by_role("dialog", name="Yakin?")).to_be_visible()
    await expect(page.page.get_by_role("heading", name="Yakin?")).to_be_focused()
    await page.page.keyboard.press("Escape")
    await page.misses("asks")
    await expect(page.see("opens")).to_be_focused()


async def test_a_countdown_ends_once(people: People) -> None:
    """Time runs out in whole seconds on the server's clock, and says so once, and not for long."""
    page = await bare(people)
    await shows(
        page,
        """
        const until = new Date(time.serverNow() + 2200).toISOString();
        const end = () => { done += 1; };
        render(html`<${Countdown} until=${until} total=${3} onEnd=${end} testid="left" />`, main);
        """,
    )
    await page.sees("left", re.compile(r"0:0[23]"))
    await page.sees("left", "0:00")
    await page.sees("left", "Waktu habis")
    await page.holds("done === 1")
    await expect(page.see("left")).not_to_contain_text("Waktu habis")


async def test_a_choice_of_theme_lasts(people: People) -> None:
    """The theme that was chosen is there after a reload, before anything is drawn by the app."""
    page = await bare(people)
    await page.does("import('/common/theme.js').then((theme) => theme.setTheme('dark'))")
    await page.reloads()
    await page.holds("window.ready")
    await page.does("import('/common/theme.js')")
    assert await page.does("document.documentElement.dataset.theme") == "dark"
