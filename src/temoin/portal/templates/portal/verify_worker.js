{% load static %}// Keeps the verifier page for when there is no network. It fetches the parts named here and nothing else.

const CACHE = "temoin-verify";
const FRESH = ["/verify/", "/verify/keys", "/verify/revoked"]; // asked for each time, and kept for when there is no answer
const FIXED = [
  "{% static 'portal/letter.css' %}",
  "{% static 'portal/verify.css' %}",
  "{% static 'portal/mark.svg' %}",
  "{% static 'portal/certificate.js' %}",
  "{% static 'portal/verify.js' %}",
];
const PARTS = [...FRESH, ...FIXED];

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(PARTS.map((part) => new Request(part, { cache: "reload", credentials: "omit" })));
  await self.skipWaiting();
}

async function tidy() {
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) {
    if (!PARTS.includes(new URL(request.url).pathname)) await cache.delete(request);
  }
  await self.clients.claim();
}

async function fresh(path) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(path, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(5000) });
    if (answer.ok) await cache.put(path, answer.clone());
    return answer.ok ? answer : (await cache.match(path)) ?? answer;
  } catch {
    return (await cache.match(path)) ?? Response.error();
  }
}

async function fixed(path) {
  return (await caches.match(path)) ?? fetch(path, { credentials: "omit" });
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(tidy()));
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin || !PARTS.includes(pathname)) return;
  event.respondWith(FRESH.includes(pathname) ? fresh(pathname) : fixed(pathname));
});
