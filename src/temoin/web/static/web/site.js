/* What the pages do better with a script; each of them works without it. Nothing here builds a page from text. */
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/* A page leads the focus once, where work goes on; not away from a person who was faster than its scripts. */
let led = null;
function leadTo(one) {
  const here = document.activeElement ?? document.body;
  const isUntouched = !("defaultValue" in here) || here.value === here.defaultValue;
  if (here !== document.body && !((here === led || here.autofocus) && isUntouched)) return;
  led = one;
  one.focus();
}

/* "Now": the instant goes to the server, and its minute on the pharmacy's clock stands in the field. */
const two = (number) => String(number).padStart(2, "0");
function minuteThere(date, timeZone) {
  const shown = { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en", shown).formatToParts(date).map((one) => [one.type, one.value]));
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}
for (const place of all("[data-offset]")) place.value = String(-new Date().getTimezoneOffset());
for (const button of all("[data-now]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const present = new Date();
    document.getElementById(button.dataset.now).value = minuteThere(present, button.dataset.zone);
    document.getElementById(`${button.dataset.now}-instant`).value = present.toISOString();
  });
}

/* What a telephone's digits cannot type (2A and 2B of Corsica), put in where the cursor is. */
for (const button of all("[data-insert]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const field = document.getElementById(button.dataset.insert);
    field.setRangeText(button.textContent, field.selectionStart, field.selectionEnd, "end");
    field.focus();
  });
}

/* The reading window, counted down. */
function clockText(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = two(Math.floor(seconds / 60) % 60);
  return `${hours ? `${hours}:` : ""}${minutes}:${two(seconds % 60)}`;
}
function showWindow(place) {
  const count = place.querySelector(".count");
  const left = (name) => Date.parse(place.dataset[name]) - Date.now();
  const closes = "closes" in place.dataset ? left("closes") + 60000 : Infinity;
  count.hidden = false;
  place.classList.toggle("is-open", left("opens") <= 0 && closes > 0);
  place.classList.toggle("is-over", closes <= 0);
  if (left("opens") > 0) count.textContent = `${place.dataset.before} ${clockText(left("opens"))}`;
  else if (closes <= 0) count.textContent = place.dataset.after;
  else count.textContent = `${place.dataset.open}${closes === Infinity ? "" : ` ${clockText(closes)}`}`;
}
/* For whoever does not see the clock: its three moments are told, each once, and none that was over before. */
function phaseOf(place) {
  const left = (name) => Date.parse(place.dataset[name]) - Date.now();
  if (left("opens") > 0) return "before";
  const closes = "closes" in place.dataset ? left("closes") + 60000 : Infinity;
  if (closes <= 0) return "toldOver";
  return closes <= 60000 ? "toldSoon" : "toldOpen";
}
/* The first that can be read has the focus when its bell rings, where nobody works: never from one row to another. */
function leadToRow(place) {
  const result = place.closest("tr")?.querySelector("[data-review] input[type=radio]");
  const here = document.activeElement ?? document.body;
  const isIdle = here === document.body || ("scan" in here.dataset && !here.value);
  if (result && isIdle && !document.querySelector("dialog[open]")) result.focus();
}
function tellWindow(place, listener) {
  const phase = phaseOf(place);
  if (place.phase && place.phase !== phase) {
    if (phase === "toldOpen") leadToRow(place);
    const line = document.createElement("p");
    line.textContent = place.dataset[phase];
    listener.append(line);
  }
  place.phase = phase;
}
/* For how long somebody has waited: the number alone changes, the words are the page's. */
function showWaited(place) {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(place.dataset.since)) / 60000));
  const text = minutes < 60 ? place.textContent.replace(/[0-9]+/, String(minutes)) : "";
  if (place.textContent !== text) place.textContent = text;
}
if (document.querySelector(".window, #counter-lists")) {
  const listener = document.createElement("div");
  listener.className = "unseen";
  listener.setAttribute("role", "log");
  document.getElementById("main").append(listener);
  const tick = () => {
    all(".window").forEach((place) => { showWindow(place); tellWindow(place, listener); });
    all("[data-since]").forEach(showWaited);
  };
  tick();
  setInterval(tick, 1000);
}

/* Where the parcels are, until they have arrived; slower with time, so that a page left open ends its session. */
function asDocument(address, form) {
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.responseType = "document"; // parsed by the browser, its scripts dead: no text of ours becomes a page
    const here = new URL(address, location.href).href;
    call.addEventListener("loadend", () => {
      if (!call.status) resolve(undefined); // no network
      resolve(call.status === 200 && call.responseURL === here ? call.response : null);
    });
    call.open(form ? "POST" : "GET", address);
    call.send(form && new URLSearchParams(form));
  });
}
/* What has changed is put into the place that a screen reader listens to: a new place would say nothing. */
function refresh(part, fresh) {
  if (!fresh || fresh.textContent === part.textContent || part.contains(document.activeElement)) return;
  part.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
}
function follow(began) {
  const live = document.querySelector("[data-live]");
  const waited = Date.now() - began;
  if (!live || waited > 600000) return;
  setTimeout(async () => {
    const answer = await asDocument(live.dataset.live);
    const isOver = answer && !("live" in (answer.getElementById("parcels")?.dataset ?? { live: "" }));
    if (answer) for (const part of all("[data-follow]")) refresh(part, answer.getElementById(part.id));
    if (isOver && !live.contains(document.activeElement)) delete live.dataset.live;
    follow(began);
  }, waited < 60000 ? 1500 : 5000);
}
follow(Date.now());

/* Digits choose a result, in the target that has the focus or the first without one; where nothing has it, too. */
function formOfDigits(place) {
  // Where numbers are typed, a digit without the focus is the first of one.
  const forms = all("[data-digits]");
  const isAnyones = place === document.body && forms.length === 1 && !document.querySelector("[data-scan]");
  return isAnyones ? forms[0] : place.closest("[data-digits]");
}
document.addEventListener("keydown", (event) => {
  const form = formOfDigits(event.target);
  const writes = event.target.matches("textarea, input:not([type=radio])");
  if (!form || writes || event.ctrlKey || event.altKey || event.metaKey || !/^[1-9]$/.test(event.key)) return;
  const targets = all("fieldset.outcome", form);
  const here = event.target.closest("fieldset.outcome") || targets.find((one) => !one.querySelector(":checked"));
  const choice = here && all("input", here)[Number(event.key) - 1];
  if (!choice) return;
  event.preventDefault();
  choice.checked = true;
  const next = targets[targets.indexOf(here) + 1];
  (next ? next.querySelector("input") : form.querySelector("button:not([type])")).focus();
  if (!next) reviewWhole(form);
});
/* In a row of the counter, the last digit or press of an answer asks for the review; arrows and Tab only choose. */
function reviewWhole(form) {
  if (all("input[inputmode=decimal]", form).some((one) => !one.value.trim())) return; // a unit, and no value yet
  if (!form.matches("[data-review]") || !all("fieldset.outcome", form).every((one) => one.querySelector(":checked"))) return;
  form.requestSubmit();
}
document.addEventListener("click", (event) => {
  const option = event.target.closest("[data-review] label.option");
  const isPress = event.target.localName !== "input" || event.detail > 0; // an arrow's click counts none
  if (option && isPress) setTimeout(() => reviewWhole(option.closest("form")));
});

/* A result entered in its row is reviewed in place; whatever is refused is shown on the test's own page. */
const inPlace = document.querySelector("[data-in-place]");
const A_LOOK = 500; // milliseconds in which nobody has taken in what has just appeared: no press of a moment ago acts on it
let isAsking = false;
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!inPlace || !form.matches("[data-review]")) return;
  event.preventDefault();
  if (!form.querySelector(":checked")) form.querySelector("input[type=radio]").focus();
  if (isAsking || inPlace.open || !form.querySelector(":checked")) return;
  isAsking = true;
  await review(form);
  isAsking = false;
});
async function review(form) {
  const answer = await asDocument(form.action, new FormData(form));
  if (answer === undefined) return form.dispatchEvent(new Event("temoin-away", { bubbles: true }));
  const shown = answer?.querySelector("#main:has(.review)");
  if (!shown) {
    form.submit();
    return;
  }
  const parts = [...shown.children].map((node) => document.adoptNode(node));
  const signs = parts.pop();
  const scrolls = document.createElement("div");
  scrolls.className = "scrolls";
  scrolls.tabIndex = 0;
  scrolls.append(...parts);
  inPlace.replaceChildren(scrolls, signs);
  signs.inert = true;
  inPlace.showModal();
  setTimeout(() => {
    signs.inert = false;
    (signs.querySelector("[data-look]") ?? signs.querySelector(".button.main")).focus();
  }, A_LOOK);
}
/* A positive result has one more look: the first Enter leads from what was read to the signature. */
inPlace?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.repeat || !event.target.matches("[data-look]")) return;
  event.preventDefault();
  inPlace.querySelector(".button.main").focus();
});
inPlace?.addEventListener("submit", (event) => {
  if (event.target.id === "as-typed") {
    event.preventDefault();
    inPlace.close();
  }
  setTimeout(() => all(".button", inPlace).forEach((one) => { one.disabled = inPlace.open; }));
});
/* A key held a moment too long signs nothing, and neither does the Enter with which a scanner ends its text. */
let typedAt = -Infinity;
inPlace?.addEventListener("keydown", (event) => {
  const isText = event.key.length === 1 && event.key !== " ";
  if (event.repeat || (event.key === "Enter" && event.timeStamp - typedAt < 300)) event.preventDefault();
  if (isText) typedAt = event.timeStamp;
});

/* What a choice of a list means, in full where the list cuts it. */
for (const list of all("[data-told-by]")) {
  const words = document.getElementById(list.dataset.toldBy);
  const tell = () => { words.textContent = list.selectedOptions[0]?.dataset.words ?? ""; };
  words.hidden = false;
  list.addEventListener("change", tell);
  tell();
}
/* The ticket of the sample that was just taken. */
if (document.querySelector("[data-print-now]")) addEventListener("load", () => setTimeout(() => print()));

/* The workstation remembers on which paper its labels are printed. */
for (const group of all("[data-kept]")) {
  const last = all("input", group).find((one) => one.value === localStorage.getItem(group.dataset.kept));
  if (last) last.checked = true;
  group.addEventListener("change", (event) => localStorage.setItem(group.dataset.kept, event.target.value));
}

/* Scanners press keys, and Enter at the end. GS comes as Ctrl and the key of "]", which gives no character; a document's
   lines come each with an Enter: the field waits for the last one. */
function isHalfAZone(text) {
  const zone = text.replace(/\s/g, "");
  return [30, 36, 44, 60].includes(zone.length) && /[<.\\]{2}/.test(zone);
}
for (const field of all("[data-scan]")) {
  field.addEventListener("keydown", (event) => {
    const isSeparator = event.ctrlKey && !event.altKey && (event.code === "BracketRight" || event.key === "]");
    if (isSeparator) field.setRangeText("\u241d", field.selectionStart, field.selectionEnd, "end");
    if (isSeparator || (event.key === "Enter" && isHalfAZone(field.value))) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const isText = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;
    // A radio button takes the digits of its row; a scan begins with a letter.
    const here = document.activeElement;
    const isTaken = here?.matches("input:not([type=radio], [type=checkbox]), select, textarea") || (here?.matches("input") && /[1-9]/.test(event.key));
    if (isText && !isTaken && !event.defaultPrevented) field.focus();
  });
}
/* Beside a scan field, Enter moves on: a scan into another field sends nothing. */
for (const form of all("form[data-scans]")) {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input, select") || "scan" in event.target.dataset) return;
    event.preventDefault();
    const stops = all("input:not([type=hidden]), select, textarea, button.main", form);
    const here = stops.indexOf(event.target);
    stops.find((one, place) => place > here && (!one.name || one.name !== event.target.name))?.focus();
  });
}

/* A code handed over as a link: read from the fragment, which no server sees, and taken out of the address. */
for (const form of all("[data-fragment]")) {
  if (!location.hash) continue;
  document.getElementById(form.dataset.fragment).value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}

/* A double click sends once; coming back to the page allows a new try, which the server judges. */
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-once]")) return;
  setTimeout(() => all("button", event.target).forEach((one) => { one.disabled = true; }));
});
/* Without network the browser would put its page of errors in our place, and lose what was typed. It knows of its own
   cable only: of a form that took a while, the site is asked first. Last of all that hears of a form: what the counter
   keeps until the network is back, or says of a signature, is its own. */
const HEARD_FOR = 10000; // milliseconds after which the site may be gone
const PATIENCE = 5000;
let heard = Date.now();
let isLooking = false;
addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const isHeard = Date.now() - heard < HEARD_FOR || !form.closest("main");
  if (event.defaultPrevented || form.method !== "post" || (navigator.onLine && isHeard)) return;
  event.preventDefault();
  if (isLooking) return;
  isLooking = true;
  all(".gone", form).forEach((one) => one.remove());
  const patience = new AbortController();
  setTimeout(() => patience.abort(), PATIENCE);
  const words = setTimeout(sayNear, 1000, submitter ?? form, form, "status", document.body.dataset.looking);
  const answer = navigator.onLine
    && await fetch("/livez", { cache: "no-store", signal: patience.signal }).catch(() => null);
  clearTimeout(words);
  isLooking = false;
  setTimeout(() => all("button", form).forEach((one) => { one.disabled = false; }));
  if (!answer?.ok) { sayNear(submitter ?? form, form, "alert", document.body.dataset.offline); return; }
  heard = Date.now();
  setTimeout(() => form.requestSubmit(submitter));
});
function sayNear(here, form, role, words) {
  all(".gone", form).forEach((one) => one.remove());
  const note = document.createElement("p");
  note.className = "gone";
  note.setAttribute("role", role);
  note.textContent = words;
  (here.closest("td, form") ?? form).append(note);
}
addEventListener("pageshow", () => all("[data-once] button").forEach((one) => { one.disabled = false; }));

/* A file that is too large is told before it is sent, and how far one is that was sent. */
addEventListener("change", ({ target }) => {
  if (!target.matches("[data-largest]")) return;
  const isTooLarge = [...target.files].some((file) => file.size > Number(target.dataset.largest));
  target.setCustomValidity(isTooLarge ? target.dataset.tooLarge : "");
  target.reportValidity();
  all("button", target.form).forEach((one) => { one.disabled = isTooLarge; });
});
for (const panel of all("[data-file-state]")) {
  const timer = setInterval(async () => {
    const answer = await fetch(panel.dataset.fileState, { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok) return;
    const { rows, done, going } = await answer.json();
    const bar = panel.querySelector("progress");
    if (!going) { clearInterval(timer); location.reload(); return; }
    bar.max = rows || 1;
    bar.value = done;
    let place = 0;
    const words = panel.querySelector("[data-file-words]");
    words.textContent = words.textContent.replace(/[0-9][0-9\s\u00a0\u202f,.]*[0-9]|[0-9]/g, () => [done, rows][place++] ?? "");
  }, 1500);
}

/* Filter, print, and the summary of problems. */
for (const box of all("[data-filter]")) {
  box.hidden = false;
  box.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.toLocaleLowerCase();
    for (const row of all("[data-row]")) row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
  });
}
for (const button of all("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
/* Another language begins the page anew: what was typed is lost only if the person says so. */
function isFilledIn() {
  if (document.querySelector("[data-unsent], main .summary")) return true;
  return all("main form[method=post] :is(input:not([type=hidden]), textarea, select)").some((one) => {
    if (one.matches("select")) return [...one.options].some((option, place) => option.selected && !option.defaultSelected && place);
    return one.matches("[type=radio], [type=checkbox]") ? one.checked !== one.defaultChecked : one.value !== one.defaultValue;
  });
}
/* A menu that dropped down goes up again, by Escape or by a press elsewhere. */
for (const menu of all("[data-drop]")) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

for (const form of all("[data-lost]")) {
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "language" && isFilledIn() && !confirm(form.dataset.lost)) event.preventDefault();
  });
}

/* What is wrong comes first; then the field where work goes on, else what was done; on the pages that lead in, a field. */
const firstThing = document.querySelector("[data-focus]")
  ?? document.querySelector("main [autofocus]") // the browser waits for the first drawing, a scanner does not
  ?? document.querySelector("[data-done]") ?? document.querySelector(".narrow form .field input");
if (firstThing) leadTo(firstThing);
/* The one patient found is sampled by Enter, once whoever pressed it has seen them; a test is chosen before. */
const afterLook = document.querySelector("[data-after-look]");
if (afterLook) {
  const kind = document.getElementById("field-kind");
  setTimeout(() => { if (document.activeElement === led) (kind.value ? afterLook : kind).focus(); }, A_LOOK);
}
