// The form that stands in a card, for those who decide several cards together; and whether the card can be seen.
const forms = new WeakMap();
const MOST = 0.8; // of it, or of what there is to see: a little may be cut off

// What fixed bars leave of the window, as where something is scrolled to.
function sight() {
  const { scrollPaddingTop, scrollPaddingBottom } = getComputedStyle(document.documentElement);
  return { from: parseFloat(scrollPaddingTop) || 0, to: innerHeight - (parseFloat(scrollPaddingBottom) || 0) };
}

export default {
  stands: (card, form) => forms.set(card, form),
  form: (card) => forms.get(card),
  // True where it is in sight. Else it is brought there, as far as that goes, before a key does anything to it.
  seen(card) {
    const { from, to } = sight();
    const { top, bottom, height } = card.getBoundingClientRect();
    if (Math.min(bottom, to) - Math.max(top, from) >= MOST * Math.min(height, to - from)) return true;
    const before = scrollY;
    card.scrollIntoView({ block: "nearest", behavior: "instant" });
    return scrollY === before;
  },
};
