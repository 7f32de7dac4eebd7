"""How long a search takes in a catalog far larger than any company's."""

from __future__ import annotations

import random
import time
from typing import Any

from selfserve.catalog.items import Item
from selfserve.catalog.search import SearchIndex

_SYLLABLES = tuple("bacodifugahejinkolumenopiqurasotevuwixayezo"[i : i + 2] for i in range(0, 42, 2))
_COMMON = ("access", "editor", "seat", "licence", "reader", "team", "report", "tool", "data", "cloud", "viewer", "pro")
_QUERIES = (
    "access",
    "editor access for my team",
    "cannot log in",
    "passwort vergessen",
    "repotr tol",
    "a",
    "ed",
    "licence pro data cloud",
    "xqzzyk",
    "i need access to the reports of my team",
)


def items(count: int, seed: int = 7) -> list[Item]:
    """`count` items whose words repeat as words do: few common ones, a long tail of names."""
    chance = random.Random(seed)
    names = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(max(200, count // 2))]
    base = _base()
    return [base.model_copy(update=_words(number, names, chance)) for number in range(count)]


def _words(number: int, names: list[str], chance: random.Random) -> dict[str, Any]:
    product, common = chance.choice(names), chance.choice(_COMMON)
    summary = " ".join([*chance.choices(_COMMON, k=4), *chance.choices(names, k=4)])
    keywords = (*chance.choices(names, k=3), chance.choice(_COMMON))
    return {"id": f"{product}-{number}", "name": f"{product} {common}", "summary": summary, "keywords": keywords}


def _base() -> Item:
    return Item.model_validate(
        {
            "id": "x",
            "name": "X",
            "summary": "X.",
            "category": "Access",
            "icon": "key",
            "owner": "techops",
            "runbook": "runbooks/x.md",
            "risk": "low",
            "who": "true",
            "fulfil": [{"id": "a", "use": "directory.unlock", "with": {}}],
            "escalate": {"after": "1h", "to": "techops"},
            "expect": "1m",
        }
    )


def measure(n: int = 10_000) -> list[dict[str, Any]]:
    """Time to build the index, and p50 and p95 of a search over `n` items; each letter typed counts as a search."""
    catalog = items(n)
    start = time.perf_counter()
    index = SearchIndex(catalog)
    built = time.perf_counter() - start
    typed = [query[:end] for query in _QUERIES for end in range(1, len(query) + 1)]
    typed += [item.name[:-1] for item in catalog[:: max(1, n // 100)]]
    took = sorted(_timed(index, text) for text in typed * 3)
    return [
        {"name": f"search index of {n} items", "value": round(built * 1000, 1), "unit": "ms"},
        {"name": f"search p50 at {n} items", "value": round(took[len(took) // 2] * 1000, 3), "unit": "ms"},
        {"name": f"search p95 at {n} items", "value": round(took[len(took) * 95 // 100] * 1000, 3), "unit": "ms"},
        {"name": f"search slowest at {n} items", "value": round(took[-1] * 1000, 3), "unit": "ms"},
    ]


def _timed(index: SearchIndex, text: str) -> float:
    start = time.perf_counter()
    index.search(text)
    return time.perf_counter() - start


if __name__ == "__main__":
    for row in measure():
        print(f"{row['name']:<40} {row['value']:>10} {row['unit']}")
