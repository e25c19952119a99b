// A table wider than the window scrolls in a frame that the theme makes: a keyboard must reach it (WCAG 2.1.1).
const reach = () => document.querySelectorAll(".md-typeset__scrollwrap").forEach((frame) => { frame.tabIndex = 0 })
new MutationObserver(reach).observe(document.body, { childList: true, subtree: true })
reach()
