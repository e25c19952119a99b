// The certificate of a letter on its page: drawn as the QR codes that came sealed with it, copied, and saved as the file
// that health wallets read. Nothing leaves the page but by the hand of whoever reads it.

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4; // modules around a QR code
const FILE = "certificat.smart-health-card";
const FILE_TYPE = "application/smart-health-card";
const KEPT_FOR_MS = 60 * 1000; // a browser may read the file a while after it was told to

// One path of all dark modules: a step for each run of a row, so that a phone draws it at once.
function pathOf(bytes, width) {
  const isDark = (at) => (bytes[at >> 3] >> (7 - (at & 7))) & 1;
  const steps = [];
  for (let y = 0; y < width; y += 1) {
    for (let x = 0, end; x < width; x = end + 1) {
      for (end = x; end < width && isDark(y * width + end);) end += 1;
      if (end > x) steps.push(`M${x + QUIET} ${y + QUIET}h${end - x}v1h${x - end}z`);
    }
  }
  return steps.join("");
}

function drawn({ width, bits }, decode) {
  const side = width + 2 * QUIET;
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", pathOf(decode(bits), width));
  const code = document.createElementNS(SVG, "svg");
  code.setAttribute("viewBox", `0 0 ${side} ${side}`);
  code.setAttribute("shape-rendering", "crispEdges");
  code.append(path);
  return code;
}

async function copy(text, say) {
  // A browser that asks somebody, or whose window is behind another, may never answer: then it was not copied.
  const silent = new Promise((give) => setTimeout(give, 3000, "uncopied"));
  const copied = navigator.clipboard.writeText(text).then(() => "copied", () => "uncopied");
  say(await Promise.race([copied, silent]));
}

function save(jws, say) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify({ verifiableCredential: [jws] })], { type: FILE_TYPE }));
  link.download = FILE;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_FOR_MS);
  say("saved");
}

function drawCertificate(result, { text, drawing, card, state }, decode, say) {
  result.querySelector("#drawing").append(drawn(drawing, decode));
  result.querySelector("#copy").addEventListener("click", () => copy(text, say));
  if (state) result.querySelector("#state-drawing").append(drawn(state.drawing, decode));
  if (!card) return;
  result.querySelector("#card-drawing").append(drawn(card.drawing, decode));
  result.querySelector("#save").addEventListener("click", () => save(card.jws, say));
}

globalThis.temoinLetterCertificate = { drawCertificate };
