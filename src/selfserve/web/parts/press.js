// A button that does something at once. While it does, it says so and takes no second press.
import steady from "steady";

export default {
  template: `<button type="button" :aria-disabled="String(Boolean(busy))" :aria-busy="String(Boolean(busy))" @click="pressed"><svg v-if="drawn" class="s-icon" aria-hidden="true"><use :href="drawn"/></svg><span v-if="caption">{{ label }}</span><template v-else>{{ label }}</template></button>`,
  mixins: [steady],
  emits: ["click"],
  props: { label: String, drawn: String, caption: Boolean, words: Object },
  methods: {
    pressed() {
      this.attempt("press", this.words, () => this.$emit("click"), this.refuse);
    },
    refuse(sentence) {
      window.dispatchEvent(new CustomEvent("selfserve-warn", { detail: sentence })); // the frame shows it
    },
    mended(sentence) {
      window.dispatchEvent(new CustomEvent("selfserve-unwarn", { detail: sentence }));
    },
  },
};
