/* The page while the database is away: it asks whether the site is ready, and shows what was asked for once it is. A
   form that was sent is never sent again by itself: the person is told, and presses. */
const EVERY = 2000; // milliseconds; a little more at random, so that not all counters come in the same moment

const again = document.querySelector("[data-again]");
const back = document.querySelector("[data-back]");

async function isReady() {
  try {
    return (await fetch("/readyz", { cache: "no-store", credentials: "omit" })).ok;
  } catch {
    return false; // no network
  }
}

async function look() {
  if (!(await isReady())) {
    setTimeout(look, EVERY + Math.random() * 1000);
    return;
  }
  back.textContent = back.dataset.words;
  if (again.dataset.again === "read") {
    location.reload();
    return;
  }
  document.title = `${back.dataset.words} · Témoin`;
  again.hidden = false;
  again.focus();
}

again.addEventListener("click", (event) => {
  event.preventDefault();
  location.reload();
});
setTimeout(look, EVERY);
