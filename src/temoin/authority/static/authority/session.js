/* The session of this page: a warning two minutes before its end, one key to stay, and the sign-in after it. */
"use strict";

const stay = document.querySelector("[data-stay]");
const token = stay.querySelector("[name=csrfmiddlewaretoken]").value;
const WARN = 120000; // milliseconds before the end
const QUIET = 60000; // between two questions to the server

let ends = Date.now() + Number(stay.dataset.left) * 1000;
let asked = Date.now();
let used = 0;

/* The server's answer decides: another page of this browser may have kept the session alive, or ended it. */
async function ask(method = "GET") {
  asked = Date.now();
  const body = method === "POST" ? new URLSearchParams({ csrfmiddlewaretoken: token }) : undefined;
  try {
    const answer = await fetch(stay.dataset.status, { method, body, headers: { Accept: "application/json" } });
    if (answer.ok) ends = Date.now() + (await answer.json()).left * 1000;
  } catch { /* no network: the end stays where it was */ }
  if (ends - Date.now() > WARN) stay.close();
}

function leave() {
  if (ends <= Date.now()) location.replace(stay.dataset.after);
}

function clock(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

async function tick() {
  const left = ends - Date.now();
  if (left <= 0) return ask().then(leave);
  if (used > asked && Date.now() - asked >= QUIET) return ask("POST");
  if (left > WARN) return;
  stay.querySelector("[data-clock]").textContent = clock(left);
  if (stay.open) return;
  await ask(); // another page may have gone on
  if (ends - Date.now() <= WARN && !stay.open) stay.showModal();
}
stay.addEventListener("close", () => { if (ends - Date.now() <= WARN) ask("POST"); });
stay.addEventListener("keydown", (event) => {
  if (!["Tab", "Shift", "Control", "Alt", "Meta"].includes(event.key)) stay.close();
});
setInterval(tick, 1000);
for (const kind of ["keydown", "pointerdown", "wheel"]) {
  addEventListener(kind, () => { used = Date.now(); }, { passive: true });
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask().then(leave); });
addEventListener("pageshow", (event) => { if (event.persisted) ask().then(leave); });
