// Whoever is at something on the page finds it where it was while the page changes above it: what has the focus or, where
// that is out of sight, the first thing that begins in sight. Some browsers hold the page by themselves, each in its own
// way and none through every change: here it is one way for all.
const PAUSE = 100; // ms after the last scrolling, until one looks what is in sight
const FLOATS = /fixed|sticky/;

let content, height, scrolled, pausing, drawing;
let held = []; // what is held and, should it go, what it stands in: elements and where their tops are in the window

const box = (node) => node.getBoundingClientRect();
const there = (node) => node.isConnected && node.getClientRects().length > 0;
const edge = () => parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;

// From the element up to the page's own: another page has nothing of it.
function around(node) {
  const found = [];
  for (; node && node !== content && !node.matches(".s-page"); node = node.parentElement) found.push(node);
  return found;
}

// What has the focus, where it is in sight and goes along with the page.
function focused() {
  const at = document.activeElement;
  if (!at || at === content || !content.contains(at) || at.closest("dialog")) return null;
  const { top, bottom } = box(at);
  if (0 >= bottom || top >= innerHeight) return null;
  return around(at).some((one) => FLOATS.test(getComputedStyle(one).position)) ? null : at;
}

// The first that begins in sight; within what began above, if it has such a thing; else what reaches over the edge.
function first(node, top) {
  let over = null;
  for (const child of node.children) {
    const at = box(child);
    if (top >= at.bottom || !at.height || FLOATS.test(getComputedStyle(child).position)) continue;
    if (at.top >= innerHeight) break;
    if (at.top >= top) return child;
    const inner = first(child, top);
    if (inner && box(inner).top >= top) return inner;
    over ??= inner || child;
  }
  return over;
}

// Whoever has not scrolled yet and is at nothing, is at the top.
function look() {
  clearTimeout(pausing);
  scrolled = scrollY;
  height = document.documentElement.scrollHeight;
  held = around(focused() || (scrollY > 0 ? first(content, edge()) : null)).map((node) => ({ node, top: box(node).top }));
}

// Scrolled by whoever reads, or for them, all goes along. A page that became shorter below them is not scrolled: the
// browser only stops at its end.
function follow() {
  const all = document.documentElement.scrollHeight;
  const stopped = all < height && scrolled > all - innerHeight;
  if (!stopped) for (const one of held) one.top -= scrollY - scrolled;
  scrolled = scrollY;
  return !stopped;
}

function hold() {
  follow();
  const one = held.find(({ node }) => there(node));
  const by = one ? box(one.node).top - one.top : 0;
  if (Math.abs(by) >= 1) scrollBy({ top: by, behavior: "instant" });
  look();
  // What is less than the browser scrolls by is not forgotten, or many changes would add up.
  const still = one && held.find(({ node }) => node === one.node);
  if (still && 1 >= Math.abs(still.top - one.top)) still.top = one.top;
}

function scroll(event) {
  if (event.target !== document) return void (content.contains(event.target) && look());
  if (scrollY === scrolled) return;
  if (!follow()) return hold();
  clearTimeout(pausing);
  pausing = setTimeout(hold, PAUSE);
}

// What changes its size is heard of before it is drawn, what only changes its place not: that is looked at by itself.
function moved() {
  drawing ??= requestAnimationFrame(() => ((drawing = null), hold()));
}

export default {
  // From now on, whatever changes in this element.
  within(element) {
    content = element;
    document.documentElement.style.overflowAnchor = "none";
    look();
    document.addEventListener("focusin", hold);
    document.addEventListener("scroll", scroll, { capture: true, passive: true });
    new ResizeObserver(hold).observe(content);
    new MutationObserver(moved).observe(content, { childList: true, subtree: true });
  },
};
