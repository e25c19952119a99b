// The form that a patient fills in: checked while it is typed, sealed to the pharmacy's key, and handed in. What is typed
// stands in this page alone: it is neither kept nor sent in clear, and nothing of it is in an address.
//
// What is sealed (UTF-8, JSON), read by src/temoin/arrivals/filled.py:
//   {v: 1, traits: {the fields of the patient, as typed}, kind, answers: {question: answer, or a day "YYYY-MM-DD"},
//    notice: version of the notice agreed to, code: of the ticket, remind: true where an appointment is to be reminded of}
//
// Where an hour is chosen, appointments.js asks for it and tells what goes with the form.

const appointments = globalThis.temoinAppointments;
const { seal, drawCode, drawNumber, work } = globalThis.temoinForms;
const { readDay, ageOn, problemsOf } = globalThis.temoinFormChecks;
const KEPT = "ticket-code"; // as letter.js reads it
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
const DRAWS = 40; // numbers tried: of nine hundred, most are free
const DAY_MS = 24 * 60 * 60 * 1000;
const TOKEN = /^#([A-Za-z0-9_-]{22})$/;

const byId = (id) => document.getElementById(id);
const form = byId("fill");
const LANGUAGES = Object.fromEntries([...byId("language").options].map((one) => [one.value, one.dataset]));

function speak(language) {
  document.documentElement.lang = language;
  document.documentElement.dir = LANGUAGES[language].dir;
  document.title = LANGUAGES[language].title;
  byId("language").value = language;
}

function say(name, when) {
  const message = name && byId("messages").content.querySelector(`[data-message="${name}"]`).cloneNode(true);
  for (const slot of message?.querySelectorAll("[data-field=when]") ?? []) slot.textContent = when;
  byId("status").replaceChildren(...(message ? [message] : []));
  if (message?.className) byId("status").scrollIntoView({ block: "nearest" });
}

const chosen = (name) => form.querySelector(`[name="${name}"]:checked`)?.value ?? "";
const value = (name) => form.elements[name].value;

function typed() {
  const texts = Object.fromEntries([...form.querySelectorAll("[data-trait]")].map((field) => [field.name, field.value]));
  const days = Object.fromEntries([...form.querySelectorAll("[data-question]:not([hidden]) [data-day]")].map((field) => [
    field.name.replace("question-", ""), field.value]));
  return {
    ...texts, days, single_name: form.elements.single_name.checked ? "yes" : "", sex: chosen("sex"), way: chosen("way"),
    kind: chosen("kind"), consent: form.elements.consent.checked,
  };
}

// Which day the site said it was, and when by this device's clock: that may be wrong, but it goes on.
let told = null;

// The latest day that it is anywhere: nobody is held up for living east of the site.
function today() {
  if (!told) return new Date();
  const day = new Date(Date.parse(told.day) + DAY_MS + Math.max(0, Date.now() - told.at));
  return new Date(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate());
}

// Only the questions of the test that is chosen, and of whom they are for.
function ask() {
  const born = readDay(value("birth_date"));
  const [kind, sex, age] = [chosen("kind"), chosen("sex"), born ? ageOn(born, today()) : null];
  for (const question of form.querySelectorAll("[data-question]")) {
    const asked = question.dataset;
    const isOther = asked.sex && ["F", "M"].includes(sex) && asked.sex !== sex;
    const isOfAge = age === null || (age >= Number(asked.from) && age < Number(asked.to));
    question.hidden = !asked.kinds.split(" ").includes(kind) || isOther || !isOfAge;
  }
  byId("questions").hidden = !form.querySelector("[data-question]:not([hidden])");
}

function mark(name, problem) {
  const place = form.querySelector(`[data-problem="${CSS.escape(name)}"]`);
  const words = problem && byId("problems").content.querySelector(`[data-says="${problem}"]`).cloneNode(true);
  place.replaceChildren(...(words ? [words] : []));
  place.hidden = !problem;
  for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    if (problem) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}

let isTyped = false;
const looked = new Set(); // fields that their person left: nobody is corrected while writing the first letter

function checkLooked() {
  const found = { ...problemsOf(typed(), today()), ...appointments?.problemsOf(form) };
  for (const place of form.querySelectorAll("[data-problem]")) {
    const name = place.dataset.problem;
    mark(name, looked.has(name) ? found[name] : null);
  }
  return found;
}

function checkAll() {
  for (const place of form.querySelectorAll("[data-problem]")) looked.add(place.dataset.problem);
  const found = checkLooked();
  const first = form.querySelector("[aria-invalid=true]");
  if (!first) return true;
  say("check");
  first.focus();
  return Object.keys(found).length === 0;
}

function answers() {
  const given = {};
  for (const question of form.querySelectorAll("[data-question]:not([hidden])")) {
    const name = question.dataset.question;
    const day = question.querySelector("[data-day]");
    const read = day ? readDay(day.value) : null;
    const iso = read && [String(read.year).padStart(4, "0"), ...[read.month, read.day].map((part) => String(part).padStart(2, "0"))].join("-");
    const answer = day ? iso : chosen(`question-${name}`);
    if (answer) given[name] = answer;
  }
  return given;
}

function content(code) {
  const { days, kind, consent, ...traits } = typed();
  const language = document.documentElement.lang;
  const written = { v: 1, traits: { ...traits, language }, kind, answers: answers(), notice: form.elements.consent.value, code };
  return appointments ? { ...written, remind: form.elements.remind.checked } : written;
}

function post(path, body) {
  return fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), credentials: "omit",
    cache: "no-store", referrerPolicy: "no-referrer", redirect: "error", signal: AbortSignal.timeout(20000),
  });
}

const GONE = appointments ? "closed" : "gone";
const TOLD = { 403: "held", 404: GONE, 410: GONE, 423: "taken", 429: "slow" };
const OFFER = appointments ? "/appointments/offer" : "/form/poster";
const HAND_IN = appointments ? "/appointments/take" : "/form/hand-in";
const PAST = [410, 412]; // the key or the day that the page was given: both are asked for again

function begin(token) {
  const id = crypto.randomUUID();
  const code = drawCode();
  let offer = null;
  let worked = null;
  let isBusy = false;
  const written = new Set(); // each content that was tried: an answer that was lost may have been of the first
  let isEarlier = false;
  let number = drawNumber(appointments?.LEAST); // kept until the site says that it is taken: an answer that was lost may have given it to us

  // Ask for the key and the day, and begin the work for them; return what is to be told where there is none.
  async function ready() {
    const answer = await post(OFFER, { poster: token }).catch(() => null);
    if (!answer?.ok) return TOLD[answer?.status] ?? "failed";
    offer = await answer.json();
    told = { day: offer.day, at: Date.now() };
    appointments?.show(offer);
    worked = work(token, id, offer.day, Number(form.dataset.bits)); // while the form is filled in
    return null;
  }

  async function open() {
    const problem = await ready();
    if (problem) { say(problem); return; }
    for (const slot of document.querySelectorAll("[data-field=place]")) slot.textContent = offer.place;
    form.hidden = false;
    ask();
  }

  async function handIn() {
    const to = appointments ? { ...offer, ...appointments.key() } : offer;
    const entered = content(code);
    written.add(JSON.stringify(entered));
    const sealed = await seal(to, id, entered);
    const sent = { poster: token, id, key: to.key, day: offer.day, nonce: await worked, sealed };
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const answer = await post(HAND_IN, { ...sent, number, ...await appointments?.asked(form, code, number) });
      if (answer.ok) isEarlier = (await answer.json()).answer === "again" && written.size > 1;
      if (answer.status !== 409) return answer.status;
      number = drawNumber(appointments?.LEAST);
    }
    return 429;
  }

  // Return what is to be told; null when the form waits. A page that was left open is given another key and day first.
  async function send() {
    let status = await handIn();
    if (PAST.includes(status)) {
      const problem = await ready();
      if (problem) return problem;
      status = await handIn();
    }
    if (status === 423) await ready(); // the hours as they are now; what was typed stays
    return status === 200 ? null : TOLD[status] ?? "failed";
  }

  function show() {
    for (const slot of byId("done").querySelectorAll("[data-field=when]")) slot.textContent = appointments.when();
    form.reset();
    form.hidden = true;
    byId("number").textContent = String(number);
    byId("code").textContent = code;
    byId("done").hidden = false;
    say(isEarlier ? "earlier" : null);
    byId("done-title").focus();
  }

  async function submit(event) {
    event.preventDefault();
    if (isBusy || !offer || !checkAll()) return;
    isBusy = true;
    byId("send").setAttribute("aria-disabled", "true");
    say("sending");
    const problem = await send().catch(() => "failed");
    isBusy = false;
    byId("send").removeAttribute("aria-disabled");
    if (problem === "taken") { looked.add("hour"); checkLooked(); }
    if (problem) say(problem);
    else show();
  }

  function keep() {
    try {
      const kept = { code: code.replace("-", ""), until: Date.now() + KEPT_MS };
      localStorage.setItem(KEPT, JSON.stringify(kept));
      say("kept");
    } catch {
      say("unkept");
    }
  }

  form.addEventListener("submit", submit);
  byId("keep").addEventListener("click", keep);
  return open();
}

function start() {
  const spoken = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one in LANGUAGES);
  byId("languages").hidden = false;
  byId("language").addEventListener("change", (event) => speak(event.target.value));
  speak(spoken ?? "fr");
  for (const slot of document.querySelectorAll("[data-field=notice]")) slot.textContent = form.elements.consent.value;
  form.addEventListener("input", () => { isTyped = true; ask(); checkLooked(); });
  form.addEventListener("reset", () => { isTyped = false; });
  form.addEventListener("focusout", (event) => {
    if (!event.target.name || (event.target.type !== "radio" && !event.target.value)) return;
    looked.add(event.target.name);
    checkLooked();
  });
  byId("another").addEventListener("click", () => location.reload());
  addEventListener("hashchange", () => location.reload());
  // Nothing of it is kept: the browser asks before a reload or a step back loses it.
  addEventListener("beforeunload", (event) => { if (isTyped) event.preventDefault(); });
  addEventListener("pagehide", () => form.reset()); // nothing for the back button to bring back
  const token = TOKEN.exec(location.hash)?.[1];
  appointments?.start({ form, say, post, token });
  if (appointments?.isByLink()) return;
  if (!token) say(GONE);
  else if (!globalThis.crypto?.subtle || !crypto.randomUUID || !AbortSignal.timeout) say("unable");
  else begin(token);
}

start();
