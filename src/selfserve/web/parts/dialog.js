// A native dialog: it holds the keyboard, closes with Escape, gives the focus back. What it showed is gone when it closes.
export default {
  template: `
    <dialog ref="box" class="s-dialog" :aria-labelledby="'d-' + $.uid" @close="closed">
      <h2 :id="'d-' + $.uid" class="s-h2">{{ title }}</h2>
      <p class="s-muted s-text">{{ words }}</p>
      <div v-for="one in secrets" :key="one.name">
        <p v-if="secrets.length > 1" class="s-small s-muted">{{ one.name }}</p>
        <div class="s-secret"><code tabindex="0" :aria-label="one.name">{{ one.value }}</code><button type="button" class="s-quiet" @click="copy(one)">{{ copied === one.name ? own.copied : own.copy }}</button></div>
      </div>
      <p class="s-hidden" role="status">{{ copied ? own.copied : "" }}</p>
      <p v-if="error" class="s-error" role="alert">{{ error }}</p>
      <div class="s-dialog-foot">
        <button v-if="!secrets.length" type="button" class="s-quiet" @click="$refs.box.close()">{{ no }}</button>
        <button v-if="!secrets.length" type="button" :class="look" :aria-disabled="String(busy)" @click="sure">{{ yes }}</button>
        <button v-else type="button" class="s-btn" @click="$refs.box.close()">{{ own.kept }}</button>
      </div>
    </dialog>`,
  props: { own: Object },
  data() {
    return { name: "", title: "", words: "", yes: "", no: "", look: "s-btn", secrets: [], copied: "", error: "", busy: false };
  },
  methods: {
    ask(question) {
      Object.assign(this, { secrets: [], error: "", copied: "", busy: false }, question);
      if (!this.$refs.box.open) this.$refs.box.showModal();
    },
    reveal(title, words, secrets) {
      this.ask({ title, words });
      this.secrets = secrets;
    },
    refuse(error) {
      this.busy = false;
      this.error = error;
    },
    sure() {
      if (this.busy) return;
      this.busy = true;
      this.$emit("sure", this.name);
    },
    close() {
      this.$refs.box.close();
    },
    closed() {
      this.secrets = [];
      this.copied = "";
      this.busy = false;
      this.$emit("closed");
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
