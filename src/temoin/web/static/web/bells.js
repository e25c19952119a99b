/* The bells of the reading windows, on every page: they know of a test its number and its two times, and no name. */
"use strict";

{ // names of its own: the pages' other scripts have theirs
const RUNNING = "temoin-running";
const TOLD = "temoin-told";
const PHASES = ["before", "open", "soon", "over"];
const LAST_MINUTE = 60000; // a kit's limit counts whole minutes: its last one belongs to the window
const NOTES = { open: [880], soon: [660, 660], over: [440, 440, 440] }; // hertz

const link = document.querySelector("[data-bells]");
const whose = document.getElementById("session")?.dataset.owner ?? "";

const kept = (name, none) => {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? none;
  } catch {
    return none;
  }
};
const keep = (name, value) => localStorage.setItem(name, JSON.stringify(value));

/* What runs: read from the counter's list where it stands, and remembered for the other pages of the same person. */
function onList() {
  return [...document.querySelectorAll("#list-running tr, #list-away tr")].flatMap((row) => {
    const place = row.querySelector(".window");
    const number = row.querySelector(".sample-number")?.lastChild.textContent.trim() ?? "";
    return place ? [{ number, opens: place.dataset.opens, closes: place.dataset.closes ?? "" }] : [];
  });
}
function remember() {
  if (document.getElementById("counter-lists")) keep(RUNNING, { whose, tests: onList() });
  const done = document.querySelector(".head .sample-number")?.lastChild.textContent.trim();
  if (!done || document.querySelector(".window")) return;
  const { tests } = running();
  keep(RUNNING, { whose, tests: tests.filter((test) => test.number !== done) });
}
function running() {
  const known = kept(RUNNING, { tests: [] });
  return known.whose === whose ? known : { whose, tests: [] };
}
function phaseNow(test) {
  const left = (time) => Date.parse(time) - Date.now();
  if (left(test.opens) > 0) return "before";
  const closes = test.closes ? left(test.closes) + LAST_MINUTE : Infinity;
  if (closes <= 0) return "over";
  return closes <= LAST_MINUTE ? "soon" : "open";
}

/* Each moment rings once for the whole browser, also when it came while a page was loading; none that was past before. */
function ringWhatCame(tests) {
  const told = kept(TOLD, {});
  const now = {};
  for (const test of tests) {
    const key = `${test.number} ${test.opens}`;
    now[key] = phaseNow(test);
    if (key in told && PHASES.indexOf(told[key]) < PHASES.indexOf(now[key])) ring(test, now[key]);
  }
  keep(TOLD, now);
}
function ring(test, phase) {
  if (localStorage.getItem("temoin-sound") === "on") play(NOTES[phase]);
  if (localStorage.getItem("temoin-notices") !== "on" || globalThis.Notification?.permission !== "granted" || !document.hidden) return;
  new Notification(link.dataset[phase].replace("{number}", test.number), { tag: test.number });
}

/* The sound is made here, of no file. A browser lets a page sound once somebody pressed something in it. */
let audio = null;
function openAudio() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}
function play(notes) {
  if (audio?.state !== "running") return;
  notes.forEach((pitch, place) => {
    const begins = audio.currentTime + place * 0.3;
    const tone = new OscillatorNode(audio, { frequency: pitch });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, begins);
    volume.gain.linearRampToValueAtTime(0.3, begins + 0.02);
    volume.gain.linearRampToValueAtTime(0, begins + 0.24);
    tone.connect(volume).connect(audio.destination);
    tone.start(begins);
    tone.stop(begins + 0.25);
  });
}

/* How many are to be read stands in the title and beside the counter's name, while there are any. */
function showDue(tests) {
  const due = tests.filter((test) => phaseNow(test) !== "before").length;
  const badge = link.querySelector("[data-due]");
  badge.hidden = !due;
  badge.querySelector("[data-number]").textContent = String(due);
  const plain = document.title.replace(/^\([0-9]+\) /, "");
  const title = due ? `(${due}) ${plain}` : plain;
  if (document.title !== title) document.title = title;
}
let ticking = null;
function tickBells() {
  const { tests } = running();
  ringWhatCame(tests);
  showDue(tests);
  if (tests.length) ticking ??= setInterval(tickBells, 1000);
  else {
    clearInterval(ticking);
    ticking = null;
  }
}

function switchOf(button, name, turnOn) {
  const isOn = () => localStorage.getItem(name) === "on";
  const show = () => button.setAttribute("aria-pressed", String(isOn()));
  button.hidden = false;
  show();
  button.addEventListener("click", async () => {
    const wanted = !isOn() && await turnOn();
    localStorage.setItem(name, wanted ? "on" : "off");
    show();
  });
}
if (link) {
  const sound = document.querySelector("[data-sound]");
  const notices = document.querySelector("[data-notices]");
  if (sound) switchOf(sound, "temoin-sound", () => { openAudio(); setTimeout(() => play(NOTES.open), 100); return true; });
  if (notices && globalThis.Notification) {
    switchOf(notices, "temoin-notices", async () => await Notification.requestPermission() === "granted");
  }
  for (const kind of ["pointerdown", "keydown"]) {
    addEventListener(kind, () => { if (localStorage.getItem("temoin-sound") === "on") openAudio(); }, { passive: true });
  }
  remember();
  tickBells();
  document.addEventListener("temoin-list", () => { remember(); tickBells(); });
  addEventListener("storage", (event) => { if (event.key === RUNNING) tickBells(); });
}
}
