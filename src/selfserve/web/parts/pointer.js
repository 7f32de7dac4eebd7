// Whether the pointer is held down. What it went down on must still lie below it when it comes up, or nothing is
// pressed: what would move the page waits until then.
let held = false;
const waiting = [];

const release = () => {
  held = false;
  for (const act of waiting.splice(0)) act();
};
// Once it is up, what was pressed hears of it first.
const up = () => held && setTimeout(release);
const down = (event) => event.button === 0 && (held = true);

// A finger presses only after it was lifted: by what the browser then makes up of a mouse.
for (const name of ["pointerdown", "mousedown"]) document.addEventListener(name, down, true);
for (const name of ["pointerup", "pointercancel", "mouseup"]) document.addEventListener(name, up, true);
// It may come up unseen: over the open list of a select, or in another window.
document.addEventListener("pointermove", (event) => event.buttons || up(), true);
document.addEventListener("keydown", up, true);
window.addEventListener("blur", up);

export default {
  // At once, where nothing is held.
  after(act) {
    if (held) waiting.push(act);
    else act();
  },
};
