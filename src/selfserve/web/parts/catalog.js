// The catalog's grid: finds by beginnings of words at once, in the browser; the server adds slips and sayings a moment later.
const STEP = 60;
const LONGEST = 200;
const here = () => location.pathname + location.search;

// Where somebody was when they opened an item: coming back, they are there again.
let left = null;
let back = false;
window.addEventListener("popstate", () => (back = true));
window.addEventListener("click", () => (back = false), true);

const fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
const split = (text) => fold(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

export default {
  template: `
    <div @keydown.up.exact="step($event, -1)" @keydown.down.exact="step($event, 1)">
      <div class="s-search" role="search">
        <svg class="s-icon" aria-hidden="true"><use :href="icons + '#search'"/></svg>
        <input id="s-search" ref="search" type="search" autocomplete="off" spellcheck="false" enterkeyhint="search" :maxlength="longest"
          :aria-label="words.search" :placeholder="narrow ? words.search : words.hint" :value="query"
          @input="typed($event.target.value)" aria-keyshortcuts="ArrowDown ArrowUp" :data-does="words.steps"
          @keydown.enter.prevent="first" @keydown.esc="typed('')">
        <button v-if="query" type="button" class="s-iconbtn" :aria-label="words.clear" aria-keyshortcuts="Escape" :data-does="words.clear" @click="clear">
          <svg class="s-icon" aria-hidden="true"><use :href="icons + '#x'"/></svg></button>
        <kbd v-else class="s-kbd" aria-hidden="true">/</kbd>
      </div>
      <div v-if="shelves.length > 1" class="s-chips" role="group" :aria-label="words.shelves">
        <button type="button" class="s-chip" :aria-pressed="String(!shelf)" @click="pick('')">{{ words.all }}</button>
        <button v-for="[one, name] in shelves" :key="one" type="button" class="s-chip" :aria-pressed="String(shelf === one)" @click="pick(one)">{{ name }}</button>
      </div>
      <p class="s-hidden" role="status" aria-live="polite">{{ told }}</p>
      <p v-if="wordless" class="s-muted s-wordless">{{ told }}</p>
      <div v-if="!found.length && !waiting" class="s-empty" :data-more="Boolean(groups.length)">
        <svg class="s-icon" aria-hidden="true"><use :href="icons + '#search-x'"/></svg>
        <h2 class="s-h2">{{ query ? put(words.nothing) : words.empty }}</h2>
        <p>{{ query ? words.other + " " : "" }}{{ support }}</p>
        <div class="s-ways">
          <a v-for="one in links" :key="one.to" class="s-quiet" :href="one.to" :target="one.outside ? '_blank' : null" rel="noopener noreferrer">{{ one.name }}</a>
          <button v-if="query" type="button" class="s-quiet" @click="typed('')">{{ words.show }}</button>
        </div>
      </div>
      <section v-for="group in groups" :key="group.name" :aria-label="group.name">
        <h2 class="s-h3 s-group">{{ group.name }}</h2>
        <ul class="s-grid">
          <li v-for="item in group.items" :key="item.id">
            <a class="s-card" :href="'/items/' + item.id" @click="leave">
              <span class="s-tile" :class="'s-tint-' + item.tint"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#' + item.icon"/></svg></span>
              <span class="s-card-b"><span class="s-card-t">{{ item.name }}</span><span class="s-card-s">{{ item.summary }}</span>
                <span class="s-meta"><span v-if="!marks.get(item.id) || marks.get(item.id).icon === 'check'"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#' + (item.human ? 'user-round' : item.asks ? 'clock' : 'zap')"/></svg>{{ item.takes }}</span>
                  <span v-if="marks.get(item.id)" class="s-marked" :class="{ 's-muted': marks.get(item.id).icon !== 'check' }"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#' + marks.get(item.id).icon"/></svg>{{ marks.get(item.id).words }}</span></span>
              </span>
            </a>
          </li>
        </ul>
      </section>
      <div ref="more" class="s-more"></div>
    </div>`,
  props: { items: Array, held: Object, popular: Array, icons: String, support: String, links: Array, words: Object },
  data() {
    return { query: "", shelf: "", limit: STEP, asked: "", answer: null, longest: LONGEST, narrow: innerWidth < 480 };
  },
  created() {
    this.index = this.indexed();
  },
  mounted() {
    this.watcher = new IntersectionObserver((seen) => seen[0].isIntersecting && this.limit < this.found.length && (this.limit += STEP), { rootMargin: "800px" });
    this.watcher.observe(this.$refs.more);
    const asked = new URLSearchParams(location.search);
    this.shelf = this.shelves.find(([one]) => one === asked.get("category"))?.[0] || "";
    if (asked.get("q")) this.typed(asked.get("q").slice(0, LONGEST));
    this.comeBack();
    document.addEventListener("click", this.home);
  },
  unmounted() {
    this.watcher.disconnect();
    document.removeEventListener("click", this.home);
    clearTimeout(this.timer);
  },
  watch: {
    items() {
      this.index = this.indexed();
    },
    limit() {
      // The end of the list may still be in sight after it grew.
      this.$nextTick(() => (this.watcher.unobserve(this.$refs.more), this.watcher.observe(this.$refs.more)));
    },
  },
  computed: {
    byId() {
      return new Map(this.items.map((item) => [item.id, item]));
    },
    marks() {
      return new Map(Object.entries(this.held)); // an item may be called `constructor`
    },
    shelves() {
      // By what the catalog calls them, which is the same in every language, with what they are called in this one.
      return [...new Map(this.items.map((item) => [item.shelf, item.category]))];
    },
    wordless() {
      return Boolean(this.query.trim()) && !split(this.query).length;
    },
    waiting() {
      return Boolean(this.asked) && this.asked === this.query && this.answer?.query !== this.query;
    },
    matched() {
      const words = split(this.query);
      if (!words.length) return this.items;
      if (this.answer && this.answer.query === this.query) return this.answer.found.map((id) => this.byId.get(id)).filter(Boolean);
      return this.near(words);
    },
    found() {
      return this.shelf ? this.matched.filter((item) => item.shelf === this.shelf) : this.matched;
    },
    groups() {
      const shown = this.found.slice(0, this.limit);
      if (split(this.query).length) return shown.length ? [{ name: this.words.best, items: shown }] : this.beside;
      const groups = new Map();
      for (const item of shown) groups.set(item.category, [...(groups.get(item.category) || []), item]);
      const all = [...groups].map(([name, items]) => ({ name, items }));
      const liked = this.shelf ? [] : this.popular.map((id) => this.byId.get(id)).filter(Boolean);
      return liked.length ? [{ name: this.words.popular, items: liked }, ...all] : all;
    },
    beside() {
      // Nothing fits: what there is all the same, each kind under its own name, so that nobody takes it for found.
      if (this.answer?.query !== this.query) return [];
      const { words, matched } = this;
      const [near, instead] = [this.answer.near, this.answer.instead].map((ids) => ids.map((id) => this.byId.get(id)).filter(Boolean));
      const kinds = [[words.elsewhere, matched.slice(0, this.limit)], [words.near, near], [words.instead, instead]];
      return kinds.filter(([, items]) => items.length).map(([name, items]) => ({ name, items }));
    },
    told() {
      if (!this.query.trim() || this.waiting) return "";
      if (this.wordless) return this.put(this.words.wordless);
      return this.found.length ? this.words.found.replace("{count}", this.found.length) : this.put(this.words.nothing);
    },
  },
  methods: {
    indexed() {
      return this.items.map((item) => [item, split(item.name), split([item.summary, item.category, ...(item.words || [])].join(" "))]);
    },
    near(words) {
      const scored = [];
      for (const [item, name, rest] of this.index) {
        let score = 0;
        for (const word of words) {
          const hit = name.some((one) => one.startsWith(word)) ? 2 : rest.some((one) => one.startsWith(word)) ? 1 : 0;
          if (!hit) {
            score = 0;
            break;
          }
          score += hit;
        }
        if (score) scored.push([score, item]);
      }
      return scored.sort((one, other) => other[0] - one[0]).map(([, item]) => item);
    },
    typed(text) {
      this.query = text;
      this.limit = STEP;
      this.wish = null;
      clearTimeout(this.timer);
      this.note();
      if (!split(text).length) return this.asked = "";
      this.asked = text;
      this.timer = setTimeout(() => this.$emit("search", text), 140);
    },
    put(sentence) {
      return sentence.replace("{query}", () => this.query);
    },
    reply(query, found, near = [], instead = []) {
      this.answer = { query, found, near, instead };
      if (this.wish && query === this.query) this.$nextTick(this.wish);
    },
    pick(shelf) {
      this.shelf = shelf;
      this.limit = STEP;
      this.note();
    },
    note() {
      // In the address, so that coming back, loading anew and sending it to somebody lead to the same cards.
      const kept = new URLSearchParams(Object.entries({ q: this.query.trim(), category: this.shelf }).filter(([, value]) => value));
      const page = kept.size ? `/?${kept}` : "/";
      history.replaceState({ ...history.state, page }, "", page);
    },
    leave() {
      left = { at: here(), y: scrollY, limit: this.limit };
    },
    comeBack() {
      if (back && left?.at === here()) {
        this.limit = left.limit;
        this.hold(left.y);
      }
      back = false;
      left = null;
    },
    hold(y, frames = 20) {
      // NiceGUI scrolls to the top of every page that it shows, at some time soon.
      if (!this.$el.isConnected) return;
      scrollTo(0, y);
      if (frames) requestAnimationFrame(() => this.hold(y, frames - 1));
    },
    home(event) {
      if (!event.target.closest('a[href="/"]')) return;
      this.typed("");
      this.pick("");
    },
    clear() {
      this.typed("");
      this.$refs.search.focus();
    },
    step(event, by) {
      // From the search down into what it found, from card to card, and up again; beyond the last one the page scrolls.
      const cards = [...this.$el.querySelectorAll(".s-card")];
      const at = event.target === this.$refs.search ? -1 : cards.indexOf(event.target);
      if (event.isComposing || (at < 0 && (by < 0 || event.target !== this.$refs.search))) return;
      if (at < 0) return event.preventDefault(), this.enter();
      const next = cards[at + by] || (by < 0 && this.$refs.search);
      if (next) event.preventDefault(), next.focus();
    },
    enter() {
      this.wish = this.waiting ? this.enter : null;
      if (!this.wish) this.$el.querySelector(".s-card")?.focus();
    },
    first() {
      // What the browser finds by itself is only a beginning: Enter waits for what the server makes of the words.
      this.wish = this.waiting ? this.first : null;
      if (this.wish || !this.query.trim() || !this.found.length || !window.socket?.connected) return;
      this.leave();
      emitEvent("sub_pages_navigate", "/items/" + this.found[0].id);
    },
  },
};
