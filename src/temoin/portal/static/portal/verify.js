// The verifier page: reads a certificate by camera, image or text, has it judged on this device (certificate.js), and
// shows what it says. Nothing is sent: the page asks the site for its own parts, for the list of signers and for the whole
// list of revoked certificates, that is all.

const { judge, revocations } = globalThis.temoinCertificates;
const TITLES = { fr: "Vérifier un certificat", en: "Check a certificate" };
const LOCALES = { fr: "fr-FR", en: "en-GB" };
const IDLE_MS = 10 * 60 * 1000;
const EVERY_MS = 250; // between two looks at the camera
const OLD = 48 * 60 * 60; // seconds after which a list of revoked certificates is said to be an old one

const byId = (id) => document.getElementById(id);
const piece = (template, name, value) => byId(template).content.querySelector(`[data-${name}="${CSS.escape(value)}"]`);

function speak(language) {
  document.documentElement.lang = language;
  document.title = TITLES[language];
  for (const button of byId("languages").children) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
}

function inLanguage(language, text) {
  const span = document.createElement("span");
  span.lang = language;
  span.textContent = text;
  return span;
}

const both = (write) => Object.keys(LOCALES).map((language) => inLanguage(language, write(language)));

function word(kind, code) {
  const known = piece("words", "word", `${kind}:${code}`);
  return known ? [...known.cloneNode(true).childNodes] : [String(code)];
}

// A number is shown by this device's clock; a written time by the clock of the place where it was written.
function when(value) {
  const isNumber = typeof value === "number";
  const text = String(value);
  const instant = new Date(isNumber ? value * 1000 : text.includes("T") ? `${text.slice(0, 19)}Z` : text);
  if (Number.isNaN(instant.getTime()) || text.length < 10) return [text]; // a year alone, or a month
  const style = { dateStyle: "long" };
  if (isNumber || text.includes("T")) style.timeStyle = "short";
  if (!isNumber) style.timeZone = "UTC";
  return both((language) => new Intl.DateTimeFormat(LOCALES[language], style).format(instant));
}

function fact(name, ...content) {
  const row = piece("facts", "fact", name).cloneNode(true);
  row.querySelector("dd").append(...content);
  return row;
}

const present = (name, value, write = (told) => [told]) => (value ? [fact(name, ...write(value))] : []);
const fullName = (name) => [name.gn, name.fn].filter(Boolean).join(" ") || [name.gnt, name.fnt].filter(Boolean).join(" ");
const latin = (name) => [name.gnt, name.fnt].filter(Boolean).join(" ").replaceAll("<", " ");

function person(name, born) {
  return [fact("name", fullName(name)), ...present("latin", latin(name)), ...present("born", born, when)];
}

function ownFacts({ name, dob, kind, found, sampled, place }) {
  const findings = found.map(([target, outcome]) => fact("found", ...word("target", target), " – ", ...word("outcome", outcome)));
  return [...person(name, dob), fact("kind", ...word("kind", kind)), ...findings, fact("sampled", ...when(sampled)), fact("place", place[0])];
}

function testFacts(entry) {
  return [
    fact("kind", ...word("tg", entry.tg), " – ", ...word("tt", entry.tt)), fact("found", ...word("tr", entry.tr)),
    fact("sampled", ...when(entry.sc)), ...present("place", entry.tc),
  ];
}

function entryFacts(use, entry) {
  const told = {
    test: () => testFacts(entry),
    vaccination: () => [
      fact("vaccination", ...word("tg", entry.tg)), fact("dose", `${entry.dn} / ${entry.sd}`), fact("day", ...when(entry.dt)),
    ],
    recovery: () => [
      fact("recovery", ...word("tg", entry.tg)), fact("day", ...when(entry.fr)), fact("from", ...when(entry.df)),
      fact("until_day", ...when(entry.du)),
    ],
  }[use]();
  return [...told, fact("authority", [entry.is, entry.co].filter(Boolean).join(", "))];
}

function stateFacts(claims) {
  const { nam, dob, t, v, r } = claims.content;
  const entries = [t, v, r].find((list) => list?.length) ?? [];
  return [...person(nam, dob), ...entries.flatMap((entry) => entryFacts(claims.use, entry))];
}

function observationFacts(observation) {
  const code = observation.code?.coding?.[0]?.code ?? "";
  const value = observation.valueCodeableConcept?.coding?.[0]?.code ?? observation.valueString ?? "";
  const sampled = observation.effectiveDateTime ?? "";
  return [
    fact("found", ...word("loinc", code), " – ", ...word("snomed", value)), ...present("sampled", sampled, when),
    ...present("place", observation.performer?.[0]?.display),
  ];
}

function cardFacts(bundle) {
  const resources = Array.isArray(bundle.entry) ? bundle.entry.map((entry) => entry?.resource ?? {}) : [];
  const of = (kind) => resources.filter((resource) => resource.resourceType === kind);
  const names = of("Patient").map((patient) => {
    const name = patient.name?.[0] ?? {};
    return { given: [name.given ?? []].flat().join(" "), family: String(name.family ?? ""), born: String(patient.birthDate ?? "") };
  });
  return [
    ...names.flatMap(({ given, family, born }) => person({ gn: given, fn: family }, born)),
    ...of("Observation").flatMap(observationFacts),
    ...of("Immunization").map((dose) => fact("vaccination", ...when(dose.occurrenceDateTime ?? ""))),
  ];
}

function factsOf(claims) {
  const told = { own: () => ownFacts(claims.content), eu: () => stateFacts(claims), smart: () => cardFacts(claims.content) }[claims.form]();
  const times = [fact("issued", ...when(claims.issuedAt)), ...present("expires", claims.expiresAt, when)];
  return [...told, ...present("issuer", claims.issuer), ...times];
}

// A card has no room for a word of ours: its resources are marked as made for tests.
function isDemonstration({ content }) {
  const marks = [content.entry ?? []].flat().flatMap((entry) => entry?.resource?.meta?.security ?? []);
  return content.demo === true || marks.some((mark) => mark?.code === "HTEST");
}

function show({ verdict, claims }, listing) {
  const shown = [piece("verdicts", "verdict", verdict).cloneNode(true)];
  if (verdict === "valid" && listing === "old") shown.push(piece("warnings", "warning", "old").cloneNode(true));
  if (claims && isDemonstration(claims)) shown.push(piece("warnings", "warning", "demo").cloneNode(true));
  if (claims) {
    const list = document.createElement("dl");
    list.append(...factsOf(claims));
    shown.push(list);
  }
  byId("outcome").replaceChildren(...shown);
  byId("outcome").hidden = false;
  byId("verdict-title").focus();
  byId("outcome").scrollIntoView({ block: "nearest" });
}

function say(name) {
  const message = name && piece("messages", "message", name).cloneNode(true);
  byId("status").replaceChildren(...(message ? [message] : []));
}

function tell(trust, count = 0) {
  const told = piece("trusts", "trust", trust).cloneNode(true);
  for (const slot of told.querySelectorAll("[data-count]")) slot.textContent = count;
  byId("trust").replaceChildren(told);
}

async function readKeys() {
  try {
    const answer = await fetch("/verify/keys", { credentials: "omit", referrerPolicy: "no-referrer" });
    const { keys } = await answer.json();
    tell(keys.length ? "some" : "none", keys.length);
    return keys;
  } catch {
    tell("away");
    return [];
  }
}

async function readRevocations(keys) {
  const answer = await fetch("/verify/revoked", { credentials: "omit", referrerPolicy: "no-referrer" }).catch(() => null);
  const list = answer?.ok ? await revocations(await answer.text(), keys) : null;
  const listing = !list ? "none" : Date.now() / 1000 - list.issuedAt > OLD ? "old" : "fresh";
  const told = piece("listings", "listing", listing).cloneNode(true);
  for (const slot of told.querySelectorAll("[data-moment]")) slot.append(...when(list.issuedAt));
  byId("listing").replaceChildren(told);
  return { marks: list?.marks ?? new Set(), listing };
}

async function readAll() {
  const keys = await readKeys();
  return { keys, ...await readRevocations(keys) };
}

async function keepForLater() {
  if (!navigator.serviceWorker) return;
  const address = "/verify/worker.js";
  const policy = globalThis.trustedTypes?.createPolicy("temoin-worker", { createScriptURL: () => address });
  await navigator.serviceWorker.register(policy ? policy.createScriptURL("") : address).catch(() => {});
}

async function begin() {
  let known = readAll();
  let stream = null;
  let lastActivity = Date.now();
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => [])) ?? [];
  const detector = formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;

  async function check(text) {
    say(null);
    if (!text.trim()) { say("empty"); byId("text").focus(); return; }
    const { keys, marks, listing } = await known;
    const judgement = await judge(text, keys, Math.floor(Date.now() / 1000), marks);
    byId("text").value = "";
    show(judgement, listing);
  }

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    byId("video").srcObject = null;
    byId("viewer").hidden = true;
  }

  function wipe() {
    stop();
    say(null);
    byId("text").value = "";
    byId("file").value = "";
    byId("outcome").replaceChildren();
    byId("outcome").hidden = true;
  }

  async function watch() {
    while (stream) {
      const codes = await detector.detect(byId("video")).catch(() => []);
      if (stream && codes.length) { stop(); await check(codes[0].rawValue); return; }
      await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
    }
  }

  async function look() {
    say(null);
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
      byId("video").srcObject = stream;
      byId("viewer").hidden = false;
      await byId("video").play();
    } catch { stop(); say("dark"); return; }
    byId("stop").focus();
    await watch();
  }

  async function readImage(event) {
    const [file] = event.target.files;
    if (!file) return;
    const codes = await createImageBitmap(file).then((image) => detector.detect(image)).catch(() => []);
    event.target.value = "";
    if (codes.length) await check(codes[0].rawValue);
    else say("unseen");
  }

  byId("camera").hidden = !detector || !navigator.mediaDevices;
  byId("image").hidden = !detector;
  byId("no-reader").hidden = Boolean(detector);
  byId("camera").addEventListener("click", look);
  byId("stop").addEventListener("click", () => { stop(); byId("camera").focus(); });
  byId("file").addEventListener("change", readImage);
  byId("clear").addEventListener("click", () => { wipe(); byId("text").focus(); });
  byId("ask").addEventListener("submit", (event) => { event.preventDefault(); check(byId("text").value); });
  for (const name of ["pointerdown", "keydown", "scroll"]) addEventListener(name, () => { lastActivity = Date.now(); }, { passive: true });
  addEventListener("pagehide", wipe); // nothing for the back button to bring back
  addEventListener("online", () => { known = readAll(); });
  setInterval(() => { if (!stream && Date.now() - lastActivity >= IDLE_MS) wipe(); }, 5000);
  byId("ask").hidden = false;
}

const spoken = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one in TITLES);
byId("languages").hidden = false;
byId("languages").addEventListener("click", (event) => {
  if (event.target.dataset.language) speak(event.target.dataset.language);
});
speak(spoken ?? "fr");
if (globalThis.crypto?.subtle && globalThis.DecompressionStream) begin();
else say("unable");
keepForLater();
