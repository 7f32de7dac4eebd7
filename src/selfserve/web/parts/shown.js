// Markup of the server. Drawn anew, it changes only where it differs: whoever is at it keeps the keyboard's place, what
// they selected, opened and scrolled, and a press that began before lands.
const LEFT = { open: "DETAILS" }; // who reads opens and closes; the markup only says how it stands at first
const theirs = (name, node, change) => LEFT[name] === node.tagName || (name === "tabindex" && change === "remove" && node === document.activeElement);

const PATIENCE = 2000; // ms: what changed is to be seen, also where nothing answers
let fetched, patient;

// What morphs; null where it cannot be fetched, or is not there by then.
function found() {
  // Fetched with the first change: no first page waits for it.
  fetched ??= import("idiomorph").then(
    (all) => all.default,
    () => (fetched = null),
  );
  patient ??= new Promise((done) => setTimeout(done, PATIENCE, null));
  return Promise.race([fetched, patient]);
}

export default {
  template: `<component :is="tag"></component>`,
  props: { innerHTML: String, sanitize: Boolean, tag: String },
  mounted() {
    this.$el.innerHTML = this.innerHTML;
  },
  watch: {
    innerHTML() {
      this.renew();
    },
  },
  methods: {
    async renew() {
      const morphing = await found();
      if (!morphing) return void (this.$el.innerHTML = this.innerHTML);
      const at = document.activeElement;
      morphing.morph(this.$el, this.innerHTML, {
        morphStyle: "innerHTML",
        callbacks: { beforeAttributeUpdated: (name, node, change) => !theirs(name, node, change) },
      });
      // Where a browser cannot move an element in one piece, the keyboard falls off it.
      if (at !== document.activeElement && this.$el.contains(at)) at.focus({ preventScroll: true });
    },
  },
};
