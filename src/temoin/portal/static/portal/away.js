/* The page while the database is away: it shows what was asked for as soon as the site is ready. */
const EVERY = 3000; // milliseconds; a little more at random, so that not all telephones come in the same moment

async function look() {
  const answer = await fetch("/readyz", { cache: "no-store", credentials: "omit" }).catch(() => null);
  if (answer?.ok) location.reload();
  else setTimeout(look, EVERY + Math.random() * 2000);
}
setTimeout(look, EVERY);
