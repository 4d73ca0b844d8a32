"use strict";

// This script is at /web/reference.js below the address of the server.
const openapi = new URL("../openapi.json", document.currentScript.src);
const text = "system-ui, sans-serif";
const code = 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace';
const options = {
  hideDownloadButton: true,
  nativeScrollbars: true,
  theme: {
    colors: { primary: { main: "#0a6a5c" } },
    rightPanel: { backgroundColor: "#1c2022" },
    typography: { fontFamily: text, headings: { fontFamily: text }, code: { fontFamily: code, color: "#0a6a5c" } },
  },
};
// What any operation may answer; without it the page is shorter by a third, and there in half the time.
const anywhere = ["405", "406", "408", "413", "415", "429", "500", "503"];

async function show() {
  const shown = await (await fetch(openapi)).json();
  for (const path of Object.values(shown.paths)) {
    for (const { responses } of Object.values(path)) {
      for (const status of anywhere) delete responses?.[status];
    }
  }
  Redoc.init(shown, options, document.getElementById("reference"));
}

// Too many requests, no connection, or a browser that Redoc is too new for.
show().catch(() => {
  document.getElementById("reference").replaceChildren();
  document.getElementById("away").hidden = false;
});
