// What the keyboard is at, for those who take single letters as commands.
const FIELD = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const PAUSE = 600; // ms: what comes sooner is a key struck twice, or meant for the card that was there before
let writing = false;
let held = ""; // the key that decided, until it is let go
let rested = 0;

const leaves = (event) => event.key === "Tab" || event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey));
const inField = (event) => Boolean(event.target.closest?.(FIELD));

const rest = () => (rested = performance.now() + PAUSE);
const letGo = () => held && ((held = ""), rest());

document.addEventListener("pointerdown", (event) => (writing = inField(event)), true);
document.addEventListener("keydown", (event) => (writing = !leaves(event) && (writing || inField(event))), true);
document.addEventListener(
  "focusin",
  (event) => {
    if (inField(event)) writing = true;
    else if (event.relatedTarget) writing = false; // somebody went there; out of nothing comes who lost a field
  },
  true,
);
const isHeld = (event) => event.key?.toLowerCase() === held;
document.addEventListener("keyup", (event) => isHeld(event) && letGo(), true);
// It may be let go unseen: in another window, or by what strikes keys for somebody.
window.addEventListener("blur", letGo);
document.addEventListener("keydown", (event) => !event.repeat && isHeld(event) && letGo(), true);

export default {
  // True while letters are words: one writes in a field, or it was taken away under somebody who did, and who has not
  // turned to anything else since.
  writing: () => writing,
  // True where a stroke is one of its own, and so may decide.
  deliberate: (event) => !event.repeat && !held && performance.now() >= rested,
  // This key decides; none does until it is let go and a moment has passed.
  decides: (key) => (held = key.toLowerCase()),
  // It decided nothing.
  decidedNot: () => ((held = ""), (rested = 0)),
  // Another thing is there to be decided now: it can be seen for a moment before a key decides it.
  rest,
};
