"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const followColours = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followColours);
followColours();

SwaggerUIBundle({
  // This script is at /web/docs.js below the address of the server.
  url: new URL("../openapi.json", document.currentScript.src).href,
  dom_id: "#try",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [
    {
      // The introduction is above, on the page itself, and there is but one server: see requestInterceptor.
      wrapComponents: { InfoContainer: () => () => null, ServersContainer: () => () => null },
      // The addresses of its sections are not Swagger UI's.
      statePlugins: {
        layout: {
          wrapActions: {
            parseDeepLinkHash: (open) => (hash) => (hash.startsWith("#/") ? open(hash) : { type: "none" }),
          },
        },
      },
    },
  ],
  layout: "BaseLayout",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // Tags first. Of more than 149 lines at once, Swagger UI would keep only those in view.
  docExpansion: "none",
  filter: true,
  requestSnippetsEnabled: true,
  requestInterceptor(request) {
    // The server may have other names than the one in the document; the page may only call the one it came from.
    const { pathname, search } = new URL(request.url, location.href);
    request.url = location.origin + pathname + search;
    // Only what was entered here is sent, and a 401 is shown as it is, not as the browser's question for a password.
    request.credentials = "omit";
    return request;
  },
});
