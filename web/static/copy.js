"use strict";

// A button beside the caption of each block of code.
for (const caption of document.querySelectorAll("figcaption")) {
  const code = caption.parentElement.querySelector("code");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy: ${caption.textContent}`);
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(code);
    // Outside of https, and of one's own machine, browsers have no clipboard: what is selected can be copied by hand.
    const copied = await navigator.clipboard?.writeText(code.textContent).then(() => true, () => false);
    button.textContent = copied ? "Copied" : "Selected";
    document.getElementById("copied").textContent = copied ? "Copied." : "Selected.";
  });
  caption.append(button);
}
