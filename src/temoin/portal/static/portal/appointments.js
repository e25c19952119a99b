// Choosing an hour, and moving or cancelling an appointment by its number and code, or by the link of its reminder. Loaded
// before form.js, which asks here for the hour and for what goes with the form. The site is told an hour, a proof made of
// the code, and never who asks.

const { readCode, proofOf, fromBase64url, toBase64url } = globalThis.temoinForms;
const LEAST = 1000; // four digits
const MINUTE_MS = 60 * 1000;
const SECRET_BYTES = 16;
const DEVICE = "appointments-device";
// The pharmacy and the secret, each 16 bytes, in the link of a reminder.
const LINK = /^#~([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{22})$/;

const byId = (id) => document.getElementById(id);
const own = byId("own");
const link = LINK.exec(location.hash);

let offer = null;
let page = null; // the form, and how to tell and to ask, as form.js does

const locale = () => byId("language").selectedOptions[0].dataset.locale;
const instant = (minute) => new Date(minute * MINUTE_MS);

// An instant on the clock of the pharmacy, in the language of the page.
function shown(minute, zone, parts) {
  return new Intl.DateTimeFormat(locale(), { timeZone: zone, numberingSystem: "latn", ...parts }).format(instant(minute));
}

const DAY = { weekday: "long", day: "numeric", month: "long" };
const HOUR = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const YEAR_FIRST = { year: "numeric", month: "2-digit", day: "2-digit" };
const dayOf = (minute) => new Intl.DateTimeFormat("en-CA", { timeZone: offer.zone, ...YEAR_FIRST }).format(instant(minute));
const inWords = (minute, zone) => shown(minute, zone, { ...DAY, ...HOUR });

function spoken(name, left) {
  const words = byId("spoken").content.querySelector(`[data-says="${name}"] [lang="${document.documentElement.lang}"]`).cloneNode(true);
  for (const slot of words.querySelectorAll("[data-field=left]")) slot.textContent = String(left);
  return words.textContent;
}

// A list of days and the free hours of the one that is chosen.
class Chooser {
  constructor(root, name, kind) {
    [this.days, this.hours] = [root.querySelector("select"), root.querySelector("[data-hours]")];
    [this.empty, this.name, this.kind] = [root.querySelector("[data-empty]"), name, kind];
    this.chosen = null;
    this.days.addEventListener("change", () => this.showHours());
    this.hours.addEventListener("change", (event) => { this.chosen = Number(event.target.value); });
  }

  get offered() {
    const kind = this.kind();
    return offer.hours.filter(([, , place]) => !kind || !offer.kinds[place] || offer.kinds[place] === kind);
  }

  show() {
    const [days, was] = [new Map(), this.days.value];
    for (const [minute, left] of this.offered) {
      const day = dayOf(minute);
      const known = days.get(day) ?? { words: shown(minute, offer.zone, DAY), left: 0 };
      days.set(day, { ...known, left: known.left + left });
    }
    this.days.replaceChildren(...[...days].map(([day, { words, left }]) => {
      const option = new Option(left ? words : `${words} – ${spoken("full", 0)}`, day);
      option.disabled = !left;
      return option;
    }));
    const isThere = days.get(was)?.left;
    this.days.value = isThere ? was : [...days].find(([, { left }]) => left)?.[0] ?? "";
    if (this.chosen !== null && !this.offered.some(([minute, left]) => minute === this.chosen && left)) this.chosen = null;
    this.showHours();
  }

  showHours() {
    const day = this.days.value;
    const here = this.offered.filter(([minute, left]) => left && dayOf(minute) === day);
    if (!here.some(([minute]) => minute === this.chosen)) this.chosen = null;
    this.empty.hidden = here.length > 0;
    this.hours.replaceChildren(...here.map(([minute, left]) => this.line(minute, left)));
  }

  line(minute, left) {
    const [label, words, hour, rest] = ["label", "span", "strong", "small"].map((tag) => document.createElement(tag));
    const choice = document.createElement("input");
    Object.assign(choice, { type: "radio", name: this.name, value: String(minute), checked: minute === this.chosen });
    hour.textContent = shown(minute, offer.zone, HOUR);
    rest.textContent = spoken("left", left);
    words.append(hour, " ", rest);
    label.className = "tick";
    label.append(choice, words);
    return label;
  }
}

const [forNew, forOwn] = [...document.querySelectorAll("[data-chooser]")].map((root, place) => new Chooser(
  root, place ? "own-hour" : "hour", () => (place ? "" : page.form.querySelector("[name=kind]:checked")?.value ?? "")));

function show(given) {
  offer = given;
  forNew.show();
  forOwn.show();
}

function problemsOf(form) {
  return {
    ...(forNew.chosen === null ? { hour: "p_hour" } : {}),
    ...(form.elements.remind.checked && !form.elements.email.value.trim() ? { remind: "p_remind" } : {}),
  };
}

const key = () => offer.keys[offer.hours.find(([minute]) => minute === forNew.chosen)[3]];
const when = () => inWords(forNew.chosen, offer.zone);

// By which the site bounds how many places one device holds; it stands for nobody, and whoever empties the browser has another.
function device() {
  const drawn = toBase64url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  try {
    if (!localStorage.getItem(DEVICE)) localStorage.setItem(DEVICE, drawn);
    return localStorage.getItem(DEVICE);
  } catch {
    return drawn;
  }
}

async function asked(form, code, number) {
  const secret = await proofOf(code, offer.pharmacy, number);
  return { starts: forNew.chosen, secret, device: device(), remind: form.elements.remind.checked };
}

// The secret of one's own appointment, and its pharmacy; null where number or code are none.
async function named() {
  if (link) {
    const bytes = [...fromBase64url(link[1])].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return { pharmacy: bytes.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"), secret: link[2] };
  }
  const [number, code] = [byId("own-number").value.trim(), readCode(byId("own-code").value)];
  if (!/^[1-9][0-9]{3}$/.test(number) || !code) return null;
  return { pharmacy: offer.pharmacy, secret: await proofOf(code, offer.pharmacy, Number(number)) };
}

const OWN_TOLD = { 404: "unknown", 422: "far", 423: "taken", 429: "slow" };
let isBusy = false;

async function change(path, body) {
  const mine = await named();
  if (!mine) return { problem: "unknown" };
  const answer = await page.post(path, { ...body, ...mine }).catch(() => null);
  return answer?.ok ? { told: await answer.json() } : { problem: OWN_TOLD[answer?.status] ?? "failed" };
}

async function once(act) {
  if (isBusy) return;
  isBusy = true;
  await act().catch(() => page.say("failed"));
  isBusy = false;
}

async function cancel() {
  const { told, problem } = await change("/appointments/give-up", {});
  if (problem) { page.say(problem); return; }
  own.hidden = true;
  page.say("cancelled", inWords(told.starts, told.zone));
}

async function putOff() {
  const minute = forOwn.chosen;
  const problem = byId("own-hour-problem");
  problem.hidden = minute !== null;
  if (minute === null) {
    problem.replaceChildren(byId("problems").content.querySelector('[data-says="p_hour"]').cloneNode(true));
    forOwn.days.focus();
    return;
  }
  const done = await change("/appointments/move", { poster: page.token, starts: minute });
  if (done.problem) { page.say(done.problem); return; }
  own.hidden = true;
  page.say("moved", inWords(minute, offer.zone));
}

function turn(toOwn) {
  own.hidden = !toOwn;
  page.form.hidden = toOwn;
  page.say(null);
  if (toOwn) byId("own-title").focus();
}

function start(given) {
  page = given;
  byId("to-own").addEventListener("click", () => turn(true));
  byId("to-new").addEventListener("click", () => turn(false));
  own.addEventListener("submit", (event) => { event.preventDefault(); once(cancel); });
  byId("own-put-off").addEventListener("click", () => once(putOff));
  byId("language").addEventListener("change", () => { if (offer) show(offer); });
  page.form.addEventListener("change", (event) => { if (event.target.name === "kind") forNew.show(); });
  if (!link) return;
  own.hidden = false;
  [byId("own-by-code").hidden, byId("own-move").hidden, byId("own-by-link").hidden] = [true, true, false];
}

const isByLink = () => link !== null;

globalThis.temoinAppointments = { LEAST, show, problemsOf, key, when, asked, start, isByLink };
