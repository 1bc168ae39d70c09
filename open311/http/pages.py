"""A page for people who open the server in a browser. Source: GR-D-14."""

from __future__ import annotations

from html import escape

from open311.http.answers import Answer, Blob
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource

__all__ = ["POLICY", "RESOURCES"]

POLICY = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'")
"""What a page may load: nothing at all."""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{names}: Open311</title>
<style>
  body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto;
    padding: 0 1rem; color: #1a1a1a; background: #fff }}
  a {{ color: #004a99 }}
  code {{ background: #eee; padding: .1em .3em }}
  @media (prefers-color-scheme: dark) {{
    body {{ color: #eee; background: #161616 }} a {{ color: #8ec5ff }} code {{ background: #333 }}
  }}
</style>
<main>
<h1>{names}: Open311</h1>
<p>This server speaks <strong>GeoReport v2</strong>: it tells programs what residents may report,
takes their reports, and says what became of them.</p>
<ul>
<li><a href="{base}/discovery.json">Discovery</a>:
where everything is, and whom to ask for a key</li>
{cities}
</ul>
<p>The endpoint is <code>{endpoint}</code>. Everything is there as <code>.xml</code>, too.</p>
</main>
</html>
"""

_CITY = (
    '<li>{name}: <a href="{path}/services.json{query}">what may be reported</a>,'
    ' <a href="{path}/requests.json{query}">what was</a></li>'
)


async def welcome(call: Call) -> Answer:
    """What this is, in words."""
    cities = call.desk.register.cities
    base, several = call.desk.settings.base_url, len(cities) > 1
    lines = [
        _CITY.format(
            name=escape(city.name),
            path=escape(base + ENDPOINT),
            query=f"?jurisdiction_id={escape(city.jurisdiction_id)}" if several else "",
        )
        for city in cities
    ]
    page = _PAGE.format(
        base=escape(base),
        names=escape(", ".join(city.name for city in cities)),
        cities="\n".join(lines),
        endpoint=escape(base + ENDPOINT),
    )
    return Answer(
        Blob(page.encode(), "text/html; charset=utf-8"),
        headers=(POLICY,),
        lasting=True,
    )


_PATHS = ("/", "/open311", "/open311/", ENDPOINT, f"{ENDPOINT}/")

RESOURCES = [Resource(path, {"GET": welcome}) for path in _PATHS]
