/* A minute without network: what was pressed in a row waits in the page, says so, and is sent once the network is back.
   Each act says which state of its test it was pressed on: one that arrived although its answer was lost, or that somebody
   else overtook, is not done twice. A signature never waits: it says that nothing is signed. */
"use strict";

{ // names of its own: the pages' other scripts have theirs
const lists = document.getElementById("counter-lists");
const review = document.querySelector("[data-in-place]");
const AGAIN = 3000; // milliseconds between two tries
const PATIENCE = 8000; // after which no answer is taken for no network
const waiting = [];

/* Whether it was done, with where it leads; or no network; or anything else, which is for a page to show. */
function post(action, body) {
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.timeout = PATIENCE;
    call.addEventListener("loadend", () => {
      resolve({ isAway: !call.status, leadsTo: call.status === 204 ? call.getResponseHeader("X-Leads-To") : "" });
    });
    call.open("POST", action);
    call.setRequestHeader("X-In-Place", "yes");
    call.send(body);
  });
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
const hour = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
const disable = (form, is) => all("button", form).forEach((one) => { one.disabled = is; });

/* The sample is of the moment of the press, not of the one at which it arrives. */
function stamp(body, pressed) {
  for (const name of ["sampled_at", "started_at"]) {
    if (!body.has(name)) continue;
    body.set(name, minuteThere(pressed, lists.dataset.zone));
    body.set(`${name}-instant`, pressed.toISOString());
  }
}
function keepUntilBack(form, body, pressed) {
  stamp(body, pressed);
  const row = form.closest("tr, li");
  const note = say(form.closest("td, li"), lists.dataset.waits.replace("{time}", hour(pressed)));
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "quiet";
  drop.textContent = lists.dataset.drop;
  const act = { action: form.action, body, row, note, drop };
  drop.addEventListener("click", () => {
    waiting.splice(waiting.indexOf(act), 1);
    note.remove();
    row.classList.remove("is-queued");
    all("form", row).forEach((one) => disable(one, false));
    row.querySelector("button")?.focus();
  });
  note.append(" ", drop);
  row.classList.add("is-queued");
  all("form", row).forEach((one) => disable(one, true));
  waiting.push(act);
  drop.focus();
  if (waiting.length === 1) setTimeout(sendWaiting, AGAIN);
}
async function sendWaiting() {
  let isRefused = false;
  while (waiting.length) {
    const act = waiting[0];
    act.drop.disabled = true;
    const { isAway, leadsTo } = await post(act.action, act.body);
    if (isAway) {
      act.drop.disabled = false;
      setTimeout(sendWaiting, AGAIN);
      return;
    }
    waiting.shift();
    if (leadsTo) continue;
    isRefused = true;
    say(act.note.parentElement, lists.dataset.refused);
  }
  if (!isRefused) location.assign(new URL(lists.dataset.home, location.href));
}

/* What the page sends without leaving itself: a browser's own sending would put its page of errors in our place. */
async function sendHere(form, submitter) {
  const [body, pressed] = [new URLSearchParams(new FormData(form, submitter)), new Date()];
  if (waiting.length) return keepUntilBack(form, body, pressed);
  const { isAway, leadsTo } = await post(form.action, body);
  if (isAway) return keepUntilBack(form, body, pressed);
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
  if (!lists || event.defaultPrevented || !(isAct || signs)) return;
  event.preventDefault();
  if (signs) sign(form);
  else sendHere(form, event.submitter);
});
document.addEventListener("temoin-away", (event) => say(event.target.closest("td"), lists.dataset.unsigned));
addEventListener("beforeunload", (event) => { if (waiting.length) event.preventDefault(); });
}
