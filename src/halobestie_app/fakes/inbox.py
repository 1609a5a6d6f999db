"""The inbox of the stand-in for FCM: a page that shows what phones would show. All is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>Pushes ({count})</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<h1>Pushes</h1>
<p>What phones would show, the newest first. This is a stand-in for Firebase; nothing leaves this machine.</p>
</header>
<main>
{cards}
</main>
</body>
</html>
"""

_NOTHING: Final = '<p class="nothing">Nothing was pushed yet.</p>'

_CARD: Final = """<article>
<p class="about"><b>{type}</b> <time datetime="{at}">{clock}</time> to {token}, lives {ttl}</p>
<h2>{title}</h2>
<p class="body">{body}</p>
<details><summary>data</summary><dl>{data}</dl></details>
</article>"""

_STYLE: Final = """:root { color-scheme: light dark; --line: #8884; --faint: #8889; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 40rem; padding: 1.5rem 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
header p { margin: .2rem 0 1.2rem; opacity: .75; }
article { border: 1px solid var(--line); border-radius: .8rem; margin: 0 0 .8rem; padding: .7rem 1rem; }
article h2 { font-size: 1.05rem; margin: .2rem 0 0; }
.about { font-size: .8rem; margin: 0; opacity: .75; overflow-wrap: anywhere; }
.body { margin: .1rem 0 .4rem; overflow-wrap: anywhere; }
details { font-size: .85rem; }
dl { display: grid; gap: .1rem .8rem; grid-template-columns: max-content 1fr; margin: .4rem 0 0; }
dt { opacity: .75; }
dd { margin: 0; overflow-wrap: anywhere; }
.nothing { opacity: .75; }
"""

_SHORT: Final = 24


def page(received: Sequence[tuple[datetime, Mapping[str, Any]]]) -> str:
    """Return the page; the newest first."""
    cards = "\n".join(_card(at, message) for at, message in received)
    return _PAGE.format(count=len(received), cards=cards or _NOTHING)


def style() -> str:
    """Return the style sheet."""
    return _STYLE


def _card(at: datetime, message: Mapping[str, Any]) -> str:
    data, shown = _members(message, "data"), _members(message, "notification")
    token = str(message.get("token", ""))
    return _CARD.format(
        type=escape(str(data.get("type", "?"))),
        at=escape(at.isoformat()),
        clock=escape(at.astimezone().strftime("%H:%M:%S")),
        token=escape(token if len(token) <= _SHORT else f"{token[:_SHORT]}…"),
        ttl=escape(str(_members(message, "android").get("ttl", "?"))),
        title=escape(str(shown.get("title", ""))),
        body=escape(str(shown.get("body", ""))),
        data="".join(_lines(data.items())),
    )


def _lines(data: Iterable[tuple[str, Any]]) -> Iterable[str]:
    return (f"<dt>{escape(str(name))}</dt><dd>{escape(str(value))}</dd>" for name, value in data)


def _members(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = message.get(name)
    return found if isinstance(found, dict) else {}
