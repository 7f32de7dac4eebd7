// What every act goes through on its way to the server: nothing is sent while nobody would get it, nothing twice, and
// nobody waits for ever. Without a connection socket.io keeps an act and sends it once there is one again, when whoever
// pressed may have thought better of it: so it is refused instead.
const BLINK = 1500; // ms: a cut that heals before is waited for
const FIRST = 10000; // ms: a page may be seen before it is connected for the first time
const PATIENCE = 20000;
const connected = () => Boolean(window.socket?.connected && window.did_handshake);

// A mixin. `busy` is the name of what is under way, "" for nothing. `words` has the two sentences, `cut` and `late`.
// `mended`, which a component may have, is handed the sentence `cut` once it is not true any more.
export default {
  data() {
    return { busy: "" };
  },
  unmounted() {
    clearTimeout(this.waiting);
    clearTimeout(this.early);
    // `watching` goes on: what was said may stand in the frame, which stays.
  },
  methods: {
    attempt(name, words, send, refuse, patience = PATIENCE) {
      if (this.busy) return;
      this.busy = name;
      const until = Date.now() + (window.did_handshake ? BLINK : FIRST);
      const end = (sentence) => (this.rest(), refuse(sentence));
      const back = () => {
        clearTimeout(this.watching);
        this.watching = setTimeout(() => (connected() ? this.mended?.(words.cut) : back()), 200);
      };
      const go = () => {
        if (!connected()) return Date.now() < until ? (this.waiting = setTimeout(go, 50)) : (end(words.cut), back());
        this.waiting = setTimeout(() => end(words.late), patience);
        send();
      };
      go();
    },
    // For what is told without a press: as soon as somebody hears it.
    soon(tell) {
      if (connected()) tell();
      else this.early = setTimeout(() => this.soon(tell), 50);
    },
    rest() {
      clearTimeout(this.waiting);
      this.busy = "";
    },
  },
};
