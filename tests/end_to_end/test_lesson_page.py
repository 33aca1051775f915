"""The lesson in a real browser: it asks nobody for anything, obeys the keys, and tells the engines' numbers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from estimators.policy import CRITERIA
from scenarios import load
from scenarios.messages import LANGUAGES, catalogue
from scenarios.questions.inspection import inspect
from scenarios.questions.lesson import Lesson, lesson
from scenarios.report.inspection_text import verdict_sentence
from scenarios.report.lesson_page import lesson_page
from scenarios.report.words import rate, shown_chance

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")
DRAWS = 12


@pytest.fixture(scope="module")
def shown() -> Lesson:
    return lesson(load("example"), level=Decimal("0.014"), draws=DRAWS)


@pytest.fixture(scope="module")
def pages(shown: Lesson, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    spot = lesson(load("national-2019-spot-check"), level=Decimal("0.008"), draws=3)
    found = {}
    for name, one, language in (("zh", shown, "zh"), ("en", shown, "en"), ("spot", spot, "en")):
        found[name] = folder / f"{name}.html"
        found[name].write_bytes(lesson_page(one, catalogue(language), command="choucha draw --seed=1"))
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Watched:
    """A page, and what it asked for and complained of."""

    def __init__(
        self, browser: Browser, path: Path, *, width: int = 1280, motion: str = "no-preference", **given: object
    ):
        self.context = browser.new_context(
            viewport={"width": width, "height": 800},
            reduced_motion=motion,
            **given,  # type: ignore[arg-type]
        )
        self.page: Page = self.context.new_page()
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())

    def text(self, where: str) -> str:
        return self.page.locator(where).inner_text()

    def stacked(self, bars: str) -> float:
        heights = "all => all.reduce((sum, bar) => sum + Number(bar.getAttribute('height')), 0)"
        return float(self.page.locator(f"#histogram {bars}").evaluate_all(heights))


@pytest.fixture
def watch(browser: Browser) -> Iterator[object]:
    opened: list[Watched] = []

    def open_page(path: Path, **given: object) -> Watched:
        opened.append(Watched(browser, path, **given))  # type: ignore[arg-type]
        return opened[-1]

    yield open_page
    for each in opened:
        assert each.said == []
        assert len(each.asked) == 1
        each.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_keys_play_what_draw_draws(language: str, pages: dict[str, Path], shown: Lesson, watch) -> None:  # type: ignore[no-untyped-def]
    words, page = catalogue(language), watch(pages[language])
    press = page.page.keyboard.press
    policy = shown.scenario.policy
    for number in (1, 2):
        for step in range(5):
            press("ArrowRight")
            assert (page.text("#verdict") == words.say("lesson.no_verdict")) == (step < 4)
        one = inspect(shown.scenario, level=shown.level, number=number)
        assert page.text("#verdict") == verdict_sentence(one.assessment, words)
        assert page.page.locator("#marks > g").count() == 29
        for name in CRITERIA:
            value = rate(float(one.assessment.raw[name].value[0]), policy.limits[name])
            assert page.text(f"#rate-{name} .value b") == value
        assert page.text("#command").endswith(f"--number {number}")
    press("ArrowLeft")
    assert page.text("#verdict") == words.say("lesson.no_verdict")
    press("Shift+ArrowRight")
    press("Shift+ArrowRight")
    assert page.text("#now") == words.say("lesson.inspection", number=3, draws=DRAWS)


def test_the_share_stands_against_the_chance(pages: dict[str, Path], shown: Lesson, watch) -> None:  # type: ignore[no-untyped-def]
    words, page = catalogue("en"), watch(pages["en"])
    verdict = shown.assessment.verdict
    for played in (0, 5, DRAWS):
        for _ in range(played and 5):
            page.page.keyboard.press("Shift+ArrowRight")
        if played == DRAWS:
            page.page.click("#all")
        for question in ("any", *CRITERIA):
            page.page.select_option("#question", question)
            fails = verdict.any if question == "any" else verdict.fails[question]
            chance, failed = shown_chance(shown.chance, question, words), int(fails[:played].sum())
            if not played:
                assert page.text("#tally") == words.say("lesson.nothing_yet", chance=chance)
                continue
            told = words.say("lesson.so_far", played=played, failed=failed, share=f"{failed / played:.1%}")
            assert page.text("#tally") == told + words.say("lesson.chance", chance=chance)
            assert page.stacked(".bar.fails") == pytest.approx(page.stacked(".bar") * failed / played)


def test_two_inspections_that_end_differently_stand_side_by_side(pages: dict[str, Path], shown: Lesson, watch) -> None:  # type: ignore[no-untyped-def]
    page, words = watch(pages["en"]), catalogue("en")
    assert page.page.locator("#compare").is_hidden()
    page.page.click("#all")
    heads = page.page.locator(".pair-head").all_inner_texts()
    ends = ["fails" if failed else "passes" for failed in shown.assessment.verdict.any]
    assert heads[1] == words.say("lesson.compare_map", number=DRAWS, verdict=words.say(f"lesson.{ends[-1]}"))
    number = int(heads[0].split()[1].rstrip(":"))
    assert ends[number - 1] != ends[-1]
    assert heads[0].endswith(words.say(f"lesson.{ends[number - 1]}"))
    villages = [set(shown.assessment.tally.villages[n].tolist()) for n in (number - 1, DRAWS - 1)]
    assert page.text("#common") == words.say("lesson.common", count=len(villages[0] & villages[1]))


def test_it_plays_by_itself_only_when_asked(pages: dict[str, Path], watch) -> None:  # type: ignore[no-untyped-def]
    page, words = watch(pages["en"]), catalogue("en")
    page.page.wait_for_timeout(300)
    assert page.text("#now") == words.say("lesson.before", draws=DRAWS)
    page.page.select_option("#speed", label=words.say("lesson.fast"))
    page.page.focus("#play")
    page.page.keyboard.press("Space")
    expect(page.page.locator("#now")).to_contain_text(f" {DRAWS} of", timeout=8_000)
    assert page.text("#play") == words.say("lesson.play")


def test_nothing_moves_for_who_asked_for_that(pages: dict[str, Path], watch) -> None:  # type: ignore[no-untyped-def]
    page = watch(pages["en"], motion="reduce")
    assert page.page.locator("#play").is_hidden()
    assert page.page.locator("#speed").is_hidden()
    for _ in range(5):
        page.page.keyboard.press("ArrowRight")
        assert page.page.evaluate("document.getAnimations().length") == 0
    before = page.text("body")
    page.page.wait_for_timeout(400)
    assert page.text("body") == before


def test_marks_arrive_where_motion_is_welcome(pages: dict[str, Path], watch) -> None:  # type: ignore[no-untyped-def]
    page = watch(pages["en"])
    page.page.keyboard.press("ArrowRight")
    assert page.page.evaluate("document.getAnimations().length") == 29


def test_a_second_phase_is_played(pages: dict[str, Path], watch) -> None:  # type: ignore[no-untyped-def]
    page = watch(pages["spot"])
    counts = []
    for _ in range(4):
        page.page.keyboard.press("ArrowRight")
        counts.append(page.page.locator("#marks > g").count())
    assert counts[0] == counts[1] < counts[2] == counts[3]
    page.page.click("#all")
    assert page.text("#now").startswith("Inspection 3")


@pytest.mark.parametrize(("width", "language"), [(1280, "zh"), (360, "en")])
def test_everybody_can_use_it(width: int, language: str, pages: dict[str, Path], watch) -> None:  # type: ignore[no-untyped-def]
    page = watch(pages[language], width=width, motion="reduce")
    for played in (False, True):
        if played:
            page.page.click("#all")
        for summary in page.page.locator("summary").all():
            summary.click()
        found = Axe().run(page.page).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_script_the_results_are_told(pages: dict[str, Path], shown: Lesson, watch) -> None:  # type: ignore[no-untyped-def]
    page, words = watch(pages["en"], java_script_enabled=False), catalogue("en")
    failed = int(shown.assessment.verdict.any.sum())
    assert words.say("lesson.failed", failed=failed, draws=DRAWS, share=f"{failed / DRAWS:.1%}") in page.text(
        "noscript"
    )
    assert shown_chance(shown.chance, "wrong_exit", words) in page.text("noscript")
