// A table wider than the window scrolls in a frame that the theme makes: a keyboard must reach it (WCAG 2.1.1).
const reach = () => document.querySelectorAll(".md-typeset__scrollwrap").forEach((frame) => { frame.tabIndex = 0 })
new MutationObserver(reach).observe(document.body, { childList: true, subtree: true })
reach()

// In a narrow window the theme makes a drawer of the menu: labels open it and lead through it, which Enter presses and no Tab
// reaches. While it is open, what lies behind it takes no focus.
const drawer = document.getElementById("__drawer")
const behind = document.querySelectorAll(".md-content, .md-footer")
const labels = document.querySelectorAll(".md-header label[for], .md-nav--primary label:is([for^='__nav_'], [for='__toc'])")
const rechercher = document.documentElement.lang === "fr" ? "Rechercher" : "Search"
const narrow = matchMedia("(max-width: 76.234375em)")
const turn = () => {
  for (const part of behind) part.inert = narrow.matches && drawer.checked
  if (narrow.matches) labels.forEach((label) => { label.tabIndex = 0 })
}
for (const [toggle, words] of [["__drawer", "Menu"], ["__search", rechercher]]) {
  document.querySelector(`.md-header label[for="${toggle}"]`)?.setAttribute("title", words)
}
drawer?.addEventListener("change", turn)
narrow.addEventListener("change", turn)
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drawer?.checked) drawer.click()
})
if (drawer) turn()
