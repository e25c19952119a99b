/* The roster of a group: whoever chose a result by a digit, or scans, is led to the scan field. Without it, Tab does. */
"use strict";

{ // names of its own: the pages' other scripts have theirs
const scanField = document.getElementById("field-scan");
/* A scanner types where the focus is: on a button its Enter would press it, and its digits would choose a result. */
const isScanned = (event) => event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;

document.addEventListener("keydown", (event) => {
  const place = event.target.closest?.("[data-then]");
  if (!place || event.target === scanField || !isScanned(event)) return;
  const groups = all("fieldset.outcome", place);
  const chooses = /^[1-9]$/.test(event.key) && groups.length;
  if (!chooses || groups.every((one) => one.querySelector(":checked"))) scanField?.focus();
});
const opened = document.querySelector("tr.is-opened");
opened?.scrollIntoView({ block: "center", behavior: "instant" });
}
