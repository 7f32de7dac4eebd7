// The keys of a page, as a list to look up, and a switch for those who speak or strike keys by accident (WCAG 2.1.4).
const COOKIE = "selfserve-keys";
const STEPS = { j: 1, k: -1 };
const SIGNS = { ARROWDOWN: "↓", ARROWUP: "↑", ESCAPE: "Esc" };

export default {
  template: `
    <dialog ref="box" class="s-dialog" :aria-labelledby="'k-' + $.uid">
      <h2 :id="'k-' + $.uid" class="s-h2">{{ words.title }}</h2>
      <dl class="s-keys">
        <div v-for="one in listed" :key="one.keys"><dt><kbd v-for="key in one.keys.split(' ')" :key="key" class="s-kbd">{{ key.replace("CONTROL+ENTER", words.ctrl + " ↵") }}</kbd></dt><dd>{{ one.does }}</dd></div>
      </dl>
      <label class="s-check"><input type="checkbox" :checked="on" @change="turn($event.target.checked)"><span>{{ words.on }}</span></label>
      <div class="s-dialog-foot"><button type="button" class="s-quiet" @click="$refs.box.close()">{{ words.close }}</button></div>
    </dialog>`,
  props: { words: Object },
  data() {
    return { on: !new RegExp(`(?:^|; )${COOKIE}=off`).test(document.cookie), here: [] };
  },
  computed: {
    listed() {
      return [...this.words.always, ...this.here];
    },
  },
  created() {
    this.place = -1;
  },
  mounted() {
    this.mark();
    document.addEventListener("keydown", this.struck);
    document.addEventListener("click", this.asked);
    document.addEventListener("focusin", this.entered);
  },
  unmounted() {
    document.removeEventListener("keydown", this.struck);
    document.removeEventListener("click", this.asked);
    document.removeEventListener("focusin", this.entered);
  },
  methods: {
    struck(event) {
      if (!this.on || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, dialog, [contenteditable]")) return;
      if (event.key === "?") {
        event.preventDefault();
        this.show();
      } else if (STEPS[event.key]) this.step(STEPS[event.key]);
    },
    rows() {
      return [...document.querySelectorAll(".s-list > li > .s-row")];
    },
    // Which row the keyboard came to, and among which: it may go, and then nothing has the keyboard.
    entered(event) {
      this.around = this.rows();
      this.place = this.around.indexOf(event.target);
    },
    // From row to row of the lists; cards do it themselves.
    step(by) {
      const rows = this.rows();
      const left = document.activeElement === document.body && this.place >= 0;
      const last = left ? this.around[this.place] : document.activeElement;
      if (left && !last.isConnected) return (this.neighbour(by) || rows[0])?.focus();
      const at = rows.indexOf(last);
      const next = at < 0 && by < 0 ? rows.length - 1 : Math.min(Math.max(at + by, 0), rows.length - 1);
      rows[next]?.focus();
    },
    // The nearest of those that stood around the last place and still do: in this direction, else in the other.
    neighbour(by) {
      const before = this.around.slice(0, this.place).reverse();
      const after = this.around.slice(this.place + 1);
      return [...(by > 0 ? [after, before] : [before, after])].flat().find((one) => one.isConnected);
    },
    asked(event) {
      if (event.target.closest("[data-opens=keys]")) this.show();
    },
    show() {
      // What has a key on this page says so itself.
      const found = [...document.querySelectorAll("[aria-keyshortcuts]")].filter((one) => one.offsetParent !== null);
      const named = new Map(found.map((one) => [one.getAttribute("aria-keyshortcuts").toUpperCase(), one]));
      this.here = [...named].map(([keys, one]) => ({ keys: keys.split(" ").map((key) => SIGNS[key] || key).join(" "), does: one.dataset.does || one.firstChild.textContent.trim() }));
      if (!this.$refs.box.open) this.$refs.box.showModal();
    },
    turn(on) {
      this.on = on;
      document.cookie = `${COOKIE}=${on ? "on" : "off"}; path=/; max-age=31536000; samesite=lax`;
      this.mark();
    },
    mark() {
      document.documentElement.dataset.keys = this.on ? "on" : "off";
    },
  },
};
