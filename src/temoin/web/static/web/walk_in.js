/* A walk-in without network: noted in a dialog of the counter's page, with the number that it will be registered under,
   sampled and timed in a row of its own, and sent once the network is back. */
"use strict";

{ // names of its own: the pages' other scripts have theirs
const place = document.getElementById("list-away");
const template = document.getElementById("walk-in");
const HEARD_FOR = 10000; // milliseconds after which the site may be gone
const HOUR = 3600000;
const began = Date.now();
const { waiting, add, drop, mend, keepReading, fillIn, fieldsOf, stamped, windowFrom, hour, stateOfSession } = awayQueue;

/* As the site draws it: the hour first, so that neighbours in time are neighbours in the indexes (RFC 9562, version 7). */
function hourlyId() {
  const start = Math.floor(Date.now() / HOUR) * HOUR;
  const random = crypto.randomUUID();
  const time = start.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}
const register = (record) => waiting.find((one) => one.kind === "register" && one.record === record);
const actOf = (record, kind) => waiting.find((one) => one.kind === kind && one.record === record);
const value = (act, name) => act.fields.find(([one]) => one === name)?.[1] ?? "";

/* The form. A document's text comes from no scanner here: what is typed has to do. */
function openForm() {
  if (document.querySelector("dialog[open]")) return;
  const dialog = template.content.firstElementChild.cloneNode(true);
  const form = dialog.querySelector("form");
  const [given, single] = [form.elements.birth_given_names, form.elements.single_name];
  single.addEventListener("change", () => { given.required = !single.checked; });
  form.elements.birth_date.pattern = "[0-9]{8}|[0-9]{1,2}[\\/.\\- ][0-9]{1,2}[\\/.\\- ][0-9]{4}";
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close();
    note(form);
  });
  document.getElementById("main").append(dialog);
  dialog.showModal();
  form.elements.birth_family_name.focus();
}
function note(form) {
  const [record, pressed] = [hourlyId(), new Date()];
  const marks = waiting.map((one) => Number(one.mark?.slice(1) ?? 0));
  const ids = [["patient_id", crypto.randomUUID()], ["record_id", record], ["noted_at", pressed.toISOString()]];
  add({
    kind: "register", record, mark: `H${Math.max(0, ...marks) + 1}`, pressed: pressed.getTime(),
    action: form.getAttribute("action"), fields: [...ids, ...fieldsOf(form)],
  });
  document.querySelector(`#away-${record} button:not([hidden])`)?.focus();
}

/* Their rows. */
function rowOf(act) {
  const row = document.getElementById("away-row").content.firstElementChild.cloneNode(true);
  const put = (name, text) => { row.querySelector(`[data-${name}]`).textContent = text; };
  const kind = value(act, "kind");
  const choice = [...template.content.querySelectorAll("[name=kind]")].find((one) => one.value === kind);
  row.id = `away-${act.record}`;
  put("name", `${value(act, "birth_family_name")} ${value(act, "birth_given_names")}`.trim());
  put("birth", value(act, "birth_date"));
  put("mark", act.mark);
  put("kind", choice?.closest("label").querySelector(".text > span").textContent ?? "");
  addSample(row, act, document.querySelector(`template[data-ready-of="${kind}"]`));
  addReading(row, act, document.querySelector(`template[data-outcomes-of="${kind}"]`));
  row.querySelector("[data-start]").addEventListener("click", () => addStart(act));
  row.querySelector("[data-mend]").addEventListener("click", () => mend(refusedOf(act.record)));
  row.querySelector("[data-undo]").addEventListener("click", () => dropSample(act.record));
  row.querySelector("[data-drop]").addEventListener("click", () => {
    if (confirm(place.dataset.sure)) drop(...waiting.filter((one) => one.record === act.record));
  });
  return row;
}
function addSample(row, act, ready) {
  row.querySelector("[data-none]").hidden = Boolean(ready);
  if (!ready) return;
  const form = ready.content.querySelector("form").cloneNode(true);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [pressed, { counts, after, before }] = [new Date(), form.dataset];
    const action = form.getAttribute("action").replace(/[0-]{36}/, act.record);
    add({
      kind: "sample", record: act.record, pressed: pressed.getTime(), action,
      fields: stamped(fieldsOf(form), pressed), timing: { after, before }, startsApart: counts === "start",
    });
  });
  row.querySelector("[data-ready]").append(form);
}
function addReading(row, { record }, outcomes) {
  if (!outcomes) return; // somebody else signs this test
  const form = outcomes.content.querySelector("form").cloneNode(true);
  for (const name of ["id", "for", "aria-describedby"]) {
    for (const one of all(`[${name}]`, form)) one.setAttribute(name, `${one.getAttribute(name)}-${record}`);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keepReading(form, record);
  });
  fillIn(form, actOf(record, "reading")?.fields ?? []);
  row.querySelector("[data-outcomes]").append(form);
}
function addStart({ record }) {
  const [pressed, sample] = [new Date(), actOf(record, "sample")];
  const fields = stamped([["at", "counter"], ["seen", ""], ["started_at", ""], ["started_at-instant", ""]], pressed);
  add({ kind: "start", record, pressed: pressed.getTime(), action: sample.action.replace(/sample\/$/, "start/"), fields });
}
const dropSample = (record) => drop(...waiting.filter((one) => one.record === record && one.kind !== "register"));
const refusedOf = (record) => waiting.find((one) => one.record === record && one.isRefused);

/* A row follows what waits of its test. The sample's time counts, or that at which the clock was started. */
function showRow(row, act) {
  const { record } = act;
  const [sample, start, refused] = [actOf(record, "sample"), actOf(record, "start"), refusedOf(record)];
  const reading = actOf(record, "reading");
  const clock = sample?.startsApart ? start : sample;
  const words = (name, one) => place.dataset[name].replace("{time}", hour(new Date(one.pressed)));
  const told = [words("noted", act), ...(sample ? [words("sampled", sample)] : []),
    ...(reading ? [words("read", reading)] : []), ...(refused ? [place.dataset.refusedWords] : [])];
  row.querySelector("[data-noted]").textContent = told.join(" · ");
  row.querySelector("[data-ready]").hidden = Boolean(sample);
  all("[data-ready] button", row).forEach((one) => { one.disabled = Boolean(sample); });
  row.querySelector("[data-outcomes]").hidden = !clock;
  row.querySelector("[data-start]").hidden = !sample?.startsApart || Boolean(start);
  row.querySelector("[data-undo]").hidden = !sample;
  row.querySelector("[data-mend]").hidden = !refused;
  const shown = row.querySelector("[data-window]");
  if (Boolean(clock) !== shown.hasChildNodes()) shown.replaceChildren(...(clock ? [windowFrom(sample.timing, new Date(clock.pressed))] : []));
}
function draw() {
  const body = place.querySelector("tbody");
  const noted = [...new Set(waiting.filter((one) => one.record).map((one) => one.record))];
  for (const row of [...body.rows]) if (!noted.includes(row.id.slice(5))) row.remove();
  for (const record of noted) {
    const act = register(record);
    if (!act) continue; // registered meanwhile: its sample is on its way
    const row = document.getElementById(`away-${record}`) ?? rowOf(act);
    if (!row.isConnected) body.append(row);
    showRow(row, act);
  }
  place.querySelector("[role=region]").hidden = !body.rows.length;
  place.querySelector("[data-number]").textContent = body.rows.length || "";
  showPlace();
  document.dispatchEvent(new Event("temoin-list"));
}
let isAway = false;
function showPlace() {
  place.querySelector("[data-open-words]").hidden = !isAway;
  place.hidden = !isAway && !place.querySelector("tbody tr, [role]:not([hidden], .table)");
}
function told(name, number) {
  const line = place.querySelector(`[data-${name}]`);
  line.hidden = !number;
  line.textContent = line.textContent.replace("{number}", String(number));
}

document.addEventListener("temoin-queue", draw);
document.addEventListener("temoin-resumed", ({ detail }) => {
  told("others", detail.others);
  told("lost", detail.lost);
  showPlace();
});
function setAway(is) {
  isAway = is;
  showPlace();
}
addEventListener("offline", () => setAway(true));
addEventListener("online", () => setAway(false));

/* The way to a new test asks first whether the site is there: its page would be the browser's own of errors. */
if (template) {
  place.querySelector("[data-walk-in]").addEventListener("click", openForm);
  const link = document.querySelector(".head a.button.main");
  link?.addEventListener("click", async (event) => {
    const isHeard = navigator.onLine && Date.now() - began < HEARD_FOR;
    if (isHeard || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (navigator.onLine && await stateOfSession() !== "away") return location.assign(link.href);
    setAway(true);
    openForm();
  });
}
}
