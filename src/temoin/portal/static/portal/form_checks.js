// What is told while a patient types. The counter judges everything again (src/temoin/patients/traits.py); a test gives both
// the same words, so that no patient is held up here by what the counter takes.

const MARK = "\\s*[-/.\\s]\\s*";
const DAY_FIRST = new RegExp(`^(?:([0-9]{1,2})${MARK}([0-9]{1,2})${MARK}([0-9]{4})|([0-9]{2})([0-9]{2})([0-9]{4}))$`);
const YEAR_FIRST = /^([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})$/;
const OLDEST = 130; // years
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^[^\s@.](?:[^\s@]*[^\s@.])?\.[^\s@.]*[^\s@.0-9][^\s@.]*$/;
const PHONE = /^[+(]?[0-9][0-9 ().\-/]{3,30}$/;

// {year, month, day}, or null for what is no day.
function readDay(text) {
  const typed = text.trim();
  const first = DAY_FIRST.exec(typed);
  const last = YEAR_FIRST.exec(typed);
  const parts = first ? [first[3] ?? first[6], first[2] ?? first[5], first[1] ?? first[4]] : last ? [last[1], last[3], last[4]] : null;
  if (!parts) return null;
  const [year, month, day] = parts.map(Number);
  const there = new Date(Date.UTC(2000, month - 1, day));
  there.setUTCFullYear(year, month - 1, day);
  return year > 0 && there.getUTCMonth() === month - 1 && there.getUTCDate() === day ? { year, month, day } : null;
}

function ageOn(born, today) {
  const [year, month, day] = [today.getFullYear(), today.getMonth() + 1, today.getDate()];
  return year - born.year - (month < born.month || (month === born.month && day < born.day) ? 1 : 0);
}

const hasLetter = (text) => /\p{Alphabetic}/u.test(text);

const isBlank = (text) => !(text ?? "").trim();

// A number as people write one, of as many digits as some country has.
function isPhone(text) {
  const digits = text.replace(/[^0-9]/g, "").length;
  return PHONE.test(text.trim()) && digits >= 6 && digits <= 17;
}

function isEmail(text) {
  const at = text.trim().lastIndexOf("@");
  const [local, domain] = [text.trim().slice(0, at), text.trim().slice(at + 1)];
  return at > 0 && local.length <= 64 && LOCAL.test(local) && DOMAIN.test(domain) && !domain.includes("..");
}

function birthProblem(text, today) {
  const born = readDay(text);
  if (!born) return "p_date";
  const age = ageOn(born, today);
  return age < 0 || born.year < today.getFullYear() - OLDEST ? "p_impossible" : null;
}

// The problem of each field that has one, by its name.
function problemsOf(typed, today) {
  const found = {
    birth_family_name: hasLetter(typed.birth_family_name) ? null : "p_name",
    birth_given_names: hasLetter(typed.birth_given_names) || (typed.single_name && isBlank(typed.birth_given_names)) ? null : "p_given",
    birth_date: birthProblem(typed.birth_date, today),
    sex: typed.sex ? null : "p_sex",
    email: isBlank(typed.email) ? (typed.way === "email" ? "p_no_email" : null) : isEmail(typed.email) ? null : "p_email",
    phone: isBlank(typed.phone) ? (typed.way === "sms" ? "p_no_phone" : null) : isPhone(typed.phone) ? null : "p_phone",
    way: typed.way ? null : "p_way",
    kind: typed.kind ? null : "p_kind",
    consent: typed.consent ? null : "p_consent",
  };
  for (const [name, value] of Object.entries(typed.days ?? {})) {
    const day = isBlank(value) ? null : readDay(value);
    if (!isBlank(value) && (!day || ageOn(day, today) < 0)) found[`question-${name}`] = day ? "p_impossible" : "p_date";
  }
  return Object.fromEntries(Object.entries(found).filter(([, problem]) => problem));
}

globalThis.temoinFormChecks = { readDay, ageOn, isPhone, isEmail, problemsOf };
