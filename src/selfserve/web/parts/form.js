import bare from "bare";
import cards from "cards";
import keyboard from "keyboard";
import pointer from "pointer";
import steady from "steady";

// A form drawn from a description: native controls, with labels, help and errors tied to them. It is sent as a whole.
// Its own words come as `words`, in the language of the page.
const UNDERWAY = 30000; // ms: what was sent may be worked on for so long, and is not said to be lost before
const STALE = 12 * 3600000; // ms: after these nobody asks any more what became of it
const RELOADED = 60000; // ms: within these a form is opened again by a reload, after these by somebody who comes back

export default {
  template: `
    <div v-if="ended" class="s-ended">
      <div v-if="errors['']" class="s-note s-tone-bad"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#circle-alert'"/></svg><div class="s-text">{{ errors[''] }}</div></div>
      <template v-if="typed"><p class="s-muted s-small">{{ ended }}</p><p class="s-text">{{ typed }}</p></template>
    </div>
    <form v-else class="s-form" novalidate :aria-label="label" @submit.prevent="deciding || send(null)" @keydown.esc="leaveBox">
      <template v-for="one in fields" :key="one.name">
        <div v-if="one.kind === 'yesno'" class="s-field">
          <label class="s-check"><input :id="id(one)" type="checkbox" :checked="values[one.name] === true" :aria-invalid="wrong(one)" :aria-describedby="described(one)" @change="set(one, $event.target.checked)"><span>{{ one.label }}</span></label>
          <p v-if="one.help" :id="id(one) + '-help'" class="s-help">{{ one.help }}</p>
          <p v-if="errors[one.name]" :id="id(one) + '-error'" class="s-error"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#circle-alert'"/></svg>{{ errors[one.name] }}</p>
        </div>
        <fieldset v-else-if="one.kind === 'choice' && one.options.length < 5" class="s-field" role="radiogroup" :aria-required="one.required ? 'true' : null" :aria-labelledby="id(one) + '-label'" :aria-invalid="wrong(one)" :aria-describedby="described(one)">
          <legend :id="id(one) + '-label'" class="s-label">{{ one.label }} <small v-if="!one.required">{{ words.optional }}</small></legend>
          <div class="s-options">
            <label v-for="(option, at) in one.options" :key="option.value" class="s-option"><input :id="at ? null : id(one)" type="radio" :name="id(one)" :value="option.value" :checked="values[one.name] === option.value" @change="set(one, option.value)"><span>{{ option.label }}</span></label>
          </div>
          <p v-if="one.help" :id="id(one) + '-help'" class="s-help">{{ one.help }}</p>
          <p v-if="errors[one.name]" :id="id(one) + '-error'" class="s-error"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#circle-alert'"/></svg>{{ errors[one.name] }}</p>
        </fieldset>
        <div v-else class="s-field">
          <label :for="id(one)" class="s-label"><span>{{ one.label }}</span> <small v-if="!one.required">{{ words.optional }}</small></label>
          <textarea v-if="one.kind === 'longtext'" v-bind="common(one)" rows="3" :value="values[one.name]" @input="set(one, $event.target.value)" @blur="check(one, $event)" @keydown.enter.ctrl.prevent="finish(one)" @keydown.enter.meta.prevent="finish(one)" :aria-keyshortcuts="deciding ? 'Control+Enter' : null" :data-does="deciding ? words.goesKey : null"></textarea>
          <select v-else-if="one.kind === 'choice'" v-bind="common(one)" :value="values[one.name] || ''" @change="set(one, $event.target.value)">
            <option value="">{{ one.required ? words.choose : words.none }}</option><option v-for="option in one.options" :key="option.value" :value="option.value">{{ option.label }}</option>
          </select>
          <div v-else-if="one.kind === 'duration'" class="s-pair" @focusout="$event.currentTarget.contains($event.relatedTarget) || check(one, $event)">
            <input v-bind="common(one)" type="text" inputmode="numeric" autocomplete="off" :value="span(one).count" @input="lasts(one, $event.target.value, span(one).unit)">
            <select class="s-input" :aria-label="words.unit.replace('{label}', () => one.label)" :value="span(one).unit" @change="lasts(one, span(one).count, $event.target.value)"><option v-for="(name, unit) in words.units" :key="unit" :value="unit">{{ name }}</option></select>
          </div>
          <div v-else-if="one.kind === 'pick'" class="s-combo" @focusout="left(one, $event)">
            <input v-bind="common(one)" type="text" role="combobox" autocomplete="off" spellcheck="false" :placeholder="one.hint" aria-autocomplete="list" :aria-expanded="String(listing === one.name)" :aria-controls="id(one) + '-list'" :aria-activedescendant="listing === one.name && options.length ? id(one) + '-' + at : null"
              :value="shown[one.name] ?? values[one.name]" @focus="entered(one)" @click="listing || look(one, '')" @input="sought(one, $event.target.value)" @keydown="steer(one, $event)">
            <ul v-show="listing === one.name" :id="id(one) + '-list'" class="s-listbox" :class="{ 's-empty-list': !options.length }" role="listbox" :aria-label="one.label">
              <li v-for="(option, position) in options" :id="id(one) + '-' + position" :key="option.value" role="option" :aria-selected="String(position === at)" @mousedown.prevent @click="take(one, option)"><span>{{ option.label }}</span><small v-if="option.note">{{ option.note }}</small></li>
              <li v-if="!options.length" class="s-none" role="option" aria-disabled="true" aria-selected="false">{{ looking ? words.looking : one.hint && (shown[one.name] || "").trim().length < 2 ? words.more : words.nothing }}</li>
            </ul>
          </div>
          <input v-else v-bind="common(one)" :class="{ 's-short': one.kind === 'date' || one.kind === 'number' }" :type="one.kind === 'date' ? 'date' : 'text'" :inputmode="one.kind === 'number' ? 'decimal' : null" autocomplete="off" :min="one.min" :max="one.kind === 'date' ? one.max : null"
            :value="values[one.name]" @input="set(one, $event.target.value)" @blur="check(one, $event)">
          <p v-if="one.help" :id="id(one) + '-help'" class="s-help">{{ one.help }}</p>
          <p v-if="errors[one.name]" :id="id(one) + '-error'" class="s-error" :role="judged === one.name ? 'alert' : null"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#circle-alert'"/></svg>{{ errors[one.name] }}</p>
          <p v-if="pending && one.kind === 'longtext'" :id="id(one) + '-goes'" class="s-help">{{ words.goes.replace('{button}', () => marked.label) }}</p>
        </div>
      </template>
      <div v-if="errors['']" class="s-note s-tone-bad" role="alert"><svg class="s-icon" aria-hidden="true"><use :href="icons + '#circle-alert'"/></svg><div class="s-text">{{ errors[''] }}</div></div>
      <div class="s-form-foot">
        <button v-for="(one, at) in buttons" :key="one.name" :type="at || deciding ? 'button' : 'submit'" :class="[one.look, pending === one.name && 's-goes']" :aria-current="pending === one.name ? 'true' : null" :aria-disabled="String(Boolean(busy))" :aria-busy="String(busy === one.name)" :aria-keyshortcuts="one.key || null" @click="(at || deciding) && send(one.name)">{{ busy === one.name ? one.meanwhile : one.label }}<span v-if="one.key" class="s-key" aria-hidden="true">{{ pending === one.name ? words.ctrl + " ↵" : one.key.toUpperCase() }}</span></button>
        <a v-if="leave" class="s-quiet s-plain" :href="leave">{{ words.leave }}</a>
        <div v-if="keeping" class="s-draft"><span role="status"><svg v-if="drafted === 'kept'" class="s-icon" aria-hidden="true"><use :href="icons + '#check'"/></svg>{{ words[drafted] }}</span>
          <button v-if="former || drafted" type="button" class="s-link" @click="former ? undo() : over()">{{ former ? words.undo : words.over }}</button></div>
      </div>
    </form>`,
  mixins: [steady],
  props: { label: String, fields: Array, start: Object, buttons: Array, leave: String, icons: String, words: Object, keeping: Object, memory: String, traced: Boolean, most: Number },
  data() {
    const values = bare(this.start);
    const drafted = this.keeping?.draft ? "kept" : "";
    return { values, spans: this.spanned(values), shown: bare(), errors: bare(), listing: "", options: [], at: 0, looking: "", judged: "", drafted, former: null, ended: "", pending: "" };
  },
  computed: {
    // Several ways to decide, each with a key: nothing goes by itself that nobody named. `pending` is the one that was
    // named and waits for its words.
    deciding() {
      return this.buttons.some((one) => one.key);
    },
    marked() {
      return this.buttons.find((one) => one.name === this.pending);
    },
    overlong() {
      return this.fields.filter((one) => this.values[one.name]?.length > this.most);
    },
    typed() {
      return this.fields.map((one) => this.told(one)).filter(Boolean).join("\n");
    },
  },
  watch: {
    // Asked otherwise by now: what is filled in stays where its question does.
    fields(now) {
      const values = this.values;
      const start = bare(this.start);
      this.values = bare(Object.fromEntries(now.map(({ name }) => [name, values[name] ?? start[name] ?? ""])));
      this.spans = bare(this.spanned(this.values), this.spans);
      for (const one of now) if (one.shown && !(one.name in values)) this.shown[one.name] = one.shown;
    },
  },
  created() {
    for (const one of this.fields) if (one.shown) this.shown[one.name] = one.shown;
    this.version = this.kept_version = this.turn = 0;
    this.changed = new Map(); // by field, at which version
    this.known = new Map(); // by field, what is on offer for the text it was last looked up for
    // Begun with answers of an earlier request: they are no draft yet, and belong to the one that this becomes.
    const begun = this.keeping && !this.keeping.draft ? this.fields : [];
    const [start, fresh] = [bare(this.start), bare(this.keeping?.fresh)];
    for (const { name } of begun) if ((start[name] ?? "") !== (fresh[name] ?? "")) this.changed.set(name, 0);
  },
  mounted() {
    // Buttons with a key are pressed by it wherever the focus is in the surrounding card, but not while one types.
    this.card = this.deciding ? this.$el.closest("section[data-keys]") : null;
    this.card?.addEventListener("keydown", this.struck);
    if (this.card) cards.stands(this.card, this);
    if (this.memory) this.recall();
    if (this.traced) this.trace();
    if (this.memory) window.addEventListener("pagehide", this.parted);
    if (!this.keeping) return;
    document.addEventListener("visibilitychange", this.write);
    this.$el.addEventListener("focusout", this.write);
  },
  unmounted() {
    if (this.busy || this.along) this.forget(); // taken off the page since it was answered
    window.removeEventListener("pagehide", this.parted);
    this.card?.removeEventListener("keydown", this.struck);
    clearTimeout(this.timer);
    clearTimeout(this.pen);
    clearTimeout(this.patient);
    this.answered(); // whoever leaves the page by themselves is not led back to it
    document.removeEventListener("visibilitychange", this.write);
  },
  methods: {
    id(one) {
      return `f-${this.$.uid}-${one.name}`;
    },
    // What was typed into a field, for whoever typed it to keep.
    told(one) {
      const value = String(this.values[one.name] ?? "").trim();
      if (one.kind !== "date") return one.kind.endsWith("text") ? value : "";
      const day = value && new Date(`${value}T00:00`).toLocaleDateString(document.documentElement.lang, { dateStyle: "long" });
      return value && value !== bare(this.start)[one.name] ? `${one.label}: ${day}` : "";
    },
    wrong(one) {
      return this.errors[one.name] ? "true" : null;
    },
    described(one) {
      const ids = [this.errors[one.name] && `${this.id(one)}-error`, one.help && `${this.id(one)}-help`, this.pending && one.kind === "longtext" && `${this.id(one)}-goes`].filter(Boolean);
      return ids.length ? ids.join(" ") : null;
    },
    common(one) {
      return { id: this.id(one), class: "s-input", "aria-required": one.required ? "true" : null, "aria-invalid": this.wrong(one), "aria-describedby": this.described(one) };
    },
    set(one, value) {
      this.values[one.name] = value;
      delete this.errors[one.name];
      if (this.overlong.includes(one)) this.found(one.name, this.words.far);
      const fresh = bare(this.keeping?.fresh);
      const emptied = value ? one.empties.filter((name) => this.values[name] === fresh[name]) : [];
      for (const name of emptied) this.values[name] = "";
      this.former = null;
      if (!this.overlong.length) this.$emit("changed", { ...this.values });
      this.touch([one.name, ...emptied]);
    },
    // The draft. What the server has not said to be kept stays in the tab, through a reload and a sign-in.
    touch(names) {
      if (!this.memory) return;
      this.version += 1;
      for (const name of names) this.changed.set(name, this.version);
      this.remember(this.latest());
      if (!this.keeping) return;
      this.trials = 0;
      if (this.drafted === "kept" || this.drafted === "partly") this.drafted = "pending"; // not what stands here now
      clearTimeout(this.pen);
      this.pen = setTimeout(this.write, 600);
    },
    // What the server has not stands in the tab: these values, and what is typed into a pick and not chosen.
    remember(values) {
      if (!this.memory || this.overlong.length) return;
      const loose = this.fields.filter((one) => one.kind === "pick" && !this.values[one.name] && this.shown[one.name]?.trim());
      const open = bare(values, Object.fromEntries(loose.map((one) => [one.name, ""])));
      const shown = Object.fromEntries(Object.entries(this.shown).filter(([name]) => name in open));
      if (Object.keys(open).length) sessionStorage.setItem(this.memory, JSON.stringify({ values: open, shown }));
      else this.forget();
    },
    // What was changed here and is not kept yet; other devices may have changed the rest.
    latest() {
      const open = this.fields.filter((one) => !one.sealed && this.changed.has(one.name)).map((one) => one.name);
      return bare(Object.fromEntries(open.map((name) => [name, this.values[name] ?? ""]))); // what is empty now is told, too
    },
    write() {
      if (this.busy || this.overlong.length || this.kept_version === this.version) return;
      clearTimeout(this.pen);
      this.$emit("draft", { version: this.version, values: this.latest() });
      this.trials += 1;
      if (this.trials > 1) this.drafted = "unkept";
      this.pen = setTimeout(this.write, Math.min(2000 * 2 ** this.trials, 30000));
    },
    kept(version, whole, answered) {
      const ended = this.unkept(answered);
      for (const [name, at] of this.changed) if (whole && at <= version) this.changed.delete(name);
      if (ended.length) this.touch(ended);
      if (version !== this.version) return;
      clearTimeout(this.pen);
      this.kept_version = version;
      this.remember({});
      const fresh = bare(this.keeping.fresh);
      const begins = Object.entries(this.values).every(([name, value]) => value === (fresh[name] ?? ""));
      this.drafted = begins ? "" : whole ? "kept" : "partly";
    },
    // What was kept once and stands here still, in a draft that has ended meanwhile: another device started over.
    unkept(answered) {
      const fresh = bare(this.keeping.fresh);
      const open = this.fields.filter((one) => !one.sealed && !this.changed.has(one.name) && !answered.includes(one.name));
      return open.map((one) => one.name).filter((name) => (this.values[name] ?? "") !== (fresh[name] ?? ""));
    },
    // Each sending has a key, which the tab remembers until it is answered: a page that was loaded anew before that asks
    // what became of it, also once it cannot be under way any more.
    sendings() {
      const none = { keys: [], at: 0 };
      const left = (this.traced && JSON.parse(sessionStorage.getItem(`sent:${this.memory}`))) || none;
      return Date.now() - left.at < STALE ? left : none;
    },
    key() {
      if (!this.traced) return {};
      clearTimeout(this.tracing);
      const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
      const keys = [...this.sendings().keys, key].slice(-5);
      sessionStorage.setItem(`sent:${this.memory}`, JSON.stringify({ keys, at: Date.now() }));
      return { key };
    },
    trace() {
      const { keys, at } = this.sendings();
      if (!keys.length) return;
      const left = at + UNDERWAY - Date.now();
      const ask = (over) => this.soon(() => this.busy || this.$emit("unanswered", { keys, over }));
      ask(left <= 0);
      if (left > 0) this.tracing = setTimeout(ask, left, true);
    },
    answered() {
      clearTimeout(this.tracing);
      if (this.traced) sessionStorage.removeItem(`sent:${this.memory}`);
    },
    sent() {
      this.answered();
      clearTimeout(this.pen);
      this.kept_version = this.version;
      this.forget();
    },
    forget() {
      if (this.memory) sessionStorage.removeItem(this.memory);
    },
    recall() {
      const left = JSON.parse(sessionStorage.getItem(this.memory) || "null");
      if (left?.values) this.resume(left);
      if (left?.values) this.soon(() => this.$emit("recalled"));
      const { id, start, end } = left?.place || {};
      if (!id || Date.now() - left.at > RELOADED) return;
      if (!left.values) this.forget();
      // The page was loaded anew under somebody who was typing here: the keyboard goes on where it was.
      const goOn = (tries) => {
        const field = document.getElementById(this.id({ name: id }));
        if (!field || document.activeElement !== document.body) return;
        if (!field.checkVisibility() && tries) return void setTimeout(goOn, 100, tries - 1); // what it stands in opens yet
        this.refused = id; // no list is opened
        field.focus();
        if (start !== null) field.setSelectionRange?.(start, end);
      };
      this.$nextTick(() => goOn(100));
    },
    resume({ values, shown }) {
      const others = Object.entries(this.shown).filter(([name]) => !Object.hasOwn(values, name));
      this.fill({ values: bare(this.values, values), shown: bare(Object.fromEntries(others), shown) }, Object.keys(values));
    },
    parted() {
      const field = document.activeElement;
      const one = this.fields.find((found) => field?.id === this.id(found));
      if (!one) return;
      const left = JSON.parse(sessionStorage.getItem(this.memory) || "{}");
      const caret = field.type === "text" || field.tagName === "TEXTAREA" ? [field.selectionStart, field.selectionEnd] : [null, null];
      sessionStorage.setItem(this.memory, JSON.stringify({ ...left, place: { id: one.name, start: caret[0], end: caret[1] }, at: Date.now() }));
    },
    over() {
      const { values, shown } = this;
      this.fill({ values: this.keeping.fresh, shown: {} });
      this.former = { values, shown };
      this.write();
    },
    undo() {
      this.fill(this.former);
      this.former = null;
      this.write();
      this.refused = this.fields[0].name; // no list is opened over what was brought back
      document.getElementById(this.id(this.fields[0]))?.focus();
    },
    fill(left, names = this.fields.map((one) => one.name)) {
      const values = bare(left.values);
      this.clear();
      this.values = bare(Object.fromEntries(this.fields.map(({ name }) => [name, values[name] ?? ""])));
      this.shown = bare(left.shown);
      this.spans = this.spanned(this.values);
      this.errors = bare();
      if (!this.overlong.length) this.$emit("changed", { ...this.values });
      this.touch(names);
    },
    // Days that are half typed, or in no calendar: the browser has no value for them, as if nothing stood there.
    half() {
      return this.fields.filter((one) => one.kind === "date" && document.getElementById(this.id(one))?.validity.badInput);
    },
    clear() {
      for (const one of this.half()) document.getElementById(this.id(one)).value = "";
    },
    check(one, event) {
      if (one.kind === "date" && this.halfLeft(one, event)) return;
      const text = String(this.values[one.name] ?? "");
      // The press of a button is answered with all that is wrong. Who only looks into another window has not left the
      // field.
      if (!one.checked || !text || this.busy || this.overlong.includes(one)) return;
      if (event.target === document.activeElement || event.relatedTarget?.closest("button")) return;
      this.$emit("check", { field: one.name, text });
    },
    halfLeft(one, event) {
      const half = this.half().includes(one);
      if (!half && this.errors[one.name] === this.words.half) delete this.errors[one.name]; // emptied, which it does not tell
      const looksOn = event.target === document.activeElement || event.relatedTarget?.closest("button");
      if (half && !this.busy && !looksOn) pointer.after(() => this.half().includes(one) && this.found(one.name, this.words.half));
      return half;
    },
    judge(name, text, mistake) {
      const holds = () => !this.busy && String(this.values[name] ?? "") === text;
      pointer.after(() => holds() && this.found(name, mistake));
    },
    found(name, mistake) {
      this.judged = name;
      this.errors[name] = mistake;
    },
    span(one) {
      return this.spans[one.name];
    },
    lasts(one, count, unit) {
      this.spans[one.name] = { count, unit };
      this.set(one, count.trim() ? count.trim() + unit : "");
    },
    spanned(values) {
      const durations = this.fields.filter((one) => one.kind === "duration");
      const read = durations.map((one) => {
        const [, count, unit] = /^(\d*)([mhdw]?)$/.exec(values[one.name] || "") || ["", "", ""];
        return [one.name, { count, unit: unit || one.unit }];
      });
      return bare(Object.fromEntries(read));
    },
    entered(one) {
      // Where the keyboard was put because of a mistake, the list would lie above the sentence that says so.
      if (this.refused !== one.name) this.look(one, "");
      this.refused = "";
    },
    // What is typed takes the place of what was chosen, also where that is nothing any more.
    sought(one, text) {
      this.shown[one.name] = text;
      delete this.errors[one.name];
      if (this.values[one.name]) this.set(one, "");
      else this.remember(this.latest());
      this.look(one, text);
    },
    look(one, text) {
      this.listing = one.name;
      this.ask(one, text);
    },
    ask(one, text) {
      this.soughtFor = text.trim();
      this.at = 0;
      this.looking = one.name;
      this.options = [];
      const turn = (this.turn += 1);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.$emit("look", { field: one.name, text: text.slice(0, 200), turn }), text ? 160 : 0);
    },
    offer(field, turn, options) {
      if (this.looking !== field || turn !== this.turn) return; // what fits what was typed before is no answer to this
      this.arrived(options);
      const one = this.fields.find((found) => found.name === field);
      this.settleLeft(one);
      if (this.after) this.after();
    },
    arrived(options) {
      this.known.set(this.looking, { text: this.soughtFor, options });
      this.looking = "";
      this.options = options;
      this.at = 0;
    },
    // What was typed in full counts as chosen. False where it stands for nothing.
    settle(one) {
      const text = (this.shown[one.name] || "").trim();
      if (one.kind !== "pick" || this.values[one.name] || !text) return true;
      if (this.looking) return false; // what is on offer is not known yet
      const known = this.known.get(one.name);
      if (known?.text !== text) return this.ask(one, text), false; // typed before a reload, or the list was opened anew since
      const same = known.options.filter((option) => option.label.trim().toLowerCase() === text.toLowerCase());
      if (same.length === 1) this.take(one, same[0]);
      else if (one.free) this.set(one, text);
      else this.errors[one.name] = this.words.choice;
      return Boolean(this.values[one.name]);
    },
    steer(one, event) {
      if (event.key === "Escape" && this.listing) {
        event.stopPropagation();
        this.listing = "";
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!this.listing) return this.look(one, this.shown[one.name] || "");
        const count = this.options.length || 1;
        this.at = (this.at + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
        this.$nextTick(() => document.getElementById(`${this.id(one)}-${this.at}`)?.scrollIntoView({ block: "nearest" }));
      } else if (event.key === "Enter" && this.listing && this.options[this.at]) {
        event.preventDefault();
        this.take(one, this.options[this.at]);
      }
    },
    take(one, option) {
      this.shown[one.name] = option.label;
      this.listing = "";
      this.set(one, option.value);
    },
    left(one, event) {
      if (event.currentTarget.contains(event.relatedTarget)) return;
      this.listing = "";
      this.settleLeft(one);
    },
    settleLeft(one) {
      pointer.after(() => this.listing === one.name || this.settle(one));
    },
    send(name) {
      if (this.busy) return;
      this.errors = bare();
      this.pending = "";
      // Sent by Enter while one still types: what stands there counts, it is never taken for nothing.
      const open = this.fields.filter((one) => !this.settle(one));
      if (open.length && this.looking) return this.settled(() => this.send(name));
      Object.assign(this.errors, this.unfit());
      if (open.length || Object.keys(this.errors).length) return this.stop({ ...this.errors });
      const button = name || this.buttons[0].name;
      this.attempt(button, this.words, () => this.$emit("send", { button, values: this.values, ...this.key() }), (sentence) => this.stop({ "": sentence }));
    },
    unfit() {
      const told = [...this.overlong.map((one) => [one.name, this.words.far]), ...this.half().map((one) => [one.name, this.words.half])];
      return Object.fromEntries(told);
    },
    // What counts for this card where several are decided together; null, told beside the field, where it cannot be sent.
    own() {
      const wrong = this.unfit();
      if (Object.keys(wrong).length) return this.stop(wrong), null;
      return Object.fromEntries(Object.entries(this.values).filter(([, value]) => String(value ?? "").trim()));
    },
    finish(one) {
      if (!this.deciding || this.pending) this.send(this.pending || null);
      else this.errors = bare({ [one.name]: this.words.which });
    },
    leaveBox(event) {
      if (!this.card || event.defaultPrevented || !event.target.closest("input, textarea, select")) return;
      event.preventDefault();
      if (this.pending) this.errors = bare();
      this.pending = "";
      this.card.focus();
    },
    mended(sentence) {
      if (this.errors[""] === sentence) delete this.errors[""];
    },
    settled(act) {
      clearTimeout(this.patient);
      this.after = () => {
        clearTimeout(this.patient);
        this.after = null;
        act();
      };
      this.patient = setTimeout(() => (this.looking && this.arrived([]), this.after?.()), 3000);
    },
    struck(event) {
      if (this.ended || keyboard.writing() || document.documentElement.dataset.keys === "off") return;
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
      const pressed = this.buttons.find((one) => one.key === event.key.toLowerCase());
      if (!pressed) return;
      event.preventDefault();
      if (this.busy || !keyboard.deliberate(event)) return;
      if (!cards.seen(this.card)) return keyboard.rest();
      keyboard.decides(event.key);
      this.send(pressed.name);
    },
    refuse(errors) {
      this.answered();
      this.stop(errors);
    },
    stop(errors) {
      const asked = this.busy;
      if (this.deciding) keyboard.decidedNot();
      this.rest();
      this.judged = "";
      this.errors = bare(errors);
      if (this.keeping) this.write();
      this.$nextTick(() => {
        const first = this.fields.find((one) => this.errors[one.name]);
        const field = first && document.getElementById(this.id(first));
        if (this.deciding && first?.kind === "longtext") this.pending = asked;
        if (field && field !== document.activeElement) this.refused = first.name;
        this.listing = "";
        field?.focus();
      });
    },
    end(words) {
      this.$emit(this.typed ? "touched" : "untouched");
      const card = this.$el.contains(document.activeElement) ? this.$el.closest("section") : null;
      this.rest();
      this.answered();
      this.forget();
      this.ended = words;
      this.$nextTick(() => card?.focus());
    },
    reset() {
      this.rest();
      this.clear();
      this.pending = "";
      this.forget();
      this.changed.clear();
      this.errors = bare();
      this.values = bare(this.start);
      this.spans = this.spanned(this.values);
      this.shown = bare();
    },
  },
};
