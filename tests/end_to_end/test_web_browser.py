"""The page in a real Chromium: what users do there, what they see, and that nothing leaves the machine."""

from __future__ import annotations

import base64
import io
import itertools
import json
import os
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from choucha_command import HEADERS, ROOT, VILLAGES, run
from docx import Document
from playwright.sync_api import Browser, Page, expect
from web_server import browser, foreign_hosts, server

MESSY = ROOT / "tests" / "data" / "village_list_messy.xlsx"
LONG = 180_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with server(folder, "--lang", "zh") as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """Yield an empty page whose every request and error is looked at in the end."""
    shown = chromium.new_page(viewport={"width": 1280, "height": 1000})
    asked: list[str] = []
    errors: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("websocket", lambda opened: asked.append(opened.url))
    shown.on("pageerror", lambda error: errors.append(str(error)))
    yield shown
    shown.close()
    assert asked
    assert foreign_hosts(asked) == set()
    assert errors == []


def opened(page: Page, site: str, address: str) -> Page:
    page.goto(f"{site}/?{address}")
    expect(page.locator("footer")).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=LONG)
    return page


def upload(page: Page, name: str, content: bytes) -> None:
    page.get_by_text("我的名单", exact=True).click()
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "", "buffer": content})


def refused(page: Page) -> str:
    wrong = page.locator("p.wrong").first
    expect(wrong).to_be_visible(timeout=LONG)
    return wrong.inner_text()


def as_shown(chance: float) -> str:
    return f"≈{chance * 100:.1f}%"


def test_the_chances_of_a_messy_list_are_those_of_the_command(
    page: Page, site: str, tmp_path: Path, folder: Path
) -> None:
    assert run("risk", str(MESSY), "--json", "out.json", cwd=tmp_path).status == 0
    points = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["points"]
    expected = {point["level"]["missed"]: point["chance"] for point in points}
    opened(page, site, "lang=zh")
    upload(page, MESSY.name, MESSY.read_bytes())
    expect(page.get_by_text("名单中有 7 处读法与原样不同")).to_be_visible(timeout=LONG)
    slider = page.locator("[data-testid=stSlider] input")
    for level in (0.012, 0.014, 0.016):
        expect(page.locator("#chance")).to_have_text(as_shown(expected[level]["any"]), timeout=LONG)
        row = page.locator("tr", has_text="漏评率").first
        expect(row).to_contain_text(as_shown(expected[level]["missed"]))
        slider.focus()
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**level=0.018**", timeout=10_000)
    assert list(folder.rglob(MESSY.name)) == []  # the server's folder for temporary files has no copy


def test_the_report_is_downloaded_and_opens(page: Page, site: str, tmp_path: Path) -> None:
    opened(page, site, "lang=zh")
    page.get_by_role("button", name="计算风险分布并生成报告").click()
    expect(page.get_by_text("下载 Word")).to_be_visible(timeout=LONG)
    chance = page.locator("#chance").inner_text()
    with page.expect_download() as saved:
        page.get_by_text("下载 Word").click()
    saved.value.save_as(tmp_path / "report.docx")
    cells = [cell.text for table in Document(str(tmp_path / "report.docx")).tables for cell in table._cells]
    assert chance in cells
    with page.expect_download() as saved:
        page.get_by_text("下载 Excel").click()
    assert zipfile.is_zipfile(saved.value.path())


def test_a_trainer_draws_again_and_runs_a_thousand(page: Page, site: str) -> None:
    opened(page, site, "lang=en&part=trainer&step=3")
    picture = page.locator("figure img").first
    before = picture.get_attribute("alt")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Step 4")).to_be_visible()
    page.get_by_role("button", name="Draw again").click()
    expect(page.get_by_role("heading", name="Step 1")).to_be_visible()
    told = page.get_by_text("Number 2 and number 3")
    expect(told).to_be_hidden()  # the class guesses first
    page.get_by_text("Reveal: number 2 beside number 3").click()
    expect(told).to_be_visible()
    assert picture.get_attribute("alt") != before
    page.get_by_role("button", name="Run 1,000 inspections").click()
    expect(page.locator("td", has_text="±").first).to_be_visible(timeout=LONG)


def test_long_work_is_cancelled(page: Page, site: str) -> None:
    opened(page, site, "lang=en&part=statistician&villages=60")
    page.get_by_role("button", name="Search for the plan").click()
    page.get_by_role("button", name="Cancel").click(timeout=LONG)
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    page.get_by_role("button", name="Compare the plans").click()
    expect(page.get_by_role("heading", name="the other plan")).to_be_visible(timeout=LONG)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("part", ["planner", "statistician", "trainer&step=8"])
def test_every_part_can_be_used_by_everybody(page: Page, site: str, language: str, part: str) -> None:
    opened(page, site, f"lang={language}&part={part}")
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    for table in page.locator(".scroll table").all():
        assert table.locator("thead th[scope=col]").count() > 0
    ranks = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(each => +each.tagName[1])")
    assert ranks[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(ranks))
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_timeout(500)
    for box in ("html", "[data-testid=stMain]"):
        assert page.locator(box).evaluate("each => each.scrollWidth - each.clientWidth") <= 0


def test_the_upload_can_be_used_by_everybody_and_is_bounded(page: Page, site: str) -> None:
    opened(page, site, "lang=zh")
    page.get_by_text("我的名单", exact=True).click()
    expect(page.get_by_role("button", name="选择文件")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    page.evaluate(
        """() => {
            const field = document.querySelector("input[type=file]"), given = new DataTransfer();
            given.items.add(new File([new Uint8Array(50_000_000)], "大.xlsx"));
            field.files = given.files;
            field.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    expect(page.locator("[data-testid=stFileChip] [role=alert]")).to_have_text(
        "文件超过 20 MB，不予接收。一份村名单一般不到 1 MB。"
    )


def test_the_other_language_keeps_list_and_part(page: Page, site: str) -> None:
    opened(page, site, "lang=zh")
    upload(page, MESSY.name, MESSY.read_bytes())
    expect(page.get_by_text("名单中有 7 处读法与原样不同")).to_be_visible(timeout=LONG)
    page.get_by_text("统计人员", exact=True).click()
    expect(page.get_by_role("button", name="寻找方案")).to_be_visible(timeout=LONG)
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_role("button", name="Search for the plan")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("What of the list was read otherwise than it stands (7)")).to_be_visible()
    page.wait_for_url("**part=statistician**", timeout=10_000)
    before = page.evaluate("history.length")
    page.get_by_text("Trainer", exact=True).click()
    page.wait_for_url("**part=trainer**", timeout=10_000)
    assert page.evaluate("history.length") == before


def test_what_is_no_list_is_refused_in_a_sentence(page: Page, site: str) -> None:
    opened(page, site, "lang=zh")
    upload(page, "情景.toml", b'[frame]\nfile = "/etc/passwd"\n')
    assert "这不是村名单" in refused(page)


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    return packed.getvalue()


def rows() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        cells = "".join(f'<row r="{i}">' + f'<c r="A{i}"><v>1</v></c>' * 5 + "</row>" for i in range(1, 1_000_001))
        made.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{cells}</sheetData></worksheet>")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xlsx", lambda: os.urandom(4_000), "a.xlsx"),
        ("炸弹.xlsx", bomb, "解压后有"),
        ("百万行.xlsx", rows, "百万行.xlsx"),
    ],
)
def test_a_file_that_would_do_harm_is_refused_as_by_the_command(
    page: Page, site: str, name: str, content: object, told: str, tmp_path: Path
) -> None:
    made = content()  # type: ignore[operator]
    (tmp_path / name).write_bytes(made)
    opened(page, site, "lang=zh")
    upload(page, name, made)
    sentence = refused(page)
    assert told in sentence
    answer = run("risk", name, "--lang", "zh", cwd=tmp_path)
    assert answer.status == 2
    assert sentence[:40] in answer.err


def test_a_script_in_a_name_is_a_name(page: Page, site: str) -> None:
    nasty = "<script>window.harmed=1</script><img src=x onerror=window.harmed=1>[a](javascript:alert(1))"
    villages = [HEADERS, *(list(row) for row in VILLAGES)]
    villages[1][1] = villages[1][2] = nasty  # type: ignore[index]
    text = "\n".join(",".join(str(cell) for cell in row) for row in villages)
    opened(page, site, "lang=zh")
    upload(page, "名单.csv", text.encode())
    page.get_by_text("读到的数据（分乡镇）").click(timeout=LONG)
    expect(page.locator("td", has_text="<script>").first).to_be_visible()
    assert page.evaluate("window.harmed") is None


def test_a_bad_address_is_told_and_shows_the_usual_view(page: Page, site: str) -> None:
    opened(page, site, "lang=zh&level=9&seed=-1&x=<script>")
    expect(page.get_by_text("网址中有几项不能用，已略过：level、seed、x。")).to_be_visible()
    expect(page.locator("#chance")).to_be_visible()


def test_the_keyboard_reaches_the_level(page: Page, site: str) -> None:
    opened(page, site, "lang=en")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "range":
            break
    before = page.locator("#chance").inner_text()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#chance")).not_to_have_text(before, timeout=5_000)


def handshake(site: str, **headers: str) -> str:
    """Return the first line of the answer to a websocket's handshake."""
    port = int(site.rpartition(":")[2])
    key = base64.b64encode(os.urandom(16)).decode()
    lines = {"Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade"}
    lines |= {"Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"} | headers
    request = "GET /_stcore/stream HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall((request + "\r\n").encode())
        return line.recv(4_096).decode(errors="replace").partition("\r\n")[0]


def test_a_foreign_page_is_refused(site: str) -> None:
    assert " 101 " in handshake(site, Origin=site)
    assert " 403 " in handshake(site, Origin="http://evil.example")
    assert " 101 " not in handshake(site, Origin=site, Host="evil.example")


def test_two_users_at_once(chromium: Browser, site: str) -> None:
    first, second = chromium.new_page(), chromium.new_page()
    opened(first, site, "lang=zh&level=0.014")
    opened(second, site, "lang=en&level=0.01")
    first.get_by_role("button", name="计算风险分布并生成报告").click()
    expect(first.get_by_role("button", name="取消")).to_be_visible(timeout=LONG)
    before = second.locator("#chance").inner_text()
    second.locator("[data-testid=stSlider] input").focus()
    second.keyboard.press("ArrowRight")
    expect(second.locator("#chance")).not_to_have_text(before, timeout=5_000)
    assert first.get_by_role("button", name="取消").is_visible()  # the first is still at work, and in its own language
    first.get_by_role("button", name="取消").click()
    first.close()
    second.close()
