import steady from "steady";

// A native dialog: it holds the keyboard, closes with Escape, gives the focus back. What it showed is gone when it closes.
export default {
  template: `
    <dialog ref="box" class="s-dialog" :aria-labelledby="'d-' + $.uid" @cancel="left" @close="closed">
      <h2 :id="'d-' + $.uid" class="s-h2">{{ title }}</h2>
      <p class="s-muted s-text">{{ words }}</p>
      <div v-for="one in secrets" :key="one.name">
        <p v-if="secrets.length > 1" class="s-small s-muted">{{ one.name }}</p>
        <div class="s-secret"><code tabindex="0" :aria-label="one.name">{{ one.value }}</code><button type="button" class="s-quiet" @click="copy(one)">{{ copied === one.name ? own.copied : own.copy }}</button></div>
      </div>
      <p class="s-hidden" role="status">{{ copied ? own.copied : "" }}</p>
      <p v-if="error" class="s-error" role="alert">{{ error }}</p>
      <div class="s-dialog-foot">
        <button v-if="!secrets.length" type="button" class="s-quiet" :aria-disabled="String(Boolean(busy))" @click="busy || $refs.box.close()">{{ no }}</button>
        <button v-if="!secrets.length" type="button" :class="look" :aria-disabled="String(Boolean(busy))" @click="sure">{{ busy ? own.moment : yes }}</button>
        <button v-else type="button" class="s-btn" :aria-disabled="String(Boolean(busy))" @click="keep">{{ busy ? own.moment : own.kept }}</button>
      </div>
    </dialog>`,
  mixins: [steady],
  props: { own: Object },
  data() {
    return { name: "", title: "", words: "", yes: "", no: "", look: "s-btn", secrets: [], copied: "", error: "" };
  },
  unmounted() {
    document.removeEventListener("keydown", this.struck, true);
  },
  methods: {
    ask(question) {
      this.rest();
      Object.assign(this, { secrets: [], error: "", copied: "" }, question);
      document.addEventListener("keydown", this.struck, true); // the focus may be on nothing
      this.$nextTick(() => this.$refs.box.open || this.$refs.box.showModal());
    },
    reveal(title, words, secrets) {
      this.ask({ title, words, secrets });
    },
    refuse(error) {
      this.rest();
      this.error = error;
    },
    mended(sentence) {
      if (this.error === sentence) this.error = this.secrets.length ? this.own.unheard : ""; // whoever looks again may take it for kept
    },
    sure() {
      this.error = "";
      this.attempt("sure", this.own, () => this.$emit("sure", this.name), this.refuse);
    },
    keep() {
      this.error = "";
      this.attempt("kept", this.own, () => this.$emit("kept"), this.refuse);
    },
    struck(event) {
      if (event.key === "Escape") this.left(event);
    },
    left(event) {
      // What is on its way cannot be called back: its answer is waited for. A secret is put away by saying so.
      if (this.busy || this.secrets.length) event.preventDefault();
      if (this.secrets.length && !this.busy) this.error = this.own.first;
    },
    close() {
      this.$refs.box.close();
    },
    closed() {
      document.removeEventListener("keydown", this.struck, true);
      if (this.secrets.length) this.onward();
      this.secrets = [];
      this.copied = "";
      this.rest();
      this.$emit("closed");
    },
    onward() {
      // The button that showed it goes, now that it is kept: the keyboard goes on at the head of the page.
      const title = document.querySelector(".s-content h1");
      title?.setAttribute("tabindex", "-1");
      title?.focus();
    },
    async copy(one) {
      try {
        await navigator.clipboard.writeText(one.value);
        this.copied = one.name;
      } catch {
        this.error = this.own.refused;
      }
    },
  },
};
