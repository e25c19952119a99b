// Opens a patient's letter: the link's secret and the ticket's code become keys here and nowhere else. The link carries
// 16 secret bytes and the 16 of the salt that stretches the code.
// The derivation is that of src/temoin/crypto/letter.py, which gives the parameters and their sources.
//
// LetterPayload, the JSON that delivery seals (UTF-8). {words} are in every language that the page speaks and the catalogue
// knows, by its code; French and English are always there, and shown where another one is not:
//   {v: 1, lang: code of the language that the patient asked for, or null, demo: bool, status: "final"|"corrected"|"cancelled",
//    version: n, kind: {words}, patient: {name, birth_date: "YYYY-MM-DD"}, sampled_at, signed_at: ISO 8601 with the pharmacy's
//    own offset (its wall clock is shown; a time in UTC is shown as in Paris), pharmacy: {name, phone, phone_said, address:
//    [line, ...]}, signer, headline: {words}, reason, before: [{target: {words}, label: {words}}], of a correction: why, and
//    what it said where that differs, device: {name, manufacturer, reference, lot, expiry: "YYYY-MM-DD"|null}, comment,
//    advice: [key of an entry of the page, ...], findings: [{target: {words}, outcome:
//    "positive"|"negative"|"indeterminate"|"unsatisfactory"|"measured"|..., label: {words}}],
//    certificate: null, or {text: "HC1:...", drawing: {width, bits: the modules of its QR code, row by row, in base64},
//    name, latin, expires_on: "YYYY-MM-DD", verifier: the address of the page that judges it,
//    card: null, or {jws, drawing}: the same as a SMART Health Card; letters sealed before there were cards have none,
//    state: null, or {text, drawing}: the same as an EU certificate that a state signed; state_missing: one was asked, in vain}}

const { drawCertificate } = globalThis.temoinLetterCertificate;

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH = 10;
const CHECKED_LENGTH = 11;
const LEAST_DIFFERENT = 3;
const SECRET_BYTES = 16;
const LINK_LENGTH = 43; // 32 bytes in base64url
const KEPT = "ticket-code";
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
const IDLE_MS = 10 * 60 * 1000;
const WARNING_MS = 60 * 1000;
const ANSWERS = ["wrong", "none", "expired", "locked", "replaced"];
const SYMBOLS = { positive: "+", negative: "−", indeterminate: "?", unsatisfactory: "!", measured: "=" };

const byId = (id) => document.getElementById(id);
const LANGUAGES = Object.fromEntries([...byId("language").options].map((one) => [one.value, one.dataset]));
const utf8 = new TextEncoder();

function fromBase64url(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function stretch(key, method) {
  const material = await crypto.subtle.importKey("raw", key, method.name, false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ ...method, hash: "SHA-256" }, material, 256));
}

const hkdf = (key, info) => stretch(key, { name: "HKDF", salt: new Uint8Array(), info: utf8.encode(info) });

async function derive(link, code) {
  const secret = link.subarray(0, SECRET_BYTES);
  const lookup = await hkdf(secret, "lookup");
  const k1 = await hkdf(secret, "k1");
  const k2 = await stretch(utf8.encode(code), { name: "PBKDF2", salt: link.subarray(SECRET_BYTES), iterations: 10000 });
  const both = new Uint8Array([...k1, ...k2]);
  return { lookup, auth: await hkdf(both, "auth"), letterKey: await hkdf(both, "letter") };
}

async function unseal(keys, ciphertext) {
  const key = await crypto.subtle.importKey("raw", keys.letterKey, "AES-GCM", false, ["decrypt"]);
  const method = { name: "AES-GCM", iv: ciphertext.subarray(0, 12), additionalData: keys.lookup };
  const padded = await crypto.subtle.decrypt(method, key, ciphertext.subarray(12));
  const payload = JSON.parse(new TextDecoder().decode(new Uint8Array(padded, 4, new DataView(padded).getUint32(0))));
  if (payload.v !== 1) throw new Error("unknown version of the payload");
  return payload;
}

function normalise(text) {
  const meant = text.toUpperCase().replace(/[IL]/g, "1").replaceAll("O", "0");
  return [...meant].filter((char) => ALPHABET.includes(char)).join("").slice(0, CHECKED_LENGTH);
}

// Zero for a code that may be a ticket's. A slip, or what a mail scanner fills in, is told here and uses up no try.
function sum(code) {
  let total = 1;
  for (const char of code) {
    total <<= 1;
    total = (total > 31 ? total ^ 0b100101 : total) ^ ALPHABET.indexOf(char);
  }
  return total;
}

const isCode = (code) => sum(code) === 0 && new Set(code).size >= LEAST_DIFFERENT;

function group(event) {
  if (event.isComposing) return;
  const field = event.target;
  const before = normalise(field.value.slice(0, field.selectionStart)).length;
  const code = normalise(field.value);
  field.value = grouped(code);
  const caret = before > 5 ? before + 1 : before;
  field.setSelectionRange(caret, caret);
}

function say(name, fields = {}) {
  const message = name && byId("messages").content.querySelector(`[data-message="${name}"]`).cloneNode(true);
  if (message) for (const [field, value] of Object.entries(fields)) fill(message, field, value);
  byId("status").replaceChildren(...(message ? [message] : []));
  if (message?.className) byId("status").scrollIntoView({ block: "nearest" });
  byId("code").setAttribute("aria-invalid", String(["short", "mistyped", "wrong"].includes(name)));
}

// What was followed: the link of a letter, the QR code of a ticket, or less than a link. Mail programs write `#` as %23,
// take the `>` or full stop behind the link into it, or cut it where a line ends with `=`.
function followed() {
  const path = location.pathname === "/" ? "" : location.pathname;
  let text = path + location.hash;
  for (let times = 0; times < 3; times += 1) {
    text = text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  }
  const code = /#code=(.+)$/.exec(text);
  if (code) return { code: normalise(code[1]) };
  const last = text.replace(/[=\s]/g, "").split("#").at(-1);
  const found = /^\/*([A-Za-z0-9_-]+)/.exec(last);
  if (found?.[1].length === LINK_LENGTH) return { link: fromBase64url(found[1]) };
  return { isCut: Boolean(found) && text.includes("#") };
}

function keptCode() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    if (kept && kept.until > Date.now()) return kept.code;
    localStorage.removeItem(KEPT);
  } catch { /* a browser that keeps nothing */ }
  return "";
}

function keepCode(code) {
  try {
    if (code) localStorage.setItem(KEPT, JSON.stringify({ code, until: Date.now() + KEPT_MS }));
    else localStorage.removeItem(KEPT);
    return true;
  } catch {
    return false;
  }
}

const grouped = (code) => (code.length > 5 ? `${code.slice(0, 5)}-${code.slice(5)}` : code);

function speak(language) {
  document.documentElement.lang = language;
  document.documentElement.dir = LANGUAGES[language].dir;
  document.title = LANGUAGES[language].title;
  byId("language").value = language;
}

function when(iso) {
  const bare = iso.replace(/\.\d+/, "");
  const isUtc = /(Z|[+-]00:?00)$/.test(bare);
  const instant = new Date(bare.includes("T") && !isUtc ? bare.replace(/[+-]\d\d:?\d\d$/, "Z") : bare);
  const style = { dateStyle: "long", timeZone: isUtc ? "Europe/Paris" : "UTC" };
  if (bare.includes("T")) style.timeStyle = "short";
  const write = ([language, { locale }]) => [language, new Intl.DateTimeFormat(locale, style).format(instant)];
  return Object.fromEntries(Object.entries(LANGUAGES).map(write));
}

const inBoth = (words) => [...new Set([words.fr, words.en])].join(" / ");

function fill(root, name, value) {
  for (const slot of root.querySelectorAll(`[data-field="${name}"]`)) {
    const language = slot.closest("[lang]")?.lang;
    if (typeof value !== "object") slot.textContent = value;
    else if (language) slot.textContent = value[language] ?? inBoth(value);
    else slot.replaceChildren(...Object.keys(LANGUAGES).map((each) => inLanguage(each, value)));
  }
}

function inLanguage(language, words) {
  const span = document.createElement("span");
  span.lang = language;
  span.dir = words[language] ? LANGUAGES[language].dir : "ltr";
  span.textContent = words[language] ?? inBoth(words);
  return span;
}

function keepIf(root, conditions) {
  for (const [name, holds] of Object.entries(conditions)) {
    for (const part of root.querySelectorAll(`[data-if="${name}"]`)) if (!holds) part.remove();
  }
}

function findingItem(finding) {
  const item = byId("finding").content.cloneNode(true);
  const outcome = [finding.means, finding.outcome].find((one) => Object.hasOwn(SYMBOLS, one)) ?? "other";
  item.querySelector(".finding").classList.add(outcome);
  item.querySelector(".symbol").textContent = SYMBOLS[outcome] ?? "•";
  for (const meaning of item.querySelectorAll("[data-meaning]")) {
    if (meaning.dataset.meaning !== outcome) meaning.remove();
  }
  fill(item, "target", finding.target);
  fill(item, "label", finding.label);
  return item;
}

function adviceOf(keys) {
  const known = [...byId("advices").content.children];
  const asked = known.filter((entry) => keys.includes(entry.dataset.advice));
  const shown = asked.length ? asked : known.filter((entry) => entry.dataset.advice === "general");
  return shown.map((entry) => entry.cloneNode(true));
}

function formerItem(finding) {
  const item = byId("former").content.cloneNode(true);
  fill(item, "target", finding.target);
  fill(item, "label", finding.label);
  return item;
}

function resultOf(payload) {
  const { pharmacy, device, patient, certificate } = payload;
  const result = byId("result").content.cloneNode(true);
  keepIf(result, {
    demo: payload.demo, corrected: payload.status === "corrected", cancelled: payload.status === "cancelled",
    standing: payload.status !== "cancelled", comment: payload.comment, reason: payload.reason,
    before: payload.before?.length > 0, lot: device.lot, expiry: device.expiry,
    advice: payload.status !== "cancelled", phone: pharmacy.phone, certificate, card: certificate?.card,
    state: certificate?.state, state_missing: certificate?.state_missing,
  });
  const fields = {
    headline: payload.headline, kind: payload.kind, name: patient.name, birth_date: when(patient.birth_date), version: payload.version,
    reason: payload.reason ?? "", sampled_at: when(payload.sampled_at), signed_at: when(payload.signed_at), signer: payload.signer,
    comment: payload.comment, device: device.name, lot: device.lot,
    maker: [device.manufacturer, device.reference].filter(Boolean).join(" · "), pharmacy: pharmacy.name,
    phone: pharmacy.phone_said || pharmacy.phone, address: pharmacy.address.join("\n"), expiry: device.expiry ? when(device.expiry) : "",
    holder: certificate?.name ?? "", latin: certificate?.latin ?? "", verifier: certificate?.verifier ?? "",
    in_force: certificate ? when(certificate.expires_on) : "",
  };
  for (const [name, value] of Object.entries(fields)) fill(result, name, value);
  result.querySelector("#phone")?.setAttribute("href", `tel:${pharmacy.phone.replace(/[^+0-9]/g, "")}`);
  if (certificate) drawCertificate(result, certificate, fromBase64url, say);
  result.querySelector("#findings")?.append(...payload.findings.map(findingItem));
  result.querySelector("#advice")?.append(...adviceOf(payload.advice));
  result.querySelector("#before")?.append(...payload.before.map(formerItem));
  return result;
}

function begin() {
  let secret = null; // lives in this closure only
  let isBusy = false;
  const spoken = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one in LANGUAGES);
  let isChosen = false; // by hand: that counts more than what the patient asked for at the counter
  let lastActivity = 0;

  function wipe(message) {
    byId("letter").replaceChildren();
    byId("letter").hidden = true;
    byId("code").value = "";
    byId("ask").hidden = secret === null;
    byId("closed").hidden = secret !== null || !byId("ticket").hidden;
    say(message);
  }

  function readLink() {
    const found = followed();
    if (location.href !== `${location.origin}/`) history.replaceState(null, "", "/");
    secret = found.link ?? null;
    showTicket(found.code);
    wipe(globalThis.crypto?.subtle ? (found.isCut ? "cut" : null) : "unable");
    if (secret) byId("code").value = grouped(keptCode());
  }

  function showTicket(code) {
    byId("ticket").hidden = !code || !isCode(code);
    byId("ticket-code").textContent = byId("ticket").hidden ? "" : grouped(code);
  }

  function show(payload) {
    if (!isChosen && payload.lang in LANGUAGES) speak(payload.lang);
    byId("letter").classList.toggle("demo", Boolean(payload.demo));
    byId("letter").replaceChildren(resultOf(payload));
    byId("code").value = "";
    keepCode(null);
    byId("ask").hidden = true;
    byId("letter").hidden = false;
    byId("print").addEventListener("click", () => window.print());
    byId("hide").addEventListener("click", () => { wipe("hidden"); byId("code").focus(); });
    lastActivity = Date.now();
    say(null);
    byId("result-title").focus();
  }

  async function fetchLetter(keys) {
    const body = JSON.stringify({ lookup: toBase64url(keys.lookup), auth: toBase64url(keys.auth) });
    const answer = await fetch("/letter", {
      method: "POST", headers: { "Content-Type": "application/json" }, body, signal: AbortSignal.timeout(20000),
      credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", redirect: "error",
    });
    if (answer.ok) return unseal(keys, fromBase64url((await answer.json()).ciphertext));
    if (answer.status === 429) return "slow";
    const told = [403, 404, 410, 423].includes(answer.status) ? await answer.json() : {};
    return { told: ANSWERS.includes(told.answer) ? told.answer : "unavailable", tries: told.tries_left };
  }

  async function open(code) {
    const asked = secret;
    const opened = await derive(asked, code).then(fetchLetter).catch(() => "unavailable");
    if (secret !== asked) return; // another link was followed meanwhile
    if (typeof opened === "string") say(opened);
    else if (opened.told) say(opened.told, { tries: opened.tries ?? "" });
    else try { show(opened); } catch { wipe("unavailable"); }
  }

  async function submit(event) {
    event.preventDefault();
    const code = normalise(byId("code").value);
    if (isBusy || secret === null) return;
    const fault = code.length < CHECKED_LENGTH ? "short" : isCode(code) ? null : "mistyped";
    if (fault) { say(fault); byId("code").focus(); return; }
    isBusy = true;
    say("working");
    await open(code.slice(0, CODE_LENGTH));
    isBusy = false;
    if (!byId("ask").hidden) byId("code").select();
  }

  function watch() {
    if (byId("letter").hidden) return;
    const idle = Date.now() - lastActivity;
    if (idle >= IDLE_MS) wipe("hidden");
    else if (idle >= IDLE_MS - WARNING_MS && !byId("status").firstChild) say("soon");
  }

  function wake() {
    watch();
    lastActivity = Date.now();
    if (byId("status").querySelector("[data-message=soon]")) say(null); // no other message is over by a touch
  }

  byId("languages").hidden = byId("promise").hidden = false;
  byId("language").addEventListener("change", (event) => {
    isChosen = true;
    speak(event.target.value);
  });
  byId("code").addEventListener("input", group);
  byId("ask").addEventListener("submit", submit);
  byId("keep").addEventListener("click", () => say(keepCode(normalise(byId("ticket-code").textContent)) ? "kept" : "unkept"));
  for (const name of ["pointerdown", "keydown", "scroll"]) addEventListener(name, wake, { passive: true });
  addEventListener("hashchange", readLink);
  addEventListener("visibilitychange", watch);
  addEventListener("pagehide", () => { secret = null; wipe(null); }); // nothing for the back button to bring back
  setInterval(watch, 5000);
  speak(spoken ?? "fr");
  readLink();
}

begin();
