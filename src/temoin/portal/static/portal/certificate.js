// Reads and judges certificates, in the browser alone: HC1 codes (EU certificates and Témoin's own) and SMART Health
// Cards. The rules are those of src/temoin/formats/hcert, step by step; a test gives both the same certificates.
//
// judge(text, keys, at, revoked) answers with {verdict, claims}. Times are seconds; keys are those of /verify/keys:
//   {names: [hex, ...], jwk, issuer, uses: ["test", ...], not_before, not_after}; revoked is a Set of marks in hex.
// revocations(text, keys) answers with {issuedAt, marks}, of the signed list of /verify/revoked; null where it holds none.

const LONGEST = 20000; // characters of a text
const LARGEST = 65536; // bytes unpacked
const DEEPEST = 16;
const SKEW = 60;
const LATEST = 253402300799;
const MARK_BYTES = 8;
const BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const ALGORITHMS = new Map([[-7, "ES256"], [-37, "PS256"], [-257, "RS256"]]);
const OF_KIND = { EC: ["ES256"], RSA: ["PS256", "RS256"] };
const METHODS = {
  ES256: [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }],
  PS256: [{ name: "RSA-PSS", hash: "SHA-256" }, { name: "RSA-PSS", saltLength: 32 }],
  RS256: [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, { name: "RSASSA-PKCS1-v1_5" }],
};
const HEADER_ALGORITHM = 1;
const HEADER_CRITICAL = 2;
const HEADER_KEY = 4;
const ISSUER = 1;
const EXPIRES_AT = 4;
const ISSUED_AT = 6;
const NUMBER = 7;
const HCERT = -260;
const OWN = -65537;
const LIST = "temoin-revoked+jws";
const CARD = "https://smarthealth.cards#health-card";
const USES = { t: "test", v: "vaccination", r: "recovery" };
const REQUIRED = {
  test: ["tg", "tt", "sc", "tr", "co", "is", "ci"],
  vaccination: ["tg", "vp", "mp", "ma", "dt", "co", "is", "ci"],
  recovery: ["tg", "fr", "co", "is", "df", "du", "ci"],
};
const BREAK = Symbol("break");

class NotACertificate extends Error {}

function refuse() {
  throw new NotACertificate();
}

const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const isText = (value) => typeof value === "string";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse();
  }
}

function fromBase45(text) {
  const values = [...text].map((character) => BASE45.indexOf(character));
  if (values.includes(-1)) refuse();
  const bytes = [];
  for (let at = 0; at < values.length; at += 3) {
    const group = values.slice(at, at + 3);
    const value = group.reduceRight((sum, digit) => sum * 45 + digit, 0);
    if (group.length === 1 || value >= 256 ** (group.length - 1)) refuse();
    if (group.length === 3) bytes.push(value >> 8);
    bytes.push(value & 255);
  }
  return Uint8Array.from(bytes);
}

function fromBase64url(text) {
  try {
    const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const again = btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    if (again === text) return Uint8Array.from(raw, (character) => character.charCodeAt(0));
  } catch { /* told below */ }
  return refuse();
}

async function inflate(packed, form) {
  const chunks = [];
  let size = 0;
  try {
    const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream(form)).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.length;
      if (size > LARGEST) {
        reader.cancel().catch(() => {});
        refuse();
      }
      chunks.push(part.value);
    }
  } catch {
    refuse();
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

class Tagged {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

class Reader {
  constructor(raw) {
    this.raw = raw;
    this.at = 0;
  }

  item(depth) {
    if (depth > DEEPEST) refuse();
    const head = this.take(1)[0];
    const kind = head >> 5;
    const short = head & 31;
    if (kind === 7) return this.simple(short);
    if ([2, 3, 4, 5].includes(kind)) return this.many(kind, short === 31 ? null : this.size(short), depth);
    const number = this.size(short);
    if (kind === 6) return new Tagged(number, this.known(depth + 1));
    return kind === 0 ? number : -1 - number;
  }

  many(kind, size, depth) {
    if (kind === 4) return this.items(size, depth);
    if (kind === 5) return this.map(size, depth);
    const raw = size === null ? this.chunks(kind) : this.take(size);
    return kind === 2 ? raw : textOf(raw);
  }

  simple(short) {
    if (short === 31) return BREAK;
    if (short === 25) return half(this.size(short));
    if (short === 26 || short === 27) {
      const raw = this.take(short === 26 ? 4 : 8);
      const view = new DataView(raw.buffer, raw.byteOffset);
      return short === 26 ? view.getFloat32(0) : view.getFloat64(0);
    }
    const known = { 20: false, 21: true, 22: null, 23: null };
    return short in known ? known[short] : refuse();
  }

  chunks(kind) {
    const found = [];
    for (let head = this.take(1)[0]; head !== 0xff; head = this.take(1)[0]) {
      if (head >> 5 !== kind || (head & 31) === 31) refuse();
      found.push(...this.take(this.size(head & 31)));
    }
    return Uint8Array.from(found);
  }

  items(size, depth) {
    const found = [];
    if (size !== null) {
      for (let left = this.possible(size); left > 0; left -= 1) found.push(this.known(depth + 1));
      return found;
    }
    for (let value = this.item(depth + 1); value !== BREAK; value = this.item(depth + 1)) found.push(value);
    return found;
  }

  map(size, depth) {
    const found = new Map();
    if (size !== null) this.possible(size);
    while (size === null || size > found.size) {
      const kind = this.raw[this.at] >> 5;
      const name = this.item(depth + 1);
      if (name === BREAK && size === null) break;
      if (![0, 1, 3].includes(kind) || found.has(name)) refuse();
      found.set(name, this.known(depth + 1));
    }
    return found;
  }

  known(depth) {
    const value = this.item(depth);
    return value === BREAK ? refuse() : value;
  }

  possible(size) {
    return size > this.raw.length - this.at ? refuse() : size;
  }

  size(short) {
    if (short < 24) return short;
    if (short > 27) refuse();
    return this.take(1 << (short - 24)).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  take(count) {
    const start = this.at;
    this.at += this.possible(count);
    return this.raw.subarray(start, this.at);
  }
}

function half(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? (fraction ? NaN : Infinity)
    : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

function readCbor(raw) {
  const reader = new Reader(raw);
  const value = reader.item(0);
  return value === BREAK || reader.at !== raw.length ? refuse() : value;
}

function plain(value) {
  if (value instanceof Tagged) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([name, each]) => [name, plain(each)]));
  return value;
}

function objectOf(value) {
  if (Array.isArray(value)) return value.map(objectOf);
  return value instanceof Map ? Object.fromEntries([...value].map(([name, each]) => [name, objectOf(each)])) : value;
}

function byteString(raw) {
  const size = raw.length;
  const head = size < 24 ? [0x40 | size] : size < 256 ? [0x58, size] : size < 65536 ? [0x59, size >> 8, size & 255]
    : [0x5a, size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255];
  return [...head, ...raw];
}

async function readHc1(text) {
  let value = readCbor(await inflate(fromBase45(text.slice(4)), "deflate"));
  for (const tag of [61, 18]) if (value instanceof Tagged && value.tag === tag) value = value.value;
  const [guarded, open, payload, signature] = Array.isArray(value) && value.length === 4 ? value : [];
  if (!(open instanceof Map) || ![guarded, payload, signature].every((each) => each instanceof Uint8Array)) refuse();
  const headers = guarded.length ? readCbor(guarded) : new Map();
  if (!(headers instanceof Map) || headers.has(HEADER_CRITICAL)) refuse();
  const header = (name) => (headers.has(name) ? headers.get(name) : open.get(name));
  const keyId = header(HEADER_KEY);
  const message = [0x84, 0x6a, ...utf8("Signature1"), ...byteString(guarded), 0x40, ...byteString(payload)];
  return {
    algorithm: ALGORITHMS.get(header(HEADER_ALGORITHM)), keyId: keyId instanceof Uint8Array ? hex(keyId) : "",
    message: Uint8Array.from(message), signature, readClaims: () => tokenClaims(payload),
  };
}

function readJson(raw) {
  let found = null;
  try {
    found = JSON.parse(textOf(raw));
  } catch {
    refuse();
  }
  return isObject(found) ? found : refuse();
}

const jwsParts = (text) => /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(text) ?? refuse();

async function readSmart(text) {
  const digits = text.slice(5);
  if (!/^(?:[0-9]{2})+$/.test(digits)) refuse();
  const jws = digits.replace(/../g, (pair) => String.fromCharCode(Number(pair) + 45));
  const parts = jwsParts(jws);
  const headers = readJson(fromBase64url(parts[1]));
  if (headers.zip !== "DEF" || "crit" in headers) refuse();
  const signature = fromBase64url(parts[3]);
  const payload = await inflate(fromBase64url(parts[2]), "deflate-raw");
  return {
    algorithm: headers.alg === "ES256" ? "ES256" : undefined, keyId: hex(utf8(String(headers.kid ?? ""))),
    message: utf8(`${parts[1]}.${parts[2]}`), signature, readClaims: () => cardClaims(readJson(payload)),
  };
}

function moment(value) {
  return typeof value === "number" && value >= 0 && value <= LATEST ? value : refuse();
}

function tokenClaims(payload) {
  const claims = plain(readCbor(payload));
  if (!(claims instanceof Map)) refuse();
  const [issuedAt, expiresAt] = [moment(claims.get(ISSUED_AT)), moment(claims.get(EXPIRES_AT))];
  const issuer = claims.has(ISSUER) ? claims.get(ISSUER) : "";
  const state = claims.get(HCERT) instanceof Map ? claims.get(HCERT).get(1) : undefined;
  const told = { issuer: isText(issuer) ? issuer : refuse(), issuedAt, expiresAt };
  if (state instanceof Map) {
    const content = objectOf(state);
    return { ...told, form: "eu", content, ...checkDcc(content, issuedAt) };
  }
  const number = claims.get(NUMBER);
  if (!(claims.get(OWN) instanceof Map) || !(number instanceof Uint8Array)) refuse();
  const content = objectOf(claims.get(OWN));
  checkOwn(content);
  return { ...told, form: "own", content, use: "test", numbers: [number] };
}

function checkDcc(content, issuedAt) {
  const { nam, dob, ver } = content;
  if (![ver, dob, nam?.fnt].every(isText)) refuse();
  const isNamed = [["fn", "fnt"], ["gn", "gnt"]].every(([written, folded]) => isFolded(nam[written] ?? "", nam[folded] ?? ""));
  const born = dob.slice(0, 10);
  const issuedOn = new Date(issuedAt * 1000).toISOString().slice(0, born.length);
  if (!isNamed || !/^((19|20)[0-9]{2}(-[0-9]{2}){0,2})?$/.test(born) || born > issuedOn) refuse();
  const told = Object.keys(USES).filter((name) => content[name]?.length || isObject(content[name]));
  const entries = told.length === 1 ? content[told[0]] : null;
  const use = USES[told[0]];
  if (!Array.isArray(entries) || !entries.every((entry) => isEntry(use, entry))) refuse();
  return { use, numbers: entries.map((entry) => utf8(entry.ci)) };
}

function isFolded(written, folded) {
  return isText(written) && isText(folded) && /^[A-Z<]{0,80}$/.test(folded) && Boolean(folded || !written);
}

function isEntry(use, entry) {
  const texts = REQUIRED[use].map((name) => entry?.[name]);
  const counts = use === "vaccination" ? [entry?.dn, entry?.sd] : [];
  return texts.every((text) => isText(text) && [...text].length <= 80) && counts.every(Number.isInteger);
}

function checkOwn(content) {
  const { v, name, place, found } = content;
  const texts = [name?.fn, name?.gn, name?.fnt, name?.gnt, content.dob, content.kind, content.sampled, content.signed];
  const isPair = (value) => Array.isArray(value) && value.length === 2 && value.every(isText);
  if (v !== 1 || !texts.every(isText) || !isPair(place)) refuse();
  if (!Array.isArray(found) || !found.length || !found.every(isPair)) refuse();
}

function cardClaims(claims) {
  const credential = claims.vc;
  const bundle = credential?.credentialSubject?.fhirBundle;
  const number = credential?.rid ?? "";
  const isCard = Array.isArray(credential?.type) && credential.type.includes(CARD);
  if (!isText(claims.iss) || !isCard || !isObject(bundle) || !isText(number)) refuse();
  const expiresAt = "exp" in claims ? moment(claims.exp) : null;
  const told = { form: "smart", issuer: claims.iss, issuedAt: moment(claims.nbf), expiresAt, content: bundle, use: null };
  return { ...told, numbers: number ? [utf8(number)] : [], mark: markOfCard(number) };
}

// The number of a card of ours is its mark.
function markOfCard(number) {
  try {
    return hex(fromBase64url(number));
  } catch {
    return null;
  }
}

async function verifies(key, signed) {
  if (!OF_KIND[key.jwk.kty]?.includes(signed.algorithm)) return false;
  const [imported, method] = METHODS[signed.algorithm];
  try {
    const publicKey = await crypto.subtle.importKey("jwk", key.jwk, imported, false, ["verify"]);
    return await crypto.subtle.verify(method, publicKey, signed.signature, signed.message);
  } catch {
    return false;
  }
}

function maySign(key, claims) {
  const isInTime = (key.not_before ?? 0) <= claims.issuedAt && claims.issuedAt <= (key.not_after ?? Infinity);
  return isInTime && ["", claims.issuer].includes(key.issuer) && (!claims.use || key.uses.includes(claims.use));
}

async function standing(claims, at, revoked) {
  if (revoked.has(claims.mark)) return "revoked";
  for (const number of claims.numbers) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", number));
    if (revoked.has(hex(digest.subarray(0, MARK_BYTES)))) return "revoked";
  }
  if (claims.issuedAt > at + SKEW) return "not_yet_valid";
  return claims.expiresAt !== null && claims.expiresAt <= at ? "expired" : "valid";
}

async function takeApart(text) {
  const bare = text.replace(/[\r\n\t]/g, "").trimStart();
  if ([...bare].length > LONGEST) refuse();
  if (bare.startsWith("HC1:")) return readHc1(bare);
  return bare.slice(0, 5).toLowerCase() === "shc:/" ? readSmart(bare.trim()) : refuse();
}

async function judged(text, keys, at, revoked) {
  const signed = await takeApart(text);
  const named = keys.filter((key) => key.names.includes(signed.keyId));
  if (!named.length || !signed.algorithm) {
    signed.readClaims(); // it may be no certificate at all
    return { verdict: "unknown_signer" };
  }
  const signers = [];
  for (const key of named) if (await verifies(key, signed)) signers.push(key);
  if (!signers.length) return { verdict: "altered" };
  const claims = signed.readClaims();
  if (!signers.some((key) => maySign(key, claims))) return { verdict: "unknown_signer" };
  return { verdict: await standing(claims, at, revoked), claims };
}

async function judge(text, keys, at, revoked = new Set()) {
  try {
    return await judged(text, keys, at, revoked);
  } catch (error) {
    if (error instanceof NotACertificate) return { verdict: "not_a_certificate" };
    throw error;
  }
}

async function readList(text, keys) {
  const parts = jwsParts(text);
  const head = readJson(fromBase64url(parts[1]));
  const { iss, iat, marks } = readJson(fromBase64url(parts[2]));
  if (head.alg !== "ES256" || head.typ !== LIST || "crit" in head || ![head.kid, iss, marks].every(isText)) refuse();
  const raw = fromBase64url(marks);
  if (raw.length % MARK_BYTES) refuse();
  const claims = { issuer: iss, issuedAt: moment(iat), use: null };
  const signed = { algorithm: "ES256", message: utf8(`${parts[1]}.${parts[2]}`), signature: fromBase64url(parts[3]) };
  for (const key of keys.filter((each) => each.names.includes(hex(utf8(head.kid))))) {
    if (await verifies(key, signed) && maySign(key, claims)) return { issuedAt: iat, marks: inParts(raw) };
  }
  return refuse();
}

function inParts(raw) {
  const starts = Array.from({ length: raw.length / MARK_BYTES }, (_, number) => number * MARK_BYTES);
  return new Set(starts.map((start) => hex(raw.subarray(start, start + MARK_BYTES))));
}

async function revocations(text, keys) {
  try {
    return await readList(text, keys);
  } catch (error) {
    if (error instanceof NotACertificate) return null;
    throw error;
  }
}

globalThis.temoinCertificates = { judge, revocations };
