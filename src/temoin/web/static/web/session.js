/* The session of this page: a warning before its end, a veil after it, and what was typed given back. */
"use strict";

const place = document.getElementById("session");
const stay = place.querySelector("[data-stay]");
const veil = place.querySelector("[data-veil]");
const token = veil.querySelector("[name=csrfmiddlewaretoken]").value;
const WARN = 120000; // milliseconds before the end
const LONGEST_WATCH = 7200000; // a reading longer than two hours keeps no session alive
const QUIET = 60000; // between two questions to the server
const IDLE = Number(place.dataset.left) * 1000;

let ends = Date.now() + Number(place.dataset.left) * 1000;
let asked = Date.now();
let used = 0;
let edited = null;
let over = false;

/* The server's answer decides: another page of this browser may have kept the session alive, or ended it. */
async function ask(method = "GET") {
  asked = Date.now();
  const body = method === "POST" ? new URLSearchParams({ csrfmiddlewaretoken: token }) : undefined;
  try {
    const answer = await fetch(place.dataset.status, { method, body, headers: { Accept: "application/json" } });
    if (!answer.ok) return workOn();
    const told = await answer.json();
    ends = told.owner === place.dataset.owner ? Date.now() + told.left * 1000 : 0;
  } catch {
    return workOn(); // no network
  }
  if (ends - Date.now() > WARN && stay.open) stay.close();
  if (!ends) close();
}

/* Nobody can be asked. Where work goes on without network, the hands of whoever works there keep the page as they would
   have kept the session; elsewhere the end stays where it was. What is sent later, the server judges. */
function workOn() {
  const last = isReading() ? Date.now() : used;
  if (last && document.getElementById("list-away")) ends = Math.max(ends, last + IDLE);
}

/* A timer of this page that still runs, up to the end of its reading window. */
function isReading() {
  return [...document.querySelectorAll(".window[data-closes]")].some((one) => {
    const left = Date.parse(one.dataset.closes) + 60000 - Date.now();
    return left > 0 && left < LONGEST_WATCH;
  });
}

function close() {
  if (over) return;
  over = true;
  if (stay.open) stay.close();
  if (edited?.isConnected) {
    const typed = [...new FormData(edited)].filter(([name, value]) => {
      return typeof value === "string" && name !== "csrfmiddlewaretoken" && edited.elements[name]?.type !== "password";
    });
    veil.querySelector("[name=path]").value = new URL(edited.action, location.href).pathname;
    veil.querySelector("[name=fields]").value = JSON.stringify(typed);
    veil.querySelector("[data-typed]").hidden = false;
  }
  for (const one of [...document.body.children]) if (one !== place) one.remove();
  document.title = `${veil.querySelector("h2").textContent} · Témoin`;
  veil.addEventListener("cancel", (event) => event.preventDefault());
  veil.showModal();
}

function clock(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick() {
  if (over) return;
  const left = ends - Date.now();
  const rested = Date.now() - asked >= QUIET;
  if (left <= 0) {
    ask().then(() => { if (ends - Date.now() <= 0) close(); });
    return;
  }
  if (rested && (used > asked || (isReading() && left < WARN * 2))) ask("POST");
  else if (rested && !document.hidden && Date.now() - asked >= 2 * QUIET) ask();
  if (left > WARN) return;
  stay.querySelector("[data-clock]").textContent = clock(left);
  if (!stay.open && !document.hidden) ask().then(() => { if (!over && ends - Date.now() <= WARN) warn(); });
}
function warn() {
  if (!stay.open) stay.showModal();
}
stay.addEventListener("close", () => { if (!over && ends - Date.now() <= WARN) ask("POST"); });
stay.addEventListener("keydown", (event) => {
  if (!["Tab", "Shift", "Control", "Alt", "Meta"].includes(event.key)) stay.close();
});
setInterval(tick, 1000);

for (const kind of ["keydown", "pointerdown", "input"]) {
  addEventListener(kind, () => { used = Date.now(); }, { passive: true });
}
addEventListener("input", (event) => {
  const form = event.target.closest?.("form");
  if (form?.method === "post" && !place.contains(form)) edited = form;
});

/* Every form says whose page it stands on, so that one that comes too late is kept for its own person. */
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.elements.kept_for) return;
  const whose = document.createElement("input");
  whose.type = "hidden";
  whose.name = "kept_for";
  whose.value = place.dataset.keptFor;
  form.append(whose);
}, { capture: true });

/* The session ended in another page of this browser, or while this one slept. */
const others = new BroadcastChannel("temoin-session");
others.addEventListener("message", () => setTimeout(ask, 1000));
addEventListener("submit", (event) => {
  const leads = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : event.target.action;
  if (/\/(sign-out|hand-over)\/$/.test(leads)) others.postMessage("ended");
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
addEventListener("pageshow", (event) => { if (event.persisted) ask(); });

/* What follows by itself was refused: the page asks anew, and is led where the server wants it. What was typed is kept:
   whoever sends it is led there, and a session that is over has its veil. */
document.addEventListener("temoin-refused", async () => {
  await ask();
  if (!over && !edited?.isConnected) location.reload();
});

/* What was typed before the end, or before a page that refused it, comes back into its form. */
function putBack(form, fields) {
  const groups = new Map();
  for (const [name, value] of fields) groups.set(name, [...(groups.get(name) ?? []), value]);
  for (const one of form.elements) {
    if (!one.name || one.name === "csrfmiddlewaretoken" || one.name === "kept_for") continue;
    const values = groups.get(one.name) ?? [];
    if (["checkbox", "radio"].includes(one.type)) one.checked = values.includes(one.value);
    else if (values.length) one.value = values.shift();
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
  edited = form;
}
const kept = document.querySelector("[data-kept-form]");
const wentBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
if (kept && (!("onlyBack" in kept.dataset) || wentBack)) {
  const here = [...document.querySelectorAll("form")].find((form) => {
    return form.method === "post" && !kept.contains(form) && new URL(form.action).pathname === kept.dataset.path;
  });
  kept.hidden = false;
  leadTo(kept);
  if (here) {
    putBack(here, JSON.parse(kept.dataset.keptForm));
    kept.querySelector("[data-filled]").hidden = false;
    kept.querySelector("[data-resend]").remove();
  }
}
