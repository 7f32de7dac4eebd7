// Markup of the server. Drawn anew, it changes only where it differs: whoever is at it keeps the keyboard's place, what
// they selected, opened and scrolled, and a press that began before lands.
const LEFT = { open: "DETAILS" }; // who reads opens and closes; the markup only says how it stands at first
const theirs = (name, node, change) => LEFT[name] === node.tagName || (name === "tabindex" && change === "remove" && node === document.activeElement);

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
      // Fetched with the first change: no first page waits for it.
      const found = await import("idiomorph").catch(() => null);
      if (!found) return void (this.$el.innerHTML = this.innerHTML);
      const at = document.activeElement;
      found.default.morph(this.$el, this.innerHTML, {
        morphStyle: "innerHTML",
        callbacks: { beforeAttributeUpdated: (name, node, change) => !theirs(name, node, change) },
      });
      // Where a browser cannot move an element in one piece, the keyboard falls off it.
      if (at !== document.activeElement && this.$el.contains(at)) at.focus({ preventScroll: true });
    },
  },
};
