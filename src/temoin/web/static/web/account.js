/* The ways in. Without a script, password and code still work; a browser without passkeys never sees their buttons. */
"use strict";

/* Passkeys: the browser's own functions turn JSON into keys and back. A passkey belongs to a name, not to an address. */
const named = !/^[0-9.]+$|:/.test(location.hostname);
const passkeys = named && window.PublicKeyCredential?.parseRequestOptionsFromJSON ? window.PublicKeyCredential : null;

async function createdOrGot(form) {
  const told = form.dataset.options
    ? JSON.parse(form.dataset.options)
    : (await (await fetch(form.action, { headers: { Accept: "application/json" } })).json()).request_options;
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: passkeys.parseCreationOptionsFromJSON(told.publicKey) });
  }
  return navigator.credentials.get({ publicKey: passkeys.parseRequestOptionsFromJSON(told.publicKey) });
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  const answer = form.elements.credential;
  const trouble = form.querySelector("[data-trouble]");
  form.hidden = !passkeys;
  form.addEventListener("submit", async (event) => {
    if (answer.value) return;
    event.preventDefault();
    trouble.hidden = true;
    try {
      answer.value = JSON.stringify((await createdOrGot(form)).toJSON());
    } catch {
      trouble.hidden = false;
      trouble.focus();
      return;
    }
    form.requestSubmit();
  });
  addEventListener("pageshow", () => { answer.value = ""; });
  if ("first" in form.dataset && !document.querySelector("[data-focus]")) leadTo(form.querySelector("button"));
}
for (const note of document.querySelectorAll("[data-no-passkey]")) note.hidden = Boolean(passkeys);

/* The strength of a new password, counted as the server does (CNIL 2022-100): log2 of N to the power of L. */
const CLASSES = [[/[a-z]/u, 26], [/[A-Z]/u, 26], [/[0-9]/u, 10], [/[^a-zA-Z0-9]/u, 37]];
function entropyBits(password) {
  let kept = [];
  for (const character of password) {
    if (kept.length < 3 || kept.slice(-3).some((one) => one !== character)) kept.push(character);
  }
  const size = CLASSES.reduce((sum, [found, weight]) => sum + (found.test(kept.join("")) ? weight : 0), 0);
  return size ? kept.length * Math.log2(size) : 0;
}
for (const meter of document.querySelectorAll("[data-meter]")) {
  const field = meter.closest("form").elements.password1;
  meter.hidden = false;
  field.addEventListener("input", () => {
    const bits = Math.floor(entropyBits(field.value));
    meter.querySelector("progress").value = Math.min(bits, 50);
    const length = [...field.value].length;
    meter.querySelector("p").textContent = meter.dataset.words.replace("#", bits).replace("#", length);
    meter.classList.toggle("is-enough", bits >= 50 && length >= 12);
  });
}
