"""The page to watch on: its files and what is said with them, without a browser."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import trio

from tests.service.http.conftest import OpenHouse
from tests.service.http.house import HttpHouse
from trio_srs.service.http import players
from trio_srs.service.http.config import HttpConfig

in_real_time = pytest.mark.trio(run=trio.run)
"""Files are read in threads, for which a clock that jumps does not wait."""
OURS = sorted(path for path in players.WEB.iterdir() if path.is_file())
CONTENT = {path: path.read_bytes() for path in OURS}
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


@in_real_time
async def test_the_page_is_served_and_lets_nothing_foreign_in(house: HttpHouse) -> None:
    client = house.dial()
    await client.ask("/players/")
    answer = await client.answer()
    assert answer.status == 200
    assert answer.fields["Content-Type"] == "text/html"
    said = answer.fields["Content-Security-Policy"].split("; ")
    policy = {name: sources for name, *sources in map(str.split, said)}
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    allowed = {source for sources in policy.values() for source in sources}
    assert allowed == {"'none'", "'self'", "blob:"}  # no host, nothing inline, no eval
    assert answer.fields["X-Content-Type-Options"] == "nosniff"


@in_real_time
@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
async def test_each_file_has_its_type_and_the_policy(house: HttpHouse, path: Path) -> None:
    client = house.dial()
    await client.ask(f"/players/{path.name}")
    answer = await client.answer()
    assert (answer.status, answer.body) == (200, CONTENT[path])
    assert answer.fields["Content-Type"] == TYPES[path.suffix]
    assert "Content-Security-Policy" in answer.fields


@in_real_time
async def test_without_the_last_slash_one_is_sent_there_with_the_query(house: HttpHouse) -> None:
    client = house.dial()
    await client.ask("/players?stream=live%2Fa")
    answer = await client.answer()
    assert (answer.status, answer.fields["Location"]) == (307, "players/?stream=live%2Fa")


@in_real_time
async def test_an_installation_without_engines_says_so(
    house: HttpHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(players, "WEB", tmp_path)
    client = house.dial()
    await client.ask("/players/vendor/engines.json")
    answer = await client.answer()
    assert (answer.status, answer.json) == (200, {})


@in_real_time
async def test_an_installation_with_engines_names_them(
    house: HttpHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(players, "WEB", tmp_path)
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "engines.json").write_text(json.dumps({"mpegts.js": "1.0.0"}))
    client = house.dial()
    await client.ask("/players/vendor/engines.json")
    assert (await client.answer()).json == {"mpegts.js": "1.0.0"}


@in_real_time
async def test_a_folder_of_ones_own_comes_first(open_house: OpenHouse, tmp_path: Path) -> None:
    (tmp_path / "players").mkdir()
    (tmp_path / "players" / "index.html").write_text("mine")
    house = await open_house(config=HttpConfig(folder=tmp_path))
    client = house.dial()
    await client.ask("/players/")
    assert (await client.answer()).body == b"mine"


@in_real_time
async def test_streams_of_an_application_called_players_are_played(house: HttpHouse) -> None:
    client = house.dial()
    async with house.publishing("players/a"):
        await client.ask("/players/a.flv")
        answer = await client.head()
    assert (answer.status, answer.fields["Content-Type"]) == (200, "video/x-flv")


@in_real_time
@pytest.mark.parametrize("path", ["/players/", "/players/streams.json", "/players/main.js"])
async def test_the_page_can_be_switched_off(open_house: OpenHouse, path: str) -> None:
    house = await open_house(config=HttpConfig(players=False))
    client = house.dial()
    await client.ask(path, fields={"Host": "localhost"})
    answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (404, "no_such_path")


@in_real_time
@pytest.mark.parametrize("path", ["/players/..%2fviewer.py", "/players/nothing.js"])
async def test_nothing_but_the_page_is_served_there(house: HttpHouse, path: str) -> None:
    client = house.dial()
    await client.ask(path)
    assert (await client.answer()).status in {400, 404}
    client.transport.close()  # or it would be waited for


# ------------------------------------------------------- the page's own files


class Page(HTMLParser):
    """What a page has in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.links += [said[name] or "" for name in ("src", "href") if name in said]
        self.ids += [said["id"] or ""] if "id" in said else []
        self.labelled |= {said["for"] or ""} if tag == "label" and "for" in said else set()
        self.inline += [name for name in said if name == "style" or name.startswith("on")]


@pytest.fixture(scope="module")
def page() -> Page:
    found = Page()
    found.feed((players.WEB / "index.html").read_text())
    return found


def test_all_that_the_page_links_to_lies_beside_it(page: Page) -> None:
    assert page.links
    assert [link for link in page.links if not (players.WEB / link).is_file()] == []


def test_the_page_has_nothing_inline_that_the_policy_forbids(page: Page) -> None:
    assert page.inline == []
    assert len(page.ids) == len(set(page.ids))


def scripts() -> dict[str, str]:
    return {path.name: path.read_text() for path in OURS if path.suffix == ".js"}


def test_each_script_that_another_imports_is_there() -> None:
    imported = {
        (name, source)
        for name, text in scripts().items()
        for source in re.findall(r'from "\./([^"]+)"', text)
    }
    assert imported
    assert {each for each in imported if each[1] not in scripts()} == set()


def test_each_name_that_a_script_imports_is_exported_there() -> None:
    texts = scripts()
    for name, text in texts.items():
        for names, source in re.findall(r'import \{([^}]+)\} from "\./([^"]+)"', text):
            exported = re.findall(r"export (?:const|function\*?|class) (\w+)", texts[source])
            missing = {each.strip() for each in names.split(",") if each.strip()} - {*exported}
            assert not missing, f"{name} imports {missing} of {source}"


def test_no_script_makes_markup_or_code_of_text() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\("
    )
    assert {
        name: found for name, text in scripts().items() if (found := forbidden.findall(text))
    } == {}


def test_each_id_that_a_script_asks_for_is_on_the_page(page: Page) -> None:
    asked = {
        each for text in scripts().values() for each in re.findall(r'\bbyId\("([\w-]+)"\)', text)
    }
    assert asked
    assert asked - set(page.ids) == set()


def test_no_address_of_another_host_is_in_the_page() -> None:
    found = {path.name: re.findall(r"//[\w-]+\.[\w.-]+", path.read_text()) for path in OURS}
    assert found.pop("icon.svg") == ["//www.w3.org"]  # the name of what it is, asked of nobody
    assert {name: hosts for name, hosts in found.items() if hosts} == {}


def test_the_scripts_are_small() -> None:
    assert {n: len(t.splitlines()) for n, t in scripts().items() if len(t.splitlines()) > 250} == {}
    assert sum(path.stat().st_size for path in OURS) < 64 * 1024
