/* What is noted without network, over a reload or a crash: in the browser's store, each entry sealed to its person. The
   keys come with the page, for a day and a night, and stand in no store: another's session opens nothing of it. */
"use strict";

const sealedStore = (() => {
const place = document.getElementById("list-away");
const { whose, keys: given } = place.dataset;
delete place.dataset.keys;
const PLACE = "entries";
let database = null; // without one, or without a safe origin, the page's memory has to do
let count = 0;

const bytes = (text) => Uint8Array.from(text.match(/../g), (pair) => Number.parseInt(pair, 16));
const keys = new Map(Object.entries(JSON.parse(given)).map(([day, text]) => {
  return [day, globalThis.crypto.subtle?.importKey("raw", bytes(text), "AES-GCM", false, ["encrypt", "decrypt"])];
}));
const [today] = keys.keys();
const settings = (day, iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`${whose} ${day}`) });
const answered = (request) => new Promise((resolve, reject) => {
  request.addEventListener("success", () => resolve(request.result));
  request.addEventListener("error", () => reject(request.error));
});
const entries = (mode) => database.transaction(PLACE, mode, { durability: "strict" }).objectStore(PLACE);

async function open() {
  if (!today || !globalThis.crypto.subtle) return;
  const request = indexedDB.open("temoin-away", 1);
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore(PLACE, { keyPath: "id", autoIncrement: true });
  });
  database = await answered(request).catch(() => null); // forbidden here, or no room
}
const opened = open();

/* Sealed first, then written: a transaction of the store waits for nothing else. */
async function keep(act) {
  await opened;
  if (!database) return void (act.id ??= `memory ${++count}`);
  const { id, ...told } = act;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const content = new TextEncoder().encode(JSON.stringify(told));
  const sealed = await crypto.subtle.encrypt(settings(today, iv), await keys.get(today), content);
  act.id = await answered(entries("readwrite").put({ ...(id && { id }), whose, day: today, iv, sealed }));
}
async function forget(act) {
  await opened;
  if (database) await answered(entries("readwrite").delete(act.id));
}

/* Those of this person in their order; how many are another's, and how many nobody can open any more: these go. */
async function load() {
  await opened;
  const found = { acts: [], others: 0, lost: 0 };
  for (const one of database ? await answered(entries("readonly").getAll()) : []) {
    if (one.whose !== whose && keys.has(one.day)) found.others += 1;
    else {
      const act = await unsealed(one);
      if (act) found.acts.push(act);
      else {
        found.lost += 1;
        await forget(one);
      }
    }
  }
  return found;
}
async function unsealed({ id, day, iv, sealed }) {
  try {
    const content = await crypto.subtle.decrypt(settings(day, iv), await keys.get(day), sealed);
    return { ...JSON.parse(new TextDecoder().decode(content)), id };
  } catch {
    return null; // of an earlier day, or sealed under another secret of the site
  }
}
return { keep, forget, load };
})();
