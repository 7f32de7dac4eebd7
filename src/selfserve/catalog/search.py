"""Finding items by what people type: beginnings of words, slips of the fingers, other words for the same thing.

A small inverted index. A typed word is taken, in this order, as a word of the catalog, as the beginning of one, as a
saying that means one, and, where none of these finds anything or nothing fits all that was said, as a misspelt one.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import neg
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from selfserve.catalog.folding import STOP_WORDS, fold, words
from selfserve.catalog.items import Item
from selfserve.catalog.synonyms import BUILT_IN, Sayings

_NAME, _KEYWORD, _SUMMARY, _SHELF = 10.0, 6.0, 2.0, 1.5
_PREFIX, _SAYING, _SLIP = 0.8, 0.7, 0.5
_MOST_WORDS: Final = 12
_MOST_BEGINNINGS: Final = 400
_WINDOW: Final = 200

Weights = dict[int, float]
"""Score by position of the item in the index."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One item found; a larger `score` fits better. Scores compare within one search only."""

    item: Item
    score: float


class SearchIndex:
    """An index over `items`; it never changes, so any number of threads may search it."""

    def __init__(self, items: Iterable[Item], synonyms: Sequence[Sequence[str]] = ()) -> None:
        self._items = tuple(sorted(items, key=lambda item: fold(item.name)))  # so that equal scores go by name
        self._postings: dict[str, Weights] = {}
        for position, item in enumerate(self._items):
            for word, weight in _weighted(item).items():
                self._postings.setdefault(word, {})[position] = weight
        self._vocabulary = sorted(self._postings)
        self._by_length: dict[int, list[str]] = {}
        for word in self._vocabulary:
            self._by_length.setdefault(len(word), []).append(word)
        self._sayings = Sayings.of((*BUILT_IN, *synonyms))

    def search(self, text: str, visible: Callable[[Item], bool] | None = None, limit: int = 20) -> list[Hit]:
        """The best `limit` items for `text`, best first, of those for which `visible` is true; [] for an empty text.

        `visible` is asked only about items that would be shown, best first.
        """
        asked = words(text)[:_MOST_WORDS]
        meant = [word for word in asked if word not in STOP_WORDS] or asked
        if not meant:
            return []
        groups = [group for group in self._groups(asked, meant) if group]
        fits = _fitting_all(groups)
        if not fits and len(groups) > 1:  # a slip may begin a word of another item, or of another language
            fits = _fitting_all([group for group in self._groups(asked, meant, slips=True) if group])
        return self._shown(fits or _most(groups), visible, limit)

    def _groups(self, asked: list[str], meant: list[str], *, slips: bool = False) -> Iterator[Weights]:
        """For each thing said, the items it fits. Sayings of several words are taken out first, whole.

        With `slips`, a word may be misspelt even where it is one.
        """
        left = list(meant)
        for saying in self._sayings_in(asked):
            yield self._meant(self._sayings.meanings(saying))
            left = [word for word in left if word not in saying]
        for position, word in enumerate(left):
            yield self._word(word, last=position == len(left) - 1, slips=slips)

    def _sayings_in(self, asked: list[str]) -> Iterator[tuple[str, ...]]:
        start = 0
        while start < len(asked):
            for length in range(min(self._sayings.longest, len(asked) - start), 1, -1):
                saying = tuple(asked[start : start + length])
                if saying in self._sayings.by_words:
                    yield saying
                    start += length - 1
                    break
            start += 1

    def _word(self, word: str, *, last: bool, slips: bool) -> Weights:
        found: Weights = dict(self._postings.get(word, {}))
        if len(word) > 1 or last:
            self._add_beginnings(found, word)
        _add(found, self._meant(self._sayings.meanings((word,))), 1.0)
        if (slips or not found) and len(word) > 2:
            self._add_slips(found, word)
        return found

    def _add_beginnings(self, found: Weights, word: str) -> None:
        start = bisect_left(self._vocabulary, word)
        for other in self._vocabulary[start : start + _MOST_BEGINNINGS]:
            if not other.startswith(word):
                return
            if other != word:
                _add(found, self._postings[other], _PREFIX)

    def _add_slips(self, found: Weights, word: str) -> None:
        """Words within one slip, two for long ones; also the beginnings of longer words, since people type on."""
        slips = 1 if len(word) < 6 else 2
        for other, distance, _ in self._near(word, slips):
            _add(found, self._postings.get(other, {}), _SLIP / max(distance, 1))
            _add(found, self._meant(self._sayings.meanings((other,))), _SLIP / max(distance, 1))

    def _near(self, word: str, slips: int) -> list[tuple[str, int, int]]:
        near: list[str] = [
            other
            for length in range(len(word) - slips, len(word) + slips + 1)
            for other in self._by_length.get(length, ())
        ]
        near += [saying[0] for saying in self._sayings.by_words if len(saying) == 1 and saying[0] not in self._postings]
        if len(word) == 3:  # one letter of three wrong is another word; two in the wrong order are a slip
            near = [other for other in near if sorted(other) == sorted(word)]
        best = process.extract(word, near, scorer=DamerauLevenshtein.distance, score_cutoff=slips, limit=8)
        return [(other, int(distance), position) for other, distance, position in best]

    def _meant(self, meanings: Mapping[str, float]) -> Weights:
        found: Weights = {}
        for word, surely in meanings.items():
            _add(found, self._postings.get(word, {}), _SAYING * surely)
        return found

    def _shown(self, scores: Weights, visible: Callable[[Item], bool] | None, limit: int) -> list[Hit]:
        hits: list[Hit] = []
        for position in self._ranked(scores, limit):
            item = self._items[position]
            if visible is None or visible(item):
                hits.append(Hit(item, scores[position]))
                if len(hits) == limit:
                    break
        return hits

    def _ranked(self, scores: Weights, limit: int) -> Iterator[int]:
        """Positions best first; a window is enough unless much of it is hidden from who asks."""

        ranked = zip(map(neg, scores.values()), scores, strict=True)
        if len(scores) <= _WINDOW:
            yield from (position for _, position in sorted(ranked))
            return
        window = heapq.nsmallest(max(limit, _WINDOW), ranked)
        yield from (position for _, position in window)
        shown = {position for _, position in window}
        rest = ((-score, position) for position, score in scores.items() if position not in shown)
        yield from (position for _, position in sorted(rest))


def _weighted(item: Item) -> dict[str, float]:
    """Every word of the item, in all its languages, with the weight of the best place it stands in."""
    found: dict[str, float] = {}
    others = (item.languages or {}).values()
    places: tuple[tuple[float, Iterable[str | None]], ...] = (
        (_NAME, [item.name, item.id, *(one.name for one in others)]),
        (_KEYWORD, [*item.keywords, *(word for one in others for word in one.keywords)]),
        (_SUMMARY, [item.summary, *(one.summary for one in others)]),
        (_SHELF, [item.category]),
    )
    for weight, texts in places:
        for text in texts:
            for word in words(text or ""):
                found.setdefault(word, weight)
    return found


def _add(found: Weights, more: Weights, factor: float) -> None:
    """Keep the better score of each item."""
    get = found.get
    for position, weight in more.items():
        score = weight * factor
        if score > get(position, 0.0):
            found[position] = score


def _fitting_all(groups: list[Weights]) -> Weights:
    """Items that fit everything said."""
    if not groups:
        return {}
    found, *others = sorted(groups, key=len)
    for group in others:
        found = {position: score + group[position] for position, score in found.items() if position in group}
    return found


def _most(groups: list[Weights]) -> Weights:
    """Items that fit most of what was said."""
    counts: dict[int, int] = {}
    scores: Weights = {}
    for group in groups:
        for position, score in group.items():
            counts[position] = counts.get(position, 0) + 1
            scores[position] = scores.get(position, 0.0) + score
    best = max(counts.values(), default=0)
    return {position: score for position, score in scores.items() if counts[position] == best}
