/* The counter's list, live: what a colleague did is put in place, and never under the hand of whoever works in it. */
"use strict";

{ // names of its own: the pages' other scripts have theirs
const lists = document.getElementById("counter-lists");
const GATHERED = 250; // milliseconds in which several changes are fetched as one
const BY_CLOCK = 10000; // between two looks where no stream is to be had
const ANOTHER_TRY = 120000; // after which a stream is asked for again

/* The list alone: parsed by the browser, its scripts dead; null while nothing changed, or nothing came. Where the server
   leads elsewhere or refuses (a factor is asked for, the right is gone), the page must not stand still as if it were live. */
function fetchLists() {
  const place = new URL(lists.dataset.lists, location.href);
  const here = new URLSearchParams(location.search);
  for (const name of ["page", "row"]) if (here.has(name)) place.searchParams.set(name, here.get(name));
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.responseType = "document";
    call.addEventListener("loadend", () => {
      const isHere = call.responseURL === place.href;
      if (!isHere && call.status) document.dispatchEvent(new Event("temoin-refused"));
      if (isHere && call.status >= 400 && call.status < 429) document.dispatchEvent(new Event("temoin-refused"));
      resolve(call.status === 200 && isHere ? call.response?.getElementById("counter-lists") : null);
    });
    call.open("GET", place.href);
    call.setRequestHeader("If-None-Match", `"${lists.dataset.mark}"`);
    call.send();
  });
}

/* A row is held while somebody works in it: something of it waits for the network, it has the focus, an answer that was chosen and not sent, or its review is open. */
const isTouched = (row) => all("input", row).some((one) => one.checked !== one.defaultChecked);
function isHeld(row) {
  if (row.classList.contains("is-queued")) return true;
  const review = document.querySelector("[data-in-place][open]");
  return isTouched(row) || (row.contains(document.activeElement) && document.activeElement.matches("input, button, select")) || (review && isTouched(row));
}
function sameRow(row, fresh) {
  const words = (one) => [...one.querySelectorAll("td, th")].map((cell) => cell.querySelector(".window .fixed")?.textContent ?? cell.textContent.trim()).join("|");
  const state = (one) => one.querySelector("[name=seen]")?.value; // what a press acts on, though it reads the same
  return words(row) === words(fresh) && state(row) === state(fresh) && Boolean(row.querySelector("form")) === Boolean(fresh.querySelector("form"));
}
function sayGone(row) {
  if (row.querySelector(".gone")) return;
  const note = document.createElement("p");
  note.className = "gone";
  note.setAttribute("role", "status");
  note.textContent = lists.dataset.gone;
  for (const one of all("form button", row)) one.disabled = true;
  row.cells[row.cells.length - 1].append(note);
}

/* What is as it was stays, with its clock; what changed is replaced; what somebody works in waits. */
function mergeRows(body, fresh) {
  const before = new Map([...body.rows].map((row) => [row.id, row]));
  const after = [...fresh.rows].map((row) => {
    const known = before.get(row.id);
    before.delete(row.id);
    return known && (isHeld(known) || sameRow(known, row)) ? known : document.adoptNode(row);
  });
  for (const row of before.values()) {
    if (!isHeld(row)) continue;
    sayGone(row);
    after.unshift(row);
  }
  body.replaceChildren(...after);
}
function mergeSection(here, fresh) {
  const [body, newer] = [here.querySelector("tbody"), fresh.querySelector("tbody")];
  if (!body || !newer) {
    here.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
    return;
  }
  here.querySelector("h2").replaceChildren(...[...fresh.querySelector("h2").childNodes].map((node) => document.adoptNode(node)));
  mergeRows(body, newer);
}
function merge(fresh) {
  const after = [...fresh.children].map((section) => {
    const here = document.getElementById(section.id);
    if (!here) return document.adoptNode(section);
    mergeSection(here, section);
    return here;
  });
  for (const here of [...lists.children]) {
    if (!after.includes(here) && [...here.querySelectorAll("tbody tr")].some(isHeld)) {
      all("tbody tr", here).forEach((row) => { if (isHeld(row)) sayGone(row); else row.remove(); });
      after.unshift(here);
    }
  }
  lists.replaceChildren(...after);
  lists.dataset.mark = fresh.dataset.mark;
}
function putInPlace(fresh) {
  const [focused, scrolled] = [document.activeElement, scrollY];
  const row = focused.closest("tbody tr")?.id;
  merge(fresh);
  const again = focused.isConnected ? focused : document.getElementById(row)?.querySelector("a");
  if (again !== document.activeElement && focused !== document.body) again?.focus({ preventScroll: true });
  scrollTo({ top: scrolled, behavior: "instant" });
  document.getElementById("filter")?.dispatchEvent(new Event("input"));
  document.dispatchEvent(new Event("temoin-list"));
}

let fetching = null;
let isStale = false;
async function look() {
  isStale = true;
  if (fetching) return;
  fetching = true;
  while (isStale) {
    await new Promise((resolve) => { setTimeout(resolve, GATHERED); });
    isStale = false;
    const fresh = await fetchLists();
    if (fresh) putInPlace(fresh);
  }
  fetching = null;
}

/* Told by a stream; by the clock while there is none, and when the page is looked at again. */
let byClock = null;
function followByClock() {
  byClock ??= setInterval(() => { if (!document.hidden) look(); }, BY_CLOCK);
}
function followStream() {
  const stream = new EventSource(lists.dataset.changes);
  stream.addEventListener("open", () => {
    clearInterval(byClock);
    byClock = null;
    look();
  });
  stream.addEventListener("message", look);
  stream.addEventListener("error", () => {
    followByClock(); // until the browser has its next stream, if it gets one
    if (stream.readyState === EventSource.CLOSED) setTimeout(followStream, ANOTHER_TRY);
  });
  addEventListener("pagehide", () => stream.close());
}
if (lists) {
  followStream();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
}
