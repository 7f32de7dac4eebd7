"""Finding items by what people type: beginnings of words, slips of the fingers, other words for the same thing.

A small inverted index. A typed word is taken, in this order, as a word of the catalog, as the beginning of one, as a
saying that means one, and, where none of these finds anything or nothing fits all that was said, as a misspelt one.
Each word counts by how few items it fits; words without a meaning of their own (`languages.function_words`) not at all.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from operator import neg
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from selfserve.catalog.folding import STOP_WORDS, Phrase, fails, fold, meaning, words
from selfserve.catalog.items import Item
from selfserve.catalog.places import KEYWORD, phrases, weighted
from selfserve.catalog.synonyms import BUILT_IN, Sayings

_PREFIX, _SAYING, _SLIP = 0.8, 0.7, 0.5
_WHOLE: Final = 3.0
"""What a word counts more by where a name or keyword was said as a whole."""
_PART: Final = 0.4
"""Where nothing fits all that was said, what fits less than this share of the best is left out."""
_NAMED: Final = KEYWORD * _SLIP
"""From here on it is a name or a keyword that fits, and not only a word of a summary in passing."""
_ALIKE: Final = 0.66
"""How much of a word's letters must agree for another one to be near it."""
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
        self._phrases: dict[Phrase, list[int]] = {}
        for position, item in enumerate(self._items):
            for word, weight in weighted(item).items():
                self._postings.setdefault(word, {})[position] = weight
            for whole in phrases(item):
                self._phrases.setdefault(whole, []).append(position)
        self._vocabulary = sorted(self._postings.keys() - STOP_WORDS)
        self._by_length: dict[int, list[str]] = {}
        for word in self._vocabulary:
            self._by_length.setdefault(len(word), []).append(word)
        self._sayings = Sayings.of((*BUILT_IN, *synonyms))
        self._longest = max((len(parts) for parts, _ in self._phrases), default=0)

    def search(self, text: str, visible: Callable[[Item], bool] | None = None, limit: int = 20) -> list[Hit]:
        """The best `limit` items for `text`, best first, of those for which `visible` is true; [] for an empty text.

        `visible` is asked only about items that would be shown, best first.
        """
        asked = words(text)[:_MOST_WORDS]
        groups = list(self._groups(asked))
        known = [group for group in groups if group]
        scores = self._fitting_all(known)
        if not scores and len(known) > 1:  # a slip may begin a word of another item, or of another language
            scores = self._fitting_all([group for group in self._groups(asked, slips=True) if group])
            _add(scores, _most(self._sum(known)), 1.0)
        if len(known) < len(groups):  # something that nobody here knows: what fits the rest in passing is not it
            scores = {at: score for at, score in scores.items() if any(group.get(at, 0) >= _NAMED for group in known)}
        return self._shown(self._wholly(asked, scores), visible, limit)

    def nearest(self, text: str, visible: Callable[[Item], bool] | None = None, limit: int = 3) -> list[Hit]:
        """Where `search` finds nothing: what fits in passing, or has a word that looks like one that was typed."""
        asked = words(text)[:_MOST_WORDS]
        groups = list(self._groups(asked, slips=True))
        for word in meaning(asked):
            alike: Weights = {}
            if len(word) > 3:
                for other, share in self._alike(word):
                    _add(alike, self._postings[other], _SLIP * share)
            groups.append(alike)
        return self._shown(self._sum([group for group in groups if group]), visible, limit)

    def _groups(self, asked: list[str], *, slips: bool = False) -> Iterator[Weights]:
        """For each thing said, the items it fits. Sayings of several words are taken out first, whole.

        With `slips`, a word may be misspelt even where it is one.
        """
        left = meaning(asked) or asked
        for saying in self._sayings_in(asked):
            found = self._meant(self._sayings.meanings(saying))
            _add(found, dict.fromkeys(self._phrases.get(saying, ()), KEYWORD), 1.0)
            yield found
            left = [word for word in left if word not in saying[0]]
        for position, word in enumerate(left):
            yield self._word(word, last=position == len(left) - 1, slips=slips)

    def _sayings_in(self, asked: list[str]) -> Iterator[Phrase]:
        """The longest sayings among what was asked that do not overlap; a single word is none unless it fails."""
        for said, failing in _readings(asked):
            start = 0
            while start < len(said):
                for length in range(min(self._sayings.longest, len(said) - start), 0 if failing else 1, -1):
                    saying = (tuple(said[start : start + length]), failing)
                    if saying in self._sayings.by_phrase:
                        yield saying
                        start += length - 1
                        break
                start += 1

    def _wholly(self, asked: list[str], scores: Weights) -> Weights:
        """The scores, with more for those of whom a name or a keyword was said as a whole."""
        more: Weights = {}
        for said, failing in _readings(asked):
            for start in range(len(said)):
                for end in range(start + 1, min(start + self._longest, len(said)) + 1):
                    positions = self._phrases.get((tuple(said[start:end]), failing), ())
                    count = len(meaning(said[start:end])) + failing
                    _add(more, dict.fromkeys(positions, _WHOLE), count)
        return scores | {at: scores[at] + weight for at, weight in more.items() if at in scores} if more else scores

    def _word(self, word: str, *, last: bool, slips: bool) -> Weights:
        found: Weights = dict(self._postings.get(word, {}))
        if len(word) > 1 or last:
            self._add_beginnings(found, word)
        _add(found, self._meant(self._sayings.meanings(((word,), False))), 1.0)
        if (slips or not found) and len(word) > 2 and word not in STOP_WORDS:
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
            _add(found, self._meant(self._sayings.meanings(((other,), False))), _SLIP / max(distance, 1))

    def _near(self, word: str, slips: int) -> list[tuple[str, int, int]]:
        near: list[str] = [
            other
            for length in range(len(word) - slips, len(word) + slips + 1)
            for other in self._by_length.get(length, ())
        ]
        near += [saying for saying in self._sayings.words() if saying not in self._postings]
        if len(word) == 3:  # most words of three letters are one letter from another: the first one is seldom wrong
            near = [
                other for other in near if len(other) == 3 and (other[0] == word[0] or sorted(other) == sorted(word))
            ]
        best = process.extract(word, near, scorer=DamerauLevenshtein.distance, score_cutoff=slips, limit=8)
        return [(other, int(distance), position) for other, distance, position in best]

    def _alike(self, word: str) -> list[tuple[str, float]]:
        best = process.extract(
            word, self._vocabulary, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=_ALIKE, limit=4
        )
        return [(other, share) for other, share, _ in best]

    def _meant(self, meanings: Mapping[str, float]) -> Weights:
        found: Weights = {}
        for word, surely in meanings.items():
            _add(found, self._postings.get(word, {}), _SAYING * surely)
        return found

    def _rarity(self, fitting: Sequence[int] | Weights) -> float:
        """How much it says to fit this: the fewer items do, the more."""
        return log(1 + len(self._items) / len(fitting))

    def _fitting_all(self, groups: list[Weights]) -> Weights:
        """Items that fit everything said; what fits few items counts in full, all else by its rarity beside that."""
        if not groups:
            return {}
        found, *others = sorted(groups, key=len)
        most = self._rarity(found)
        for group in others:
            share = self._rarity(group) / most
            found = {at: score + group[at] * share for at, score in found.items() if at in group}
        return found

    def _sum(self, groups: list[Weights]) -> Weights:
        """Items that fit something that was said, each thing by its rarity."""
        if not groups:
            return {}
        first, *others = sorted(groups, key=len)
        scores, most = dict(first), self._rarity(first)
        get = scores.get
        for group in others:
            share = self._rarity(group) / most
            for position, score in group.items():
                scores[position] = get(position, 0.0) + score * share
        return scores

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


def _readings(asked: list[str]) -> Iterator[tuple[list[str], bool]]:
    """What was said word by word, and, where it says that something fails, the things that do."""
    yield asked, False
    if fails(asked):
        yield meaning(asked), True


def _add(found: Weights, more: Weights, factor: float) -> None:
    """Keep the better score of each item."""
    get = found.get
    for position, weight in more.items():
        score = weight * factor
        if score > get(position, 0.0):
            found[position] = score


def _most(scores: Weights) -> Weights:
    """Without what fits far less of what was said than the best does."""
    least = max(scores.values(), default=0.0) * _PART
    return {position: score for position, score in scores.items() if score >= least}
