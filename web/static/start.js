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
