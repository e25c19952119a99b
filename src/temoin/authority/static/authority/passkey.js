/* The one way in. A passkey belongs to a name, not to an address; a browser without passkeys is told so. */
"use strict";

const named = !/^[0-9.]+$|:/.test(location.hostname);
const passkeys = named && window.PublicKeyCredential?.parseRequestOptionsFromJSON ? window.PublicKeyCredential : null;

for (const form of document.querySelectorAll("[data-passkey]")) {
  const { publicKey } = JSON.parse(form.dataset.options);
  const answer = form.elements.credential;
  const trouble = form.querySelector("[data-trouble]");
  form.hidden = !passkeys;
  form.addEventListener("submit", async (event) => {
    if (answer.value) return;
    event.preventDefault();
    trouble.hidden = true;
    try {
      const made = form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: passkeys.parseCreationOptionsFromJSON(publicKey) })
        : await navigator.credentials.get({ publicKey: passkeys.parseRequestOptionsFromJSON(publicKey) });
      answer.value = JSON.stringify(made.toJSON());
    } catch {
      trouble.hidden = false;
      trouble.focus();
      return;
    }
    form.requestSubmit();
  });
  addEventListener("pageshow", () => { answer.value = ""; });
}
for (const note of document.querySelectorAll("[data-no-passkey]")) note.hidden = Boolean(passkeys);
