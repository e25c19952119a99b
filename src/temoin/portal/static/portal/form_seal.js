// Seals a patient's form to the pharmacy's key, in the browser alone: src/temoin/crypto/arrival.py opens it, and has the
// parameters with their sources. Also draws the code of the ticket (src/temoin/crypto/letter.py) and does the work that each
// form costs (src/temoin/portal/forms.py). Tests give both sides the same values.

const PURPOSE = "temoin arrival 1";
const BLOCK = 4096;
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH = 10;
const LEAST_DIFFERENT = 3;
const ITERATIONS = 10000; // as a letter's code is stretched
const AT_ONCE = 64; // tries between two looks of the page at its person

const utf8 = (text) => new TextEncoder().encode(text);
const joined = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
const idBytes = (id) => Uint8Array.from(id.replaceAll("-", "").match(/../g), (pair) => parseInt(pair, 16));

function fromBase64url(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

function toBase64url(bytes) {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function padded(content) {
  const size = Math.ceil((content.length + 4) / BLOCK) * BLOCK;
  const framed = new Uint8Array(size);
  new DataView(framed.buffer).setUint32(0, content.length);
  framed.set(content, 4);
  return framed;
}

// {public: base64url, pharmacy, key: identifiers} of the pharmacy, the form's own identifier, and what is to be sealed.
async function seal(offer, id, content) {
  const theirs = fromBase64url(offer.public);
  const own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const ours = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
  const point = await crypto.subtle.importKey("raw", theirs, CURVE, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: point }, own.privateKey, 256);
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const info = joined(utf8(PURPOSE), ours, theirs);
  const derived = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  const key = await crypto.subtle.deriveKey(derived, material, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const bound = joined(utf8(PURPOSE), ...[offer.pharmacy, offer.key, id].map(idBytes));
  const once = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: bound };
  const sealed = await crypto.subtle.encrypt(once, key, padded(utf8(JSON.stringify(content))));
  return toBase64url(joined([1], ours, new Uint8Array(sealed)));
}

const timesAlpha = (value) => (value << 1 > 31 ? (value << 1) ^ 0b100101 : value << 1);

function checked(code) {
  const sum = [...code].reduce((total, char) => timesAlpha(total) ^ ALPHABET.indexOf(char), 1);
  return `${code.slice(0, 5)}-${code.slice(5)}${ALPHABET[timesAlpha(sum)]}`;
}

function drawCode() {
  let code = "";
  while (new Set(code).size < LEAST_DIFFERENT) {
    code = Array.from(crypto.getRandomValues(new Uint8Array(CODE_LENGTH)), (byte) => ALPHABET[byte & 31]).join("");
  }
  return checked(code);
}

// Three digits, or four of an appointment; each number as likely as any other.
function drawNumber(least = 100) {
  const [drawn] = crypto.getRandomValues(new Uint32Array(1));
  return least + (drawn % (9 * least));
}

// The code as it was typed, without its hyphen; null for what is none.
function readCode(text) {
  const typed = text.toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1").replace(/[^0-9A-Z*~$=]/g, "");
  return typed.length === CODE_LENGTH + 1 && [...typed].every((char) => ALPHABET.includes(char)) &&
    checked(typed.slice(0, CODE_LENGTH)).replace("-", "") === typed ? typed : null;
}

// What the holder of a code shows to change the appointment with this number; the code cannot be told from it.
async function proofOf(code, pharmacy, number) {
  const material = await crypto.subtle.importKey("raw", utf8(code.replace("-", "")), "PBKDF2", false, ["deriveBits"]);
  const salt = utf8(`temoin appointment 1|${pharmacy}|${number}`);
  const stretched = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ITERATIONS };
  return toBase64url(new Uint8Array(await crypto.subtle.deriveBits(stretched, material, 256)));
}

async function work(poster, id, day, bits) {
  for (let nonce = 0; ; nonce += AT_ONCE) {
    const tried = Array.from({ length: AT_ONCE }, async (_, ahead) => {
      const digest = await crypto.subtle.digest("SHA-256", utf8(`${poster}|${id}|${day}|${nonce + ahead}`));
      return new DataView(digest).getUint32(0) >>> (32 - bits) === 0 ? nonce + ahead : -1;
    });
    const found = (await Promise.all(tried)).find((one) => one >= 0);
    if (found !== undefined) return found;
  }
}

globalThis.temoinForms = { seal, drawCode, drawNumber, work, readCode, proofOf, fromBase64url, toBase64url };
