"""A person's browser: links, redirects and cookies, as far as installing an app needs them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urljoin, urlsplit

import aiohttp

if TYPE_CHECKING:
    from tests.fakes.slack.people import Person

_HREF = re.compile(r'href="([^"]*oauth/v2/authorize[^"]*)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@dataclass(frozen=True)
class Page:
    """What the browser shows: where it is, the status, the text, and where it is sent on to."""

    url: str
    status: int
    text: str
    location: str = ""


class Browser:
    """A browser with a person signed in to Slack. Cookies of plain-HTTP localhost count as secure, as in real
    ones."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.cookies: dict[str, dict[str, str]] = {}

    async def get(self, url: str) -> Page:
        """Open an address; redirects are not followed."""
        return await self._ask("GET", url, None)

    async def consent_page(self, install_url: str) -> Page:
        """From the app's install page to Slack's consent page."""
        page = await self.get(install_url)
        found = _HREF.search(page.text)
        target = page.location or (html.unescape(found.group(1)) if found else "")
        assert target, f"{install_url} leads nowhere: {page.status} {page.text[:300]}"
        return await self.get(target)

    async def decides(self, consent: Page, *, allow: bool) -> Page:
        """Press Allow or Cancel on the consent page; the page is Slack's redirect back to the app."""
        assert consent.status == 200, f"Slack shows no consent page: {consent.text}"
        form = {html.unescape(n): html.unescape(v) for n, v in _HIDDEN.findall(consent.text)}
        signed_in = {"user_id": self.person.id, "team_id": self.person.team}
        decision = {"decision": "allow" if allow else "cancel"}
        return await self._ask("POST", consent.url.partition("?")[0], form | signed_in | decision)

    async def installs(self, install_url: str, *, allow: bool = True) -> Page:
        """The whole way: the app's install page, Slack's consent page, back to the app. Its last page."""
        back = await self.decides(await self.consent_page(install_url), allow=allow)
        assert back.location, f"Slack did not lead back to the app: {back.text}"
        return await self.get(back.location)

    async def _ask(self, verb: str, url: str, form: dict[str, str] | None) -> Page:
        host = urlsplit(url).netloc
        jar = self.cookies.setdefault(host, {})
        cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
        headers = {"Cookie": cookie} if cookie else {}
        dumb = aiohttp.DummyCookieJar()
        async with (
            aiohttp.ClientSession(cookie_jar=dumb, timeout=aiohttp.ClientTimeout(total=10)) as session,
            session.request(verb, url, data=form, headers=headers, allow_redirects=False) as response,
        ):
            text = await response.text()
            for line in response.headers.getall("Set-Cookie", []):
                for name, morsel in SimpleCookie(line).items():
                    jar[name] = morsel.value
            location = response.headers.get("Location", "")
            return Page(url, response.status, text, urljoin(url, location) if location else "")


def answer_in(url: str) -> dict[str, str]:
    """The parameters of a redirect: code, state, error."""
    return dict(parse_qsl(urlsplit(url).query))
