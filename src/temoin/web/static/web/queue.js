/* Without network, what is noted at the counter waits in the page, says so, and is sent in its order once the network is
   back. Each act says on which state of its test it was pressed: one that arrived although its answer was lost, or that
   somebody else overtook, is not done twice. A signature never waits: it says that nothing is signed. */
"use strict";

const awayQueue = (() => {
const lists = document.getElementById("counter-lists");
const review = document.querySelector("[data-in-place]");
const AGAIN = 3000; // milliseconds between two tries
const PATIENCE = 8000; // after which no answer is taken for no network
const AWAY = [0, 429, 502, 503, 504]; // no answer, or one of whoever stands before a site that gives none
const OURS = ["csrfmiddlewaretoken", "kept_for"]; // of the page that sends, not of the one that noted
const waiting = [];
const notes = new Map(); // by act, what its row says of it
let isSending = false;
let timer = null;

/* Whether it was done, with where it leads; or no network; or anything else, which is for a page to show. */
function post(action, body) {
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.timeout = PATIENCE;
    call.addEventListener("loadend", () => {
      resolve({ isAway: AWAY.includes(call.status), leadsTo: call.status === 204 ? call.getResponseHeader("X-Leads-To") : "" });
    });
    call.open("POST", action);
    call.setRequestHeader("X-In-Place", "yes");
    call.send(body);
  });
}
const token = () => document.querySelector("body [name=csrfmiddlewaretoken]").value;
const bodyOf = (act) => new URLSearchParams([...act.fields, ["csrfmiddlewaretoken", token()]]);
const fieldsOf = (form, submitter) => [...new FormData(form, submitter)].filter(([name]) => !OURS.includes(name));

/* Whether the site answers, and still knows whose page this is: another's session must send nothing of it. */
async function stateOfSession() {
  const { status, owner } = document.getElementById("session").dataset;
  try {
    const answer = await fetch(status, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE), headers: { Accept: "application/json" } });
    if (!answer.ok) return "away";
    const told = await answer.json();
    return told.owner === owner && told.left > 0 ? "here" : "over";
  } catch {
    return "away";
  }
}

function say(place, words) {
  place.querySelector(".gone")?.remove();
  const note = document.createElement("p");
  note.className = "gone";
  note.setAttribute("role", "status");
  note.textContent = words;
  place.append(note);
  return note;
}
const hour = (date) => minuteThere(date, lists.dataset.zone).slice(11);
const disable = (form, is) => all("button", form).forEach((one) => { one.disabled = is; });
const tell = () => document.dispatchEvent(new Event("temoin-queue"));

/* A sample is of the moment of the press, not of the one at which it arrives. */
function stamped(fields, pressed) {
  return fields.map(([name, value]) => {
    if (name.endsWith("-instant")) return [name, pressed.toISOString()];
    return [name, /^(sampled|started|read)_at$/.test(name) ? minuteThere(pressed, lists.dataset.zone) : value];
  });
}
/* The reading clock of a sample runs from its press; what its kit is read by stands on the form of the sample. */
function windowFrom(timing, began) {
  const shown = document.getElementById("away-window").content.firstElementChild.cloneNode(true);
  const words = document.getElementById("list-away").dataset;
  const after = (minutes) => new Date(began.getTime() + Number(minutes) * 60000);
  shown.dataset.opens = after(timing.after).toISOString();
  if (timing.before) shown.dataset.closes = after(timing.before).toISOString();
  const told = timing.before ? words.between : words.from;
  shown.querySelector(".fixed").textContent = timing.after
    ? told.replace("{from}", hour(after(timing.after))).replace("{until}", hour(after(timing.before)))
    : words.unknown;
  return shown;
}

/* Noted: it stands in the page and in the store before anything else is done. */
async function add(act) {
  waiting.push(act);
  show(act);
  tell();
  await sealedStore.keep(act).catch(() => {}); // no room: the page's memory has it
  tryAgain();
}
async function drop(...acts) {
  for (const act of acts) {
    waiting.splice(waiting.indexOf(act), 1);
    unmark(act);
    await sealedStore.forget(act);
  }
  tell();
}
function keepUntilBack(form, fields, pressed) {
  const row = form.closest("tr, li");
  const { counts, after, before } = form.dataset;
  const timing = counts === "sample" ? { after, before } : null;
  add({ kind: "row", row: row.id, action: form.getAttribute("action"), fields: stamped(fields, pressed), pressed: pressed.getTime(), timing });
}
function show(act) {
  if (act.kind === "reading") return showReading(act);
  const row = act.kind === "row" && act.row && document.getElementById(act.row);
  const form = row && all("form", row).find((one) => one.getAttribute("action") === act.action);
  if (!form) return;
  const pressed = new Date(act.pressed);
  const note = say(form.closest("td, li"), lists.dataset.waits.replace("{time}", hour(pressed)));
  const button = mark(act, row, note, act.timing ? [windowFrom(act.timing, pressed), " "] : []);
  all("form", row).forEach((one) => disable(one, true));
  button.focus();
}
function mark(act, row, note, shown = []) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "quiet", textContent: lists.dataset.drop });
  button.addEventListener("click", () => {
    drop(act);
    row.querySelector("button")?.focus();
  });
  note.append(" ", ...shown, button);
  notes.set(act, { row, note, button, times: [] });
  row.classList.add("is-queued");
  return button;
}
function unmark(act) {
  const { row, note, times } = notes.get(act) ?? {};
  if (!row) return;
  notes.delete(act);
  for (const one of [note, ...times]) one.remove();
  row.classList.remove("is-queued");
  all("form", row).forEach((one) => disable(one, false));
}

/* A result that was read is noted with its time, and stands in its row again once the network is back: it is checked and
   signed there, by a person. Another choice is another reading. */
async function keepReading(form, record) {
  const fields = fieldsOf(form).filter(([name]) => /^(outcome|unit)-/.test(name));
  await drop(...waiting.filter((one) => one.kind === "reading" && one.record === record));
  await add({ kind: "reading", record, fields, pressed: Date.now() });
}
function fillIn(form, fields) {
  for (const [name, value] of fields) {
    for (const one of all("input", form).filter((field) => field.name === name)) {
      if (one.type === "radio") one.checked = one.value === value;
      else one.value = value;
    }
  }
}
const formOfReading = ({ record }) => document.querySelector(`#row-${record} form[data-review]`);
function showReading(act) {
  const form = formOfReading(act);
  if (!form) return;
  const pressed = new Date(act.pressed);
  fillIn(form, act.fields);
  mark(act, form.closest("tr"), say(form.closest("td"), lists.dataset.read.replace("{time}", hour(pressed))));
  for (const [name, value] of stamped([["read_at", ""], ["read_at-instant", ""]], pressed)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
    notes.get(act).times.push(field);
  }
  form.addEventListener("change", () => drop(act), { once: true });
}

/* In their order; what follows a registration that is asked about waits for it. */
const isAsked = (record) => waiting.some((one) => one.kind === "register" && one.record === record && one.isRefused);
const next = () => waiting.find((one) => !one.isRefused && one.kind !== "reading" && !(one.record && isAsked(one.record)));
function tryAgain() {
  clearTimeout(timer);
  timer = setTimeout(sendWaiting, AGAIN);
}
async function sendWaiting() {
  if (isSending || !next() || !lists.isConnected) return;
  isSending = true;
  const [state, sent] = [await stateOfSession(), { done: 0, refused: 0, isAway: false }];
  if (state === "here") for (let act = next(); act && !sent.isAway; act = next()) await send(act, sent);
  isSending = false;
  if (state === "over") document.dispatchEvent(new Event("temoin-refused"));
  else if (state === "away" || sent.isAway) tryAgain();
  else if (sent.done && !sent.refused) location.assign(new URL(lists.dataset.home, location.href));
}
async function send(act, sent) {
  const button = notes.get(act)?.button;
  if (button) button.disabled = true;
  const { isAway, leadsTo } = await post(act.action, bodyOf(act));
  if (button) button.disabled = false;
  if (isAway) sent.isAway = true;
  else if (leadsTo) {
    sent.done += 1;
    waiting.splice(waiting.indexOf(act), 1);
    await sealedStore.forget(act);
  } else await keepRefused(act, sent);
}
async function keepRefused(act, sent) {
  sent.refused += 1;
  if (act.kind === "row") {
    const place = notes.get(act)?.note.parentElement;
    await drop(act);
    if (place) say(place, lists.dataset.refused);
    return;
  }
  act.isRefused = true;
  await sealedStore.keep(act);
  tell();
}

/* What the page sends without leaving itself: a browser's own sending would put its page of errors in our place. */
async function sendHere(form, submitter) {
  const [fields, pressed] = [fieldsOf(form, submitter), new Date()];
  if (next()) return keepUntilBack(form, fields, pressed);
  const { isAway, leadsTo } = await post(form.action, bodyOf({ fields }));
  if (isAway) return keepUntilBack(form, fields, pressed);
  if (leadsTo) return location.assign(new URL(leadsTo, location.href));
  return sendAway(form, submitter);
}
function sendAway(form, submitter) {
  if (submitter?.name) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: submitter.name, value: submitter.value });
    form.append(field);
  }
  form.submit();
}
/* The page of what was refused, filled in, with what is asked: it stays noted until the test is there. */
function mend(act) {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: act.action, hidden: true });
  for (const [name, value] of bodyOf(act)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
async function sign(form) {
  const { isAway, leadsTo } = await post(form.action, new URLSearchParams(new FormData(form)));
  if (leadsTo) location.assign(new URL(leadsTo, location.href));
  else if (!isAway) form.submit();
  else {
    say(form, lists.dataset.unsigned);
    all(".button", review).forEach((one) => { one.disabled = false; });
    form.querySelector(".button.main").focus();
  }
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  const isAct = form.matches("#counter-lists form.in-row:not([data-review])");
  const signs = form.matches("[data-in-place] form[data-once]");
  if (event.defaultPrevented || !(isAct || signs)) return;
  event.preventDefault();
  if (signs) sign(form);
  else sendHere(form, event.submitter);
});
document.addEventListener("temoin-away", ({ target }) => keepReading(target, target.closest("tr").id.slice("row-".length)));
addEventListener("beforeunload", (event) => { if (next()) event.preventDefault(); });

/* What an earlier page noted: a test that stands in the lists was registered meanwhile, and a sample beside its result. */
function isSettled(act) {
  const { isRefused, kind, record } = act;
  if (kind === "reading") return !formOfReading(act) && !waiting.some((one) => one.record === record && one.kind !== kind);
  const row = isRefused && document.getElementById(`row-${record}`);
  return Boolean(row) && (kind === "register" || !row.closest("#list-waiting"));
}
async function resume() {
  const { acts, others, lost } = await sealedStore.load();
  waiting.unshift(...acts);
  await drop(...acts.filter(isSettled));
  waiting.forEach((act) => { if (!notes.has(act)) show(act); });
  document.dispatchEvent(new CustomEvent("temoin-resumed", { detail: { others, lost } }));
  tell();
  sendWaiting();
}
addEventListener("load", resume);
return { waiting, add, drop, mend, keepReading, fillIn, fieldsOf, stamped, windowFrom, hour, stateOfSession };
})();
