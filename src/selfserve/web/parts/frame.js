// The frame around every page: navigation with counts, notices, account. Words arrive as data and are shown as text.
const THEMES = ["system", "light", "dark"];
const COOKIE = "selfserve-appearance";
const SHORT = 700; // ms: a cut that heals before is not worth a word
const SHOWN = 9000; // ms: long enough to read two sentences
const LONG = 15000; // ms: after this a human's number is more use than patience

const GONE = "Implicit handshake failed"; // what NiceGUI's server says of a page that it does not know
const PAUSE = 1200; // ms without a key: between two words, not within one
const AT_LAST = 30000; // ms: then the page is loaded anew all the same

const reached = () => fetch("/healthz", { cache: "no-store" }).then((answer) => answer.status < 500, () => false);

function chosen() {
  const found = document.cookie.match(new RegExp(`(?:^|; )${COOKIE}=(\\w+)`));
  return found && THEMES.includes(found[1]) ? found[1] : "system";
}

export default {
  template: `
    <header class="s-frame">
      <a class="nicegui-skip-link" :href="'#' + content" @click="skip">{{ words.skip }}</a>
      <div class="s-bar" :inert="open">
        <button ref="burger" type="button" class="s-iconbtn" :aria-label="words.menu" :aria-expanded="String(open)" @click="unfold">
          <svg class="s-icon" aria-hidden="true"><use :href="icons + '#menu'"/></svg>
        </button>
        <a class="s-brand" href="/"><template v-if="logo"><img class="s-logo" :class="{ 's-logo-light': logoDark }" :src="logo" alt=""><img v-if="logoDark" class="s-logo s-logo-dark" :src="logoDark" alt=""></template><span v-else class="s-mark"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#sparkle'"/></svg></span><span>{{ brand }}</span></a>
        <button type="button" class="s-iconbtn" :aria-label="bell" :aria-expanded="String(reading)" @click="read">
          <svg class="s-icon" aria-hidden="true"><use :href="icons + '#bell'"/></svg><span v-if="unread" class="s-dot-new"></span>
        </button>
      </div>
      <div v-if="open" class="s-scrim" @click="fold"></div>
      <div ref="side" class="s-side" :data-open="String(open)">
        <a class="s-brand" href="/" @click="fold"><template v-if="logo"><img class="s-logo" :class="{ 's-logo-light': logoDark }" :src="logo" alt=""><img v-if="logoDark" class="s-logo s-logo-dark" :src="logoDark" alt=""></template><span v-else class="s-mark"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#sparkle'"/></svg></span><span>{{ brand }}</span></a>
        <nav :aria-label="words.main">
          <a v-for="place in places" :key="place.path" class="s-nav" :href="place.path" :aria-current="place.path === here ? 'page' : null" @click="fold">
            <svg class="s-icon" aria-hidden="true"><use :href="icons + '#' + place.icon"/></svg><span>{{ place.name }}</span>
            <span v-if="place.count" class="s-count">{{ place.count > 99 ? "99+" : place.count }}<span class="s-hidden"> {{ place.counted }}</span></span>
          </a>
        </nav>
        <span class="s-grow"></span>
        <a v-for="link in links" :key="link.url" class="s-nav" :href="link.url" :target="link.outside ? '_blank' : null" rel="noopener noreferrer">
          <svg class="s-icon" aria-hidden="true"><use :href="icons + '#' + link.icon"/></svg><span>{{ link.name }}</span>
        </a>
        <button type="button" class="s-nav" :aria-expanded="String(reading)" @click="read">
          <svg class="s-icon" aria-hidden="true"><use :href="icons + '#bell'"/></svg><span>{{ words.notices }}</span><span v-if="unread" class="s-count">{{ unread > 99 ? "99+" : unread }}<span class="s-hidden"> {{ words.unread }}</span></span>
        </button>
        <button type="button" class="s-nav s-has-keys" data-opens="keys" aria-haspopup="dialog">
          <svg class="s-icon" aria-hidden="true"><use :href="icons + '#keyboard'"/></svg><span>{{ words.keys }}</span>
        </button>
        <button type="button" class="s-nav" :aria-label="words.turn[theme]" @click="turn">
          <svg class="s-icon" aria-hidden="true"><use :href="icons + '#' + themeIcon"/></svg><span>{{ words.looks[theme] }}</span>
        </button>
        <form method="post" :action="signOut" @submit="forget">
          <button type="submit" class="s-nav"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#log-out'"/></svg><span>{{ words.out }}</span></button>
        </form>
        <div class="s-account">
          <span class="s-avatar" aria-hidden="true">{{ initials }}</span>
          <span class="s-account-t"><span class="s-strong">{{ name }}</span><span class="s-muted s-small">{{ title }}</span></span>
        </div>
      </div>
      <div v-if="reading" ref="notices" class="s-notices" role="dialog" :aria-label="words.notices" tabindex="-1">
        <div class="s-notices-head">
          <h2 class="s-h2 s-grow">{{ words.notices }}</h2>
          <button v-if="notices && notices.some((one) => !one.read)" type="button" class="s-quiet s-plain" @click="$emit('seen', null)">{{ words.seen }}</button>
          <button type="button" class="s-iconbtn" :aria-label="words.close" @click="close"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#x'"/></svg></button>
        </div>
        <div v-if="!notices" class="s-empty"><p>{{ words.moment }}</p></div>
        <div v-else-if="!notices.length" class="s-empty"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#check-check'"/></svg><p>{{ words.nothing }}</p></div>
        <div v-else class="s-notices-list">
          <component :is="one.path ? 'a' : 'div'" v-for="one in notices" :key="one.id" class="s-notice" :class="{ 's-notice-read': one.read }" :href="one.path || null" @click="seen(one)">
            <div class="s-strong">{{ one.title }}<span v-if="one.read" class="s-hidden"> ({{ words.read }})</span></div><div v-if="one.body" class="s-notice-b">{{ one.body }}</div><div class="s-notice-w">{{ one.when }}</div>
          </component>
          <div v-if="older" class="s-notices-older"><button type="button" class="s-quiet s-plain" @click="$emit('older')">{{ words.older }}</button></div>
        </div>
      </div>
      <div ref="lines" class="s-lines">
        <div class="s-told" :data-warns="String(warns)"><p role="status" aria-live="polite">{{ told }}</p><button v-if="told" type="button" class="s-iconbtn" :aria-label="words.hide" @focus="former = $event.relatedTarget" @click="hide"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#x'"/></svg></button></div>
        <div class="s-away" role="status" aria-live="polite"><p v-if="away"><b>{{ words.away[away] }}</b>{{ " " + words.kept }}<span v-if="long" class="s-away-help">{{ " " + words.help }}</span></p></div>
      </div>
      <div class="s-hidden" role="status" aria-live="polite">{{ said }}</div>
    </header>`,
  props: {
      icons: String, brand: String, logo: String, logoDark: String, name: String, title: String, initials: String, signOut: String,
      content: String, places: Array, links: Array, here: String, unread: Number, bell: String, notices: Array, older: Boolean,
      words: Object,
  },
  data() {
    return { open: false, reading: false, theme: chosen(), said: "", told: "", warns: false, away: "", long: false };
  },
  computed: {
    themeIcon() {
      return { system: "sun-moon", light: "sun", dark: "moon" }[this.theme];
    },
  },
  mounted() {
    this.paint();
    this.turnedAway();
    document.addEventListener("keydown", this.keys);
    document.addEventListener("click", this.outside);
    document.addEventListener("focusin", this.outside);
    window.addEventListener("resize", this.measure);
    window.addEventListener("beforeprint", this.dated);
    window.addEventListener("selfserve-warn", this.warned);
    window.addEventListener("selfserve-unwarn", this.unwarned);
    this.wide = matchMedia("(min-width: 861px)");
    this.wide.addEventListener("change", this.widened);
    this.watch();
    setTimeout(this.takeOver); // NiceGUI connects when all that it shows is mounted
    setTimeout(this.stay);
  },
  updated() {
    this.measure();
  },
  unmounted() {
    document.removeEventListener("focusin", this.outside);
    window.removeEventListener("resize", this.measure);
    window.removeEventListener("beforeprint", this.dated);
    window.removeEventListener("selfserve-warn", this.warned);
    window.removeEventListener("selfserve-unwarn", this.unwarned);
    this.wide.removeEventListener("change", this.widened);
    clearTimeout(this.fading);
    this.watcher.disconnect();
    window.removeEventListener("online", this.connection);
    window.removeEventListener("offline", this.connection);
    this.settle();
    document.removeEventListener("keydown", this.keys);
    document.removeEventListener("click", this.outside);
  },
  watch: {
    open(open) {
      // While the menu is open the keyboard stays in it.
      for (const one of document.querySelectorAll(".q-page-container, .nicegui-skip-link")) one.inert = open;
    },
  },
  methods: {
    skip() {
      const target = document.getElementById(this.content);
      target?.setAttribute("tabindex", "-1");
      target?.focus();
    },
    unfold() {
      this.open = true;
      this.$nextTick(() => this.$refs.side.querySelector("nav a")?.focus());
    },
    fold() {
      if (!this.open) return;
      this.open = false;
      this.$nextTick(() => document.activeElement?.closest(".s-content") || this.$refs.burger.focus());
    },
    widened() {
      this.open = false;
    },
    turn() {
      this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length];
      document.cookie = `${COOKIE}=${this.theme}; path=/; max-age=31536000; samesite=lax`;
      this.paint();
      this.whisper(this.words.turned[this.theme]);
    },
    paint() {
      setDark(this.theme === "system" ? null : this.theme === "dark");
    },
    read(event) {
      if (this.reading) return this.close();
      this.opener = event.currentTarget;
      this.open = false;
      this.reading = true;
      this.$emit("notices");
      this.$nextTick(() => this.$refs.notices.focus());
    },
    seen(one) {
      if (!one.read) this.$emit("seen", one.id);
      if (one.path) this.close();
    },
    close() {
      this.reading = false;
      this.opener?.focus();
    },
    // The lines at the foot lie over the page: what the keyboard comes to is scrolled out from under them (app.css).
    measure() {
      const lines = this.told || this.away ? this.$refs.lines.getBoundingClientRect().height + 20 : 0;
      document.documentElement.style.setProperty("--lines", `${lines}px`);
    },
    // Whoever turns to anything else, by pointer or keyboard, has done with the notices, which would lie over it.
    outside(event) {
      if (!this.reading || event.target.closest(".s-notices, [aria-expanded]")) return;
      this.reading = false;
    },
    keys(event) {
      if (event.key === "Escape" && this.open) return this.fold();
      if (event.key === "Escape" && this.reading && !event.defaultPrevented) return this.close();
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
      if (event.key === "/" && document.documentElement.dataset.keys !== "off") {
        event.preventDefault();
        const search = document.getElementById("s-search");
        if (search) return search.focus();
        this.searching = true;
        emitEvent("sub_pages_navigate", "/");
      }
    },
    watch() {
      // NiceGUI shows and hides its own popup as the connection goes and comes; ours says more, and in its place.
      this.popup = document.getElementById("popup");
      this.watcher = new MutationObserver(this.connection);
      this.watcher.observe(this.popup, { attributes: true, attributeFilter: ["aria-hidden"] });
      window.addEventListener("online", this.connection);
      window.addEventListener("offline", this.connection);
    },
    dated() {
      for (const one of document.querySelectorAll(".s-printed time")) {
        const timeZone = one.closest("[data-zone]").dataset.zone;
        const look = { dateStyle: "full", timeStyle: "long", timeZone };
        one.title = new Intl.DateTimeFormat(document.documentElement.lang, look).format(new Date());
      }
    },
    takeOver() {
      // A page whose server was started anew has to be loaded anew. NiceGUI does so at once, under whoever is typing, and
      // after a time also while there is no server to load it from; ours waits for both.
      window.socket?.off("connect_error");
      window.socket?.on("connect_error", (error) => {
        if (error.message === "timeout") window.socket.io.opts.transports = ["polling", "websocket"];
        else if (error.message === GONE) this.loadAnew();
      });
      document.addEventListener("input", () => (this.typedAt = Date.now()), true);
    },
    // Fetched when the page is there: no first page waits for it. Without it each browser holds the page in its own way.
    async stay() {
      const place = await import("place").catch(() => null);
      place?.default.within(document.getElementById(this.content));
    },
    async loadAnew() {
      if (this.loading) return;
      this.loading = true;
      const until = Date.now() + AT_LAST;
      const still = () => Date.now() - (this.typedAt || 0) > PAUSE || Date.now() > until;
      while (!(still() && (await reached()))) await new Promise((done) => setTimeout(done, 200));
      location.reload();
    },
    connection() {
      const cut = this.popup.ariaHidden === "false" || !navigator.onLine;
      if (!cut) {
        if (this.away) this.whisper(this.words.back);
        return this.settle();
      }
      if (this.away) this.away = navigator.onLine ? "server" : "network";
      if (this.timers) return;
      const show = () => (this.away = navigator.onLine ? "server" : "network");
      this.timers = [setTimeout(show, SHORT), setTimeout(() => (this.long = true), LONG)];
    },
    settle() {
      (this.timers || []).forEach(clearTimeout);
      this.timers = null;
      this.away = "";
      this.long = false;
    },
    forget() {
      sessionStorage.clear(); // what was typed here is nobody else's
    },
    // What was sent from another page of this tab and not answered: whoever came here since sees for themselves what became
    // of it, and is not led there from its page any more.
    turnedAway() {
      for (const one of Object.keys(sessionStorage)) {
        if (one.startsWith("sent:") && location.pathname !== `/items/${one.split(":").pop()}`) sessionStorage.removeItem(one);
      }
    },
    whisper(words) {
      this.said = "";
      setTimeout(() => (this.said = words), 30);
    },
    // What an act came to is shown for a while; why it did not work, until it is put away or something else is told.
    say(words) {
      this.tell(words, false);
      this.fading = setTimeout(this.fade, SHOWN);
    },
    warn(words) {
      this.tell(words, true);
    },
    warned(event) {
      this.warn(event.detail);
    },
    unwarned(event) {
      if (this.told === event.detail) this.told = "";
    },
    tell(words, warns) {
      clearTimeout(this.fading);
      this.told = "";
      setTimeout(() => Object.assign(this, { told: words, warns }), 30); // the same words again are told again
    },
    fade() {
      if (this.$el.querySelector(".s-told:is(:hover, :focus-within)")) this.fading = setTimeout(this.fade, SHOWN);
      else this.told = "";
    },
    hide() {
      this.told = "";
      if (this.former?.isConnected) this.former.focus();
    },
    arrive() {
      // After moving to another page the keyboard starts at its top, and its name is read out; who came by the key for
      // the search, in it.
      const search = this.searching && document.getElementById("s-search");
      this.searching = false;
      if (search) return search.focus();
      const title = document.querySelector(".s-content h1");
      if (title) {
        title.setAttribute("tabindex", "-1");
        title.focus({ preventScroll: true });
      }
    },
  },
};
