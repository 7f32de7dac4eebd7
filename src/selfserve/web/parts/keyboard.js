// What the keyboard is at, for those who take single letters as commands.
const FIELD = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
let writing = false;

const leaves = (event) => event.key === "Tab" || event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey));
const inField = (event) => Boolean(event.target.closest?.(FIELD));

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

export default {
  // True while letters are words: one writes in a field, or it was taken away under somebody who did, and who has not
  // turned to anything else since.
  writing: () => writing,
};
