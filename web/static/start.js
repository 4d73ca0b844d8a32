"use strict";

// The language is in the address, so that it can be kept and passed on.
const languages = [...document.querySelectorAll("input[name=language]")];
const asked = new URLSearchParams(location.search).get("in");
for (const choice of languages) {
  if (choice.value === asked) choice.checked = true;
  choice.addEventListener("change", () => {
    const address = new URL(location.href);
    address.searchParams.set("in", choice.value);
    history.replaceState(null, "", address);
  });
}

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
