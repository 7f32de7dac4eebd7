import cards from "cards";
import keyboard from "keyboard";
import steady from "steady";

// What is chosen among the cards around it, decided together after one look at the list; and the keys from card to card.
// Boxes are `[data-choose=ID]`, cards `section[data-keys]`. All words come as data, in the language of the page.
const FEW = 5; // listed before one asks for the rest, so that nothing is cut without saying so
const RELOADED = 60000; // ms: within these the list is opened again by a reload, after these by somebody who comes back

export default {
  template: `
    <div class="s-together" :data-on="String(chosen.length > 0)">
      <div v-if="offers.length > 1" class="s-together-bar" role="group" :aria-label="words.together">
        <span class="s-strong s-num" role="status">{{ words.chosen[chosen.length] }}</span>
        <button v-for="one in groups" :key="one.name" type="button" class="s-chip" :aria-pressed="String(all(one))" @click="toggle(one)">{{ one.name }}</button>
        <span class="s-grow"></span>
        <button v-if="chosen.length" type="button" class="s-quiet s-plain" @click="pick([])">{{ words.clear }}</button>
        <button v-if="chosen.length" type="button" ref="deny" class="s-danger" @click="open('deny')">{{ words.deny }}</button>
        <button v-if="chosen.length" ref="approve" type="button" class="s-btn" :aria-disabled="String(!alike)" :aria-describedby="alike ? null : uid + '-mixed'" @click="alike && open('approve')">{{ words.approve }}</button>
        <p v-if="chosen.length && !alike" :id="uid + '-mixed'" class="s-small s-muted s-together-mixed">{{ words.mixed }}</p>
      </div>
      <dialog ref="box" class="s-dialog" :aria-labelledby="uid + '-title'" @keydown.esc="busy && $event.preventDefault()" @cancel="busy && $event.preventDefault()" @close="closed">
        <template v-if="results">
          <h2 :id="uid + '-title'" class="s-h2">{{ results.title }}</h2>
          <ul class="s-together-list"><li v-for="one in results.lines" :key="one.id" :class="'s-tone-' + one.tone"><svg class="s-icon" aria-hidden="true"><use :href="icons + (one.tone === 'ok' ? '#circle-check' : '#circle-alert')"/></svg><span>{{ one.label }}<span v-if="one.words || one.note" class="s-muted s-small">{{ one.words || one.note }}</span></span></li></ul>
          <div class="s-dialog-foot"><button ref="end" type="button" class="s-btn" @click="$refs.box.close()">{{ words.close }}</button></div>
        </template>
        <form v-else novalidate @submit.prevent="send">
          <h2 :id="uid + '-title'" class="s-h2">{{ way === 'deny' ? words.denyTitle[asked.length] : words.approveTitle[asked.length] }}</h2>
          <p class="s-muted">{{ way === 'deny' ? words.denyWords : words.approveWords }}</p>
          <ul ref="list" class="s-together-list" tabindex="0" :aria-label="words.list"><li v-for="one in listed" :key="one.id"><span>{{ one.label }}<span class="s-muted s-small">{{ one.note }}</span><span v-if="ahead[one.id]" :class="['s-small', ahead[one.id].wrong ? 's-error' : 's-strong']">{{ ahead[one.id].words }}</span><span v-if="own[one.id].reason" class="s-small s-text">{{ words.own.replace("{words}", () => own[one.id].reason.trim()) }}</span></span></li></ul>
          <p v-if="listed.length < asked.length"><button type="button" class="s-link" @click="unfold">{{ words.more[asked.length - listed.length] }}</button></p>
          <div v-if="wordless.length" class="s-field">
            <label :for="uid + '-reason'" class="s-label"><span>{{ words.reason }}</span> <small v-if="way !== 'deny'">{{ words.optional }}</small></label>
            <textarea :id="uid + '-reason'" ref="reason" v-model="reason" class="s-input" rows="2" :aria-required="way === 'deny' ? 'true' : null" :aria-invalid="error ? 'true' : null" :aria-describedby="uid + (error ? '-error' : '-help')"></textarea>
            <p :id="uid + '-help'" class="s-help">{{ wordless.length < asked.length ? words.rest : words.read }}</p>
          </div>
          <p v-if="error" :id="uid + '-error'" class="s-error" role="alert"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#circle-alert'"/></svg>{{ error }}</p>
          <div class="s-dialog-foot">
            <button type="button" class="s-quiet" :aria-disabled="String(Boolean(busy))" @click="busy || $refs.box.close()">{{ words.no }}</button>
            <button type="submit" :class="way === 'deny' ? 's-danger' : 's-btn'" :aria-disabled="String(Boolean(busy))">{{ busy ? words.meanwhile : way === 'deny' ? words.deny : words.approve }}</button>
          </div>
        </form>
      </dialog>
    </div>`,
  mixins: [steady],
  props: { offers: Array, groups: Array, words: Object, icons: String, most: Number, memory: String },
  data() {
    return { chosen: [], asked: [], own: {}, ahead: {}, way: "approve", whole: false, reason: "", error: "", results: null };
  },
  computed: {
    uid() {
      return `t-${this.$.uid}`;
    },
    listed() {
      return this.whole ? this.asked : this.asked.slice(0, FEW);
    },
    // Those that have no words of their own: they get the reason that is typed here.
    wordless() {
      return this.asked.filter((one) => !this.own[one.id].reason);
    },
    alike() {
      // As the server judges it: the same item, or low risk only; high risk one by one.
      const found = this.offers.filter((one) => this.chosen.includes(one.id));
      if (found.some((one) => one.risk === "high")) return false;
      return new Set(found.map((one) => one.item)).size <= 1 || found.every((one) => one.risk === "low");
    },
  },
  watch: {
    reason() {
      this.keep();
    },
    chosen() {
      this.hold();
    },
    offers() {
      this.hold();
      const there = new Set(this.offers.map((one) => one.id));
      this.gather(); // the ticks that one sees are what counts
      this.chosen = this.chosen.filter((id) => there.has(id));
      this.follow();
    },
  },
  created() {
    this.turn = 0;
    this.following = []; // the cards from the first of those that are asked about
  },
  mounted() {
    document.addEventListener("change", this.ticked);
    document.addEventListener("keydown", this.struck);
    document.addEventListener("focusin", this.entered);
    window.addEventListener("pagehide", this.parted);
    window.addEventListener("resize", this.measure);
    this.gather(); // what was ticked before this part of the page was there
    this.recall();
  },
  updated() {
    this.measure();
  },
  unmounted() {
    window.removeEventListener("resize", this.measure);
    for (const name of ["--above", "--below"]) document.documentElement.style.removeProperty(name);
    window.removeEventListener("pagehide", this.parted);
    document.removeEventListener("focusin", this.entered);
    document.removeEventListener("change", this.ticked);
    document.removeEventListener("keydown", this.struck);
  },
  methods: {
    cards() {
      return [...document.querySelectorAll("section[data-keys]")];
    },
    entered(event) {
      this.card = event.target.closest("section[data-keys]");
      this.place = this.cards().indexOf(this.card);
    },
    // The bar stays in sight, over the page: what the keyboard comes to is scrolled out from under it (app.css).
    measure() {
      const bar = this.$el.querySelector(".s-together-bar");
      const box = this.chosen.length && bar?.getBoundingClientRect();
      const below = box && getComputedStyle(bar).position === "fixed" ? innerHeight - box.top : 0;
      const above = box && !below ? box.height + parseFloat(getComputedStyle(this.$el).top) : 0;
      document.documentElement.style.setProperty("--above", `${above}px`);
      document.documentElement.style.setProperty("--below", `${below}px`);
    },
    // The tab remembers the reason; what is chosen and the open list only for the page that a reload brings.
    keep() {
      if (this.reason) sessionStorage.setItem(this.memory, JSON.stringify({ reason: this.reason }));
      else sessionStorage.removeItem(this.memory);
    },
    parted() {
      const { reason, chosen, way } = this;
      const field = document.activeElement === this.$refs.reason ? this.$refs.reason : null;
      const open = this.$refs.box.open && !this.results && { way, caret: field && [field.selectionStart, field.selectionEnd] };
      if (chosen.length) sessionStorage.setItem(this.memory, JSON.stringify({ reason, chosen, open, at: Date.now() }));
    },
    recall() {
      const left = JSON.parse(sessionStorage.getItem(this.memory) || "{}");
      this.reason = left.reason || "";
      this.keep();
      if (!left.at || Date.now() - left.at > RELOADED) return;
      this.$nextTick(() => {
        this.pick(left.chosen);
        if (left.open && this.chosen.length) this.$nextTick(() => this.reopen(left.open));
      });
    },
    reopen({ way, caret }) {
      this.$refs[way]?.focus(); // it has the keyboard again when the list is closed
      this.open(way);
      this.$nextTick(() => caret && (this.$refs.reason?.focus(), this.$refs.reason?.setSelectionRange(...caret)));
    },
    // What has the keyboard in here may go: then it goes to what is left of the bar, or to the cards.
    hold() {
      if (!this.$el.contains(document.activeElement)) return;
      this.$nextTick(() => {
        const chip = this.$el.querySelector(".s-together-bar .s-chip");
        if (document.activeElement === document.body) chip?.checkVisibility() ? chip.focus() : this.land(this.cards()[0]);
      });
    },
    land(card) {
      const title = document.querySelector(".s-content h1");
      title?.setAttribute("tabindex", "-1");
      keyboard.rest();
      (card || title)?.focus();
    },
    follow() {
      this.$nextTick(() => setTimeout(this.go));
    },
    // The card with the keyboard was decided and is gone: the next one has it, unless one was writing in it.
    go() {
      if (!this.card || this.card.isConnected || document.activeElement !== document.body) return;
      const cards = this.cards();
      this.land(keyboard.writing() ? null : cards[Math.min(this.place, cards.length - 1)]);
    },
    boxes() {
      return [...document.querySelectorAll("input[data-choose]")];
    },
    ticked(event) {
      if (event.target.matches?.("input[data-choose]")) this.gather();
    },
    gather() {
      this.chosen = this.boxes().filter((box) => box.checked).map((box) => box.dataset.choose);
    },
    pick(ids) {
      for (const box of this.boxes()) box.checked = ids.includes(box.dataset.choose);
      this.gather();
    },
    all(group) {
      return group.ids.length === this.chosen.length && group.ids.every((id) => this.chosen.includes(id));
    },
    toggle(group) {
      this.pick(this.all(group) ? [] : group.ids);
    },
    box(id) {
      return this.boxes().find((found) => found.dataset.choose === id);
    },
    form(id) {
      return cards.form(this.box(id)?.closest("section[data-keys]"));
    },
    open(way) {
      const asked = this.offers.filter((one) => this.chosen.includes(one.id));
      const own = {};
      for (const { id } of asked) {
        const form = this.form(id);
        own[id] = form ? form.own() : {};
        if (!own[id]) return; // said there, beside its field
      }
      Object.assign(this, { asked, own, way, ahead: {}, whole: false, error: "", results: null });
      const all = this.cards();
      this.following = all.slice(all.findIndex((card) => card.contains(this.box(asked[0].id))));
      const turn = (this.turn += 1);
      if (way === "approve") this.soon(() => this.$emit("look", { turn, ids: asked.map((one) => one.id), own }));
      this.$refs.box.showModal();
      if (way === "deny") this.$nextTick(() => this.$refs.reason?.focus());
    },
    foresee(turn, lines) {
      if (turn === this.turn) this.ahead = lines;
    },
    unfold() {
      this.whole = true;
      this.$nextTick(() => this.$refs.list?.focus());
    },
    send() {
      this.error = "";
      if (this.wordless.length && this.reason.length > this.most) return this.refuse(this.words.far);
      const decision = { way: this.way, ids: this.asked.map((one) => one.id), reason: this.wordless.length ? this.reason : "", own: this.own };
      this.along(true);
      this.attempt(this.way, this.words, () => this.$emit("decide", decision), this.refuse, 60000);
    },
    refuse(words) {
      this.rest();
      if (words !== this.words.late) this.along(false);
      this.error = words;
      this.$nextTick(() => this.$refs.reason?.focus());
    },
    // What is typed on a card that is decided here with others has been sent with them.
    along(sent) {
      for (const { id } of this.asked) if (this.form(id)) this.form(id).along = sent;
    },
    tell(results) {
      this.rest();
      this.along(false);
      for (const form of results.decided.map(this.form).filter(Boolean)) {
        form.forget();
        form.along = true; // until its card leaves
      }
      // What went away meanwhile is still called what the list called it.
      const named = new Map(this.asked.map((one) => [one.id, one]));
      const lines = results.lines.map((one) => ({ ...one, ...named.get(one.id), words: one.words }));
      Object.assign(this, { results: { ...results, lines }, reason: "" });
      this.pick([]);
      if (!this.$refs.box.open) this.$refs.box.showModal();
      this.$nextTick(() => this.$refs.end?.focus());
    },
    closed() {
      const over = this.results;
      this.rest();
      Object.assign(this, { results: null, error: "" });
      const lost = document.activeElement === document.body || this.$refs.box.contains(document.activeElement);
      if (!over || !lost) return;
      // The button that opened it has gone: on with the first of these cards that is still to decide.
      const waits = (card) => card.isConnected && !cards.form(card)?.along;
      this.land(this.following.find(waits) || this.cards().filter(waits).pop());
    },
    struck(event) {
      if (keyboard.writing() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]")) return;
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
      if (event.key.length === 1 && document.documentElement.dataset.keys === "off") return;
      if (step) this.move(step, event);
      else if (event.key === "x") this.tick(event);
    },
    move(step, event) {
      const cards = this.cards();
      if (!cards.length) return;
      const at = cards.indexOf(event.target.closest("section[data-keys]"));
      const next = at < 0 ? (step > 0 ? 0 : cards.length - 1) : Math.min(Math.max(at + step, 0), cards.length - 1);
      event.preventDefault();
      cards[next].focus();
      cards[next].scrollIntoView({ block: "nearest" });
    },
    tick(event) {
      const card = event.target.closest("section[data-keys]");
      const box = card?.querySelector("input[data-choose]");
      if (!box) return;
      event.preventDefault();
      if (!cards.seen(card)) return keyboard.rest();
      box.checked = !box.checked;
      this.gather();
    },
  },
};
