"use strict";
function openAll(open, within) {
  for (const part of (within || document).querySelectorAll("details:not(.long)")) part.open = open;
}
document.getElementById("open").addEventListener("click", () => openAll(true));
document.getElementById("close").addEventListener("click", () => openAll(false));
addEventListener("beforeprint", () => openAll(true));
